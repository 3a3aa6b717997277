import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** A running node, for `vite --config web/vite.config.ts`: the page is rebuilt as it is edited, the API is the node's. */
const NODE = 'http://127.0.0.1:7420'

/** Builds the page into dist/web, where the node serves it from. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The browsers that know light-dark(): from the beginning of 2024 on.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The node's policy allows no inline scripts, and no picture is worth one request less on loopback.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400
  },
  server: { proxy: Object.fromEntries(['/api', '/docs', '/openapi.json'].map(path => [path, { target: NODE, changeOrigin: true, headers: { origin: NODE } }])) }
})
