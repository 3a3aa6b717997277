// Flips one bit at a time in a home's files and reads everything back through the API: each answer must be the right bytes or an error.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noise, numbers } from '../bench/data.mjs'

const main = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))
const REFERENCE = { namespace: 'torture', name: 'data', version: '1.0.0' }

export async function flip({ folder, seed, count }) {
  const { openNode } = await import('../../dist/daemon/index.js')
  const next = numbers(seed)
  const files = makeHome(folder, next)
  const failures = []
  const tally = { right: 0, refused: 0, unopened: 0 }
  for (let i = 0; i < count && failures.length < 10; i++) {
    const home = join(folder, 'victim')
    rmSync(home, { recursive: true, force: true })
    cpSync(join(folder, 'home'), home, { recursive: true })
    const place = flipOne(home, next)
    const wrong = await readAll(openNode, home, files, tally)
    if (wrong !== undefined) failures.push(`flip ${i}, ${place}: ${wrong}`)
    if (i % 100 === 99) console.log(`  ${i + 1} flips: ${JSON.stringify(tally)}`)
  }
  console.log(`  files read: ${JSON.stringify(tally)}`)
  return failures
}

function makeHome(folder, next) {
  const source = join(folder, 'source')
  mkdirSync(source)
  const files = new Map()
  for (let i = 0; i < 12; i++) files.set(`noise-${i}.bin`, noise(i + 1, 1000 + Math.floor(next() * 200_000)))
  for (let i = 0; i < 12; i++) files.set(`text-${i}.csv`, Buffer.from(Array.from({ length: 800 }, (_, row) => `${row},${next()},some words\n`).join('')))
  for (const [path, bytes] of files) writeFileSync(join(source, path), bytes)
  for (const args of [['import', source, 'torture/data'], ['publish', 'torture/data']]) {
    const result = spawnSync(process.execPath, [main, ...args, '--home', join(folder, 'home')], { encoding: 'utf8' })
    if (result.status !== 0) throw new Error(`shoal ${args.join(' ')}: ${result.stderr}`)
  }
  return files
}

function flipOne(home, next) {
  const all = ['store', 'catalog'].flatMap(part => readdirSync(join(home, part), { recursive: true, withFileTypes: true }))
    .filter(item => item.isFile()).map(item => join(item.parentPath, item.name)).map(path => ({ path, bytes: readFileSync(path) }))
  const total = all.reduce((sum, file) => sum + file.bytes.length, 0)
  // Half of the flips fall by bytes (mostly data), half by files (mostly the small ones that hold things together).
  let file
  if (next() < 0.5) {
    let at = Math.floor(next() * total)
    file = all.find(candidate => (at -= candidate.bytes.length) < 0)
  } else {
    const filled = all.filter(candidate => candidate.bytes.length > 0)
    file = filled[Math.floor(next() * filled.length)]
  }
  const at = Math.floor(next() * file.bytes.length)
  file.bytes[at] ^= 1 << Math.floor(next() * 8)
  writeFileSync(file.path, file.bytes)
  return `${file.path.slice(home.length + 1)} byte ${at}`
}

/** Reads every file; says what was wrong when bytes came that are not the file's. */
async function readAll(openNode, home, files, tally) {
  let node
  try {
    node = await openNode({ folder: home, doing: 'torture' })
  } catch (error) {
    if (typeof error.code !== 'string') return `opening failed without a code: ${error.stack}`
    tally.unopened++
    return undefined
  }
  try {
    for (const [path, bytes] of files) {
      let served
      try {
        const { bytes: stream } = await node.files.read(REFERENCE, path)
        const parts = []
        for await (const part of stream) parts.push(part)
        served = Buffer.concat(parts)
      } catch (error) {
        if (typeof error.code !== 'string') return `${path} failed without a code: ${error.stack}`
        tally.refused++
        continue
      }
      if (!served.equals(bytes)) return `${path} was served with wrong bytes`
      tally.right++
    }
  } finally {
    await node.close()
  }
  return undefined
}
