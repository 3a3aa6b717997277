// Checks the staircase of rooms: a room imports only rooms above it, and only through their index.ts.
// `node scripts/check-layers.mjs [folder]` prints each breach with its line and exits 1 when there is one.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** From the floor up; a room may import those before it. */
const ROOMS = [
  'errors', 'model', 'runtime', 'chunks', 'trees', 'trust', 'catalog', 'datasets', 'files', 'uploads', 'upkeep',
  'wire', 'peers', 'sync', 'http', 'cli', 'daemon'
]
/** Folder names that say nothing about their job. */
const NAMELESS = /^(utils?|helpers?|common|misc|shared|lib)$/

const source = resolve(process.argv[2] ?? 'src')
const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

const breaches = []

for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
  const parts = path.split(sep)
  const name = parts.slice(0, -1).find(part => NAMELESS.test(part))
  if (name !== undefined && path.endsWith('.ts')) breaches.push(`${path}: the folder "${name}" has no job in its name`)
  if (!path.endsWith('.ts') || parts.length === 1) continue
  checkFile(path, parts[0])
}

function checkFile(path, room) {
  const text = readFileSync(join(source, path), 'utf8')
  const at = ROOMS.indexOf(room)
  if (at < 0) breaches.push(`${path}: "${room}" is not a room; add it to scripts/check-layers.mjs and src/README.md`)
  for (const match of text.matchAll(IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3]
    if (!target.startsWith('.')) continue
    const line = text.slice(0, match.index).split('\n').length + (match[0].startsWith('\n') ? 1 : 0)
    const into = relative(source, resolve(source, dirname(path), target)).split(sep)
    if (into[0] === room) continue
    const where = `${path}:${line}`
    if (ROOMS.indexOf(into[0]) > at) breaches.push(`${where}: ${room} may not import ${into[0]}, which stands above it`)
    else if (ROOMS.indexOf(into[0]) < 0) breaches.push(`${where}: imports ${target}, which is no room`)
    else if (into.length !== 2 || (into[1] !== 'index.ts' && into.join('/') !== 'runtime/polyfill.ts')) {
      breaches.push(`${where}: reaches into ${into[0]}; its door is ${into[0]}/index.ts`)
    }
  }
}

for (const breach of breaches) console.error(breach)
console.error(breaches.length === 0 ? 'layers: every import goes down the stairs' : `layers: ${breaches.length} breaches`)
process.exit(breaches.length === 0 ? 0 : 1)
