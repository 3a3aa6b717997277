// Bundles the built command and its threads into dist/bin: a command that opens 30 files starts in half the time of one that opens 600.
// Its files lie as deep as a room's, so addresses relative to a module hold in both.
import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const out = join(dist, 'bin')

const workers = readdirSync(dist, { recursive: true }).filter(name => name.endsWith('-worker.js') && !name.startsWith('bin'))
const input = Object.fromEntries(['main.js', ...workers].map(name => [basename(name, '.js'), join(dist, name)]))

/** Native code and WebAssembly stay where npm has put them: they find their binaries by their own place. */
const external = [/^@automerge\//, /^blake3$/, /^level$/]

rmSync(out, { recursive: true, force: true })
/** Loaded where something of it is used, and nowhere else. */
const treeshake = { moduleSideEffects: (id, isExternal) => !isExternal }
const bundle = await rolldown({ input, external, treeshake, platform: 'node', logLevel: 'warn' })
await bundle.write({ dir: out, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', minify: false })
await bundle.close()
