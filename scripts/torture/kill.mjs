// Kills `shoal` at random moments and checks that what was acknowledged before is all there, and that the next run goes on.
// What was promised is kept here, in this process, outside the victim.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noise, numbers } from '../bench/data.mjs'

const main = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url))
const DATASET = 'torture/data'
/** A victim that neither ends nor dies by then hangs. */
const DEADLINE_MS = 60_000

export async function kill({ folder, seed, count }) {
  const next = numbers(seed)
  const failures = []
  const world = createWorld(folder, next)
  const tally = {}
  let kills = 0
  // Left alone once, each operation shows how long it takes here: kills then fall within that.
  for (const make of [importOp, () => publishOp(world, '1.0.0'), importOp, gcOp, checkoutOp]) {
    const op = make(world)
    await strike(world, op, () => Infinity)
    await op.check()
  }
  for (let round = 0; kills < count && failures.length === 0; round++) {
    const op = chooseOp(world, next, round)
    const killed = await strike(world, op, next)
    kills += killed ? 1 : 0
    tally[op.name] = (tally[op.name] ?? 0) + (killed ? 1 : 0)
    try {
      await op.check()
      if (round % 10 === 9) checkEverything(world)
    } catch (error) {
      failures.push(`round ${round} (${op.name}): ${error.message}`)
    }
    if (kills % 25 === 0 && killed) console.log(`  ${kills} kills: ${JSON.stringify(tally)}`)
  }
  if (failures.length === 0) checkEverything(world)
  console.log(`  ${kills} kills in flight: ${JSON.stringify(tally)}`)
  return failures
}

function createWorld(folder, next) {
  const world = {
    home: join(folder, 'home'),
    source: join(folder, 'source'),
    target: join(folder, 'target'),
    next,
    /** Path → content digest of the source as it is now. */
    files: new Map(),
    /** Version number → the files it must hold. */
    published: new Map(),
    /** What the draft was when it was last acknowledged; undefined when there is none. */
    draft: undefined,
    /** How long each operation takes when left alone, in ms: kills fall within it. */
    durations: { import: 0, publish: 0, gc: 0, checkout: 0 }
  }
  for (let i = 0; i < 400; i++) writeSource(world, `part-${i % 7}/file-${i}.bin`, Math.floor(next() * 60_000))
  writeSource(world, 'big.bin', 24 << 20)
  return world
}

function writeSource(world, path, size) {
  const full = join(world.source, path)
  mkdirSync(dirname(full), { recursive: true })
  const bytes = noise(Math.floor(world.next() * 2 ** 31), size)
  writeFileSync(full, bytes)
  world.files.set(path, digest(bytes))
}

const digest = bytes => createHash('sha256').update(bytes).digest('hex')
const copyOf = files => new Map(files)
const sameFiles = (a, b) => a.size === b.size && [...a].every(([path, hash]) => b.get(path) === hash)

function chooseOp(world, next, round) {
  const dice = next()
  if (dice < 0.4) return importOp(world)
  if (dice < 0.65 && world.draft !== undefined) return publishOp(world, `2.${round}.0`)
  if (dice < 0.8) return gcOp(world)
  return world.published.size > 0 ? checkoutOp(world) : importOp(world)
}

function importOp(world) {
  for (let i = 0; i < 30; i++) writeSource(world, `part-${i % 7}/file-${Math.floor(world.next() * 500)}.bin`, Math.floor(world.next() * 60_000))
  writeSource(world, `new-${Math.floor(world.next() * 1e9)}.bin`, 4 << 20)
  const wanted = copyOf(world.files)
  const before = world.draft
  return {
    name: 'import',
    args: ['import', world.source, DATASET],
    acknowledged: () => { world.draft = wanted },
    check: async () => {
      const now = draftFiles(world)
      if (world.draft === wanted) return expectSame(now, wanted, 'the acknowledged import')
      if (now === undefined ? before === undefined : sameFiles(now, wanted) || (before !== undefined && sameFiles(now, before)) || now.size === 0 || matchesPublished(world, now)) {
        world.draft = now === undefined || now.size === 0 ? undefined : now
        return
      }
      throw new Error('the draft is neither what it was nor what the import makes of it')
    }
  }
}

/** A new draft starts as the published version it comes from: also a state nobody has to be surprised by. */
const matchesPublished = (world, files) => [...world.published.values()].some(published => sameFiles(published, files))

function publishOp(world, number) {
  const wanted = world.draft
  return {
    name: 'publish',
    args: ['publish', `${DATASET}@Current`, '--as', number],
    acknowledged: () => { world.published.set(number, wanted); world.draft = undefined },
    check: async () => {
      const versions = json(world, 'version', 'list', DATASET)
      const version = versions.find(version => version.number === number && version.state === 'published')
      if (world.published.has(number) && version === undefined) throw new Error(`the acknowledged version ${number} is gone`)
      if (version === undefined) return
      world.published.set(number, wanted)
      world.draft = undefined
      expectSame(filesOf(world, number), wanted, `version ${number}`)
    }
  }
}

function gcOp(world) {
  return { name: 'gc', args: ['gc'], acknowledged: () => undefined, check: async () => must(world, 'verify') }
}

function checkoutOp(world) {
  const numbers = [...world.published.keys()]
  const number = numbers[Math.floor(world.next() * numbers.length)]
  return {
    name: 'checkout',
    args: ['checkout', `${DATASET}@${number}`, world.target],
    acknowledged: () => undefined,
    check: async () => {
      const wanted = world.published.get(number)
      const known = new Set([...world.published.values()].flatMap(files => [...files.values()]))
      for (const [path, hash] of filesOnDisk(world.target)) {
        if (!known.has(hash)) throw new Error(`${path} in the checkout is no version's content`)
      }
      must(world, 'checkout', `${DATASET}@${number}`, world.target)
      expectSame(filesOnDisk(world.target), wanted, `the checkout of ${number}`)
    }
  }
}

/** Runs one operation and kills it at a random moment; says whether the kill came while it ran. */
async function strike(world, op, next) {
  const child = spawn(process.execPath, [main, ...op.args, '--home', world.home, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const startedAt = performance.now()
  let output = ''
  let errors = ''
  child.stdout.on('data', data => { output += data })
  child.stderr.on('data', data => { errors += data })
  const moment = next() * world.durations[op.name] * 1.1
  const timer = Number.isFinite(moment) ? setTimeout(() => child.kill('SIGKILL'), moment) : undefined
  const hang = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  const [status, signal] = await new Promise(resolve => child.on('close', (...end) => resolve(end)))
  clearTimeout(timer)
  clearTimeout(hang)
  if (signal === null && status !== 0) throw new Error(`${op.args.join(' ')} failed by itself: ${errors}`)
  if (signal === null) world.durations[op.name] = world.durations[op.name] === 0 ? performance.now() - startedAt : (world.durations[op.name] + performance.now() - startedAt) / 2
  // A whole line on stdout is the acknowledgement, also when the kill came right behind it.
  if (signal === null || output.includes('\n')) op.acknowledged()
  return signal !== null
}

function must(world, ...args) {
  const result = spawnSync(process.execPath, [main, ...args, '--home', world.home, '--json'], { encoding: 'utf8', timeout: DEADLINE_MS, maxBuffer: 1 << 28 })
  if (result.status !== 0) throw new Error(`shoal ${args.join(' ')} ended with status ${result.status}: ${result.stderr}`)
  return result.stdout
}

const json = (world, ...args) => JSON.parse(must(world, ...args))

/** Reads a version's files with their bytes, as a user would. */
function filesOf(world, version) {
  const target = join(dirname(world.target), 'look')
  rmSync(target, { recursive: true, force: true })
  must(world, 'checkout', `${DATASET}@${version}`, target)
  return filesOnDisk(target)
}

function draftFiles(world) {
  if (!json(world, 'dataset', 'list').some(dataset => dataset.name === 'data')) return undefined
  const draft = json(world, 'version', 'list', DATASET).find(version => version.state === 'draft')
  return draft === undefined ? undefined : filesOf(world, draft.id)
}

function filesOnDisk(folder) {
  const files = new Map()
  if (!existsSync(folder)) return files
  for (const item of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(item.parentPath, item.name)
    const name = path.slice(folder.length + 1)
    // What a checkout keeps there for itself, files on their way included.
    if (item.isFile() && !name.startsWith('.shoal')) files.set(name, digest(readFileSync(path)))
  }
  return files
}

function expectSame(found, wanted, what) {
  if (found === undefined) throw new Error(`${what} is gone`)
  for (const [path, hash] of wanted) {
    if (found.get(path) === undefined) throw new Error(`${what} lacks ${path}`)
    if (found.get(path) !== hash) throw new Error(`${what} has other bytes in ${path}`)
  }
  if (found.size !== wanted.size) throw new Error(`${what} holds ${found.size} files instead of ${wanted.size}`)
}

function checkEverything(world) {
  must(world, 'verify')
  for (const [number, files] of world.published) expectSame(filesOf(world, number), files, `version ${number}`)
  if (world.draft !== undefined) expectSame(draftFiles(world), world.draft, 'the draft')
}
