import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Worker threads, real processes and browsers run the built files: build them before the tests, from what is in the tree now. */
export default function setup(): void {
  run('node_modules/typescript/bin/tsc', '-p', '.')
  run('scripts/bundle.mjs')
  if (isPageStale()) run('node_modules/vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn')
}

/** As people build it: the test runner's own NODE_ENV would make another page of it. */
const run = (...args: readonly string[]): void => {
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'production' } })
}

/** Whether the page was never built, or edited since. */
function isPageStale(): boolean {
  const built = statSync(join(ROOT, 'dist/web/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = readdirSync(join(ROOT, 'web'), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return sources.some(entry => statSync(join(entry.parentPath, entry.name)).mtimeMs > built)
}
