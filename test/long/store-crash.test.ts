import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import '../../src/runtime/polyfill.ts'
import { blake3, openLevelStore, type Chunk, type ChunkStore } from '../../src/chunks/index.ts'
import { inventBytes } from '../support/invented-data.ts'

const LIMITS = { bufferBytes: 512 * 1024, lookBytes: 300_000, checkpointBytes: 1_000_000, floorBytes: 0, ballastBytes: 0 }
const ROUNDS = 4

/** As in store-child.mjs. */
function inventChunk(id: number): Chunk {
  const bytes = inventBytes(id, 500 + (id * 7919) % 40_000)
  return { hash: blake3(bytes), bytes }
}

interface Told { readonly putting: Set<number>, readonly safe: Set<number>, readonly sweeping: Set<number>, readonly swept: Set<number> }

/** Runs the child until it has told `steps` steps and some milliseconds more, then kills it; what it told is the record. */
async function runAndKill(folder: string, mode: 'put' | 'sweep', seed: number, steps: number, delay: number): Promise<Told> {
  const told: Told = { putting: new Set(), safe: new Set(), sweeping: new Set(), swept: new Set() }
  const child = spawn(process.execPath, [new URL('store-child.mjs', import.meta.url).pathname, folder, mode, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<NodeJS.Signals | null>(resolve => child.once('exit', (_code, signal) => resolve(signal)))
  const reached = Promise.withResolvers<void>()
  let text = ''
  let count = 0
  child.stdout.on('data', (data: Buffer) => {
    const lines = (text + data.toString()).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const [what, ids] = line.split(' ') as [keyof Told, string]
      for (const id of ids.split(',')) told[what].add(Number(id))
      if (++count === steps) reached.resolve()
    }
  })
  await Promise.race([reached.promise, exited, sleep(20_000)])
  await sleep(delay)
  child.kill('SIGKILL')
  expect(await exited).toBe('SIGKILL')
  return told
}

async function expectHeld(store: ChunkStore, ids: Iterable<number>): Promise<void> {
  const chunks = [...ids].map(inventChunk)
  const found = await store.getMany(chunks.map(chunk => chunk.hash))
  const lost = chunks.filter((chunk, i) => found[i] === undefined || Buffer.compare(found[i], chunk.bytes) !== 0)
  expect(lost.length).toBe(0)
}

/** Keys of the chunk database, counted by LevelDB itself. */
async function countKeys(folder: string): Promise<number> {
  const database = new Level<Buffer, Buffer>(join(folder, 'chunks'), { keyEncoding: 'buffer', createIfMissing: false })
  let count = 0
  for await (const key of database.keys()) if (key.length === 40) count++
  await database.close()
  return count
}

describe('a store whose process is killed', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-crash-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('has everything that was said to be safe, and nothing half', async () => {
    const seed = Math.floor(performance.now() * 1000) % 1_000_000_000
    const [safe, putting] = [new Set<number>(), new Set<number>()]
    let hits = 0
    for (let round = 0; round < ROUNDS; round++) {
      const told = await runAndKill(folder, 'put', seed + round * 10_000_000, 10 + (seed >>> round) % 23, (seed >>> round) % 17)
      if ([...told.putting].some(id => !told.safe.has(id))) hits++
      for (const id of told.safe) safe.add(id)
      for (const id of told.putting) putting.add(id)
      const store = await openLevelStore({ folder, limits: LIMITS })
      await expectHeld(store, safe)
      expect(await store.scrub(), `seed ${seed}`).toEqual([])
      const chunks = [...putting].map(inventChunk)
      const has = await store.hasMany(chunks.map(chunk => chunk.hash))
      const held = chunks.filter((_, i) => has[i])
      expect(await store.stats()).toMatchObject({ chunks: held.length, bytes: held.reduce((sum, chunk) => sum + chunk.bytes.length, 0) })
      await store.close()
    }
    expect(hits, 'kills that hit work under way').toBeGreaterThan(ROUNDS / 2)
  }, 60_000)

  it('loses nothing live while it sweeps, and sweeps the rest later: no chunk stays without an entry', async () => {
    const seed = Math.floor(performance.now() * 1000) % 1_000_000_000
    let hits = 0
    const safe = new Set<number>()
    for (let round = 0; round < ROUNDS; round++) {
      const told = await runAndKill(folder, 'sweep', seed + round * 10_000_000, 6 + (seed >>> round) % 5, (seed >>> round) % 60)
      if ([...told.sweeping].length > told.swept.size + 20) hits++
      const store = await openLevelStore({ folder, limits: LIMITS })
      for (const id of told.safe) safe.add(id)
      await expectHeld(store, told.safe)
      expect(await store.scrub(), `seed ${seed}`).toEqual([])
      await store.sweep(await store.beginSweep(), { hashes: Buffer.concat([...told.safe].map(id => inventChunk(id).hash)) })
      const { chunks } = await store.stats()
      await store.close()
      expect(chunks).toBe(told.safe.size)
      expect(await countKeys(folder)).toBe(chunks)
    }
    expect(hits, 'kills that hit a sweep').toBeGreaterThan(0)
  }, 60_000)
})
