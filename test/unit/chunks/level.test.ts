import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import '../../../src/runtime/polyfill.ts'
import * as fc from 'fast-check'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blake3, connectStore, createIngester, openLevelStore, type Chunk } from '../../../src/chunks/index.ts'
import { LevelCore } from '../../../src/chunks/level/core.ts'
import { crc32c } from '../../../src/chunks/level/crc32c.ts'
import type { Database } from '../../../src/chunks/level/databases.ts'
import { listEntries } from '../../../src/chunks/level/entries.ts'
import { HashTable } from '../../../src/chunks/level/hash-table.ts'
import { placeValue, readCheckpoint, checkpointValue, readPlace } from '../../../src/chunks/level/keys.ts'
import { SequenceSet } from '../../../src/chunks/level/sequence-set.ts'
import { unsnappy } from '../../../src/chunks/level/snappy.ts'
import { checkTable, tablesOf } from '../../../src/chunks/level/table-file.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { inventBytes, inventTable } from '../../support/invented-data.ts'

const chunkOf = (bytes: Uint8Array): Chunk => ({ hash: blake3(bytes), bytes })
const inventChunks = (from: number, count: number, length: number): Chunk[] => Array.from({ length: count }, (_, i) => chunkOf(inventBytes(from + i, length)))
const bytesOf = (folder: string): number =>
  (readdirSync(folder, { recursive: true }) as string[]).reduce((sum, name) => sum + (/\.(ldb|log)$/.test(name) ? statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0 : 0), 0)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-level-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the LevelDB store', () => {
  const LIMITS = { bufferBytes: 1024 * 1024, lookBytes: 300_000, checkpointBytes: 2_000_000, floorBytes: 0, ballastBytes: 0 }

  it('gives the space of swept chunks back to the disk, and that of what is put again is taken again', async () => {
    const store = await openLevelStore({ folder, limits: LIMITS })
    const chunks = inventChunks(1, 300, 40_000)
    for (let i = 0; i < chunks.length; i += 30) await store.putMany(chunks.slice(i, i + 30))
    await store.barrier()
    const full = bytesOf(folder)
    expect(full).toBeGreaterThan(12_000_000)
    const live = { hashes: Buffer.concat(chunks.filter((_, i) => i % 4 === 0).map(chunk => chunk.hash)) }
    expect((await store.sweep(await store.beginSweep(), live)).chunks).toBe(225)
    expect(bytesOf(folder)).toBeLessThan(full * 0.3)
    expect((await store.stats()).storedBytes).toBeLessThan(full * 0.3)
    await store.sweep(await store.beginSweep(), { hashes: new Uint8Array() })
    expect(bytesOf(folder)).toBeLessThan(full * 0.02)
    await store.close()
  })

  it('goes on sweeping after a cancelled sweep, which leaves a store that is whole', async () => {
    const store = await openLevelStore({ folder, limits: LIMITS })
    const chunks = inventChunks(1, 200, 20_000)
    await store.putMany(chunks)
    const controller = new AbortController()
    const sweeping = store.sweep(await store.beginSweep(), { hashes: new Uint8Array() }, { signal: controller.signal })
    setTimeout(() => controller.abort(), 3)
    await sweeping.catch(() => undefined)
    expect(await store.scrub()).toEqual([])
    await store.sweep(await store.beginSweep(), { hashes: new Uint8Array() })
    expect((await store.stats()).chunks).toBe(0)
    await store.close()
  })

  it('is a closed door to others while it is open, and says so', async () => {
    const store = await openLevelStore({ folder, limits: LIMITS })
    const script = `import('${new URL('../../../dist/chunks/index.js', import.meta.url).href}').then(m => m.openLevelStore({ folder: ${JSON.stringify(folder)} })).catch(error => console.log(error.code))`
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim()).toBe('HOME_IN_USE')
    await store.close()
  })

  it('fails all calls when the thread behind a port is gone', async () => {
    const { port1, port2 } = new MessageChannel()
    const store = connectStore(port1)
    const calls = [store.barrier(), store.getMany([blake3(new Uint8Array())])]
    port2.close()
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(store.stats()).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('takes what an ingester reads through a port, and stores little anew of a changed file', async () => {
    const owner = await openLevelStore({ folder, limits: LIMITS })
    const store = connectStore(owner.connect()!)
    const ingester = createIngester(store)
    async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes
    }
    const bytes = inventTable(1, 4_000_000)
    const before = await ingester.stream(stream(bytes))
    await store.barrier()
    const { chunks } = await store.stats()
    expect(chunks).toBe(before.chunks.lengths.length)
    const changed = bytes.slice()
    changed.set(inventTable(2, 50), 2_000_000)
    const after = await ingester.stream(stream(changed))
    await store.barrier()
    expect((await owner.stats()).chunks).toBeLessThan(chunks + 5)
    const hashes = Array.from(after.chunks.lengths, (_, i) => after.chunks.hashes.subarray(32 * i, 32 * i + 32))
    expect(Buffer.compare(Buffer.concat((await store.getMany(hashes)).map(chunk => chunk!)), changed)).toBe(0)
    // Tables of text are stored compressed.
    expect((await owner.stats()).storedBytes).toBeLessThan(3_200_000)
    await store.close()
    await owner.close()
  })

  it('refuses a chunk longer than any may be', async () => {
    const core = await LevelCore.open({ folder, limits: LIMITS, log: silentLog })
    await expect(core.use(engine => engine.put([chunkOf(new Uint8Array(1024 * 1024 + 1))], true))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await core.close()
  })

  it('makes chunks durable for all who wait together', async () => {
    const core = await LevelCore.open({ folder, limits: LIMITS, log: silentLog })
    const chunks = inventChunks(1, 40, 3000)
    await Promise.all(chunks.map(async chunk => {
      await core.use(engine => engine.put([chunk], true))
      await core.use(engine => engine.barrier())
    }))
    expect((await core.use(engine => engine.stats())).chunks).toBe(40)
    await core.close()
    const reopened = await LevelCore.open({ folder, limits: LIMITS, log: silentLog })
    expect((await reopened.use(engine => engine.get(chunks.map(chunk => chunk.hash)))).every(bytes => bytes?.length === 3000)).toBe(true)
    await reopened.close()
  })
})

describe('a list of entries', () => {
  it('is in order, and in parts where it is too long for one', async () => {
    const index = new Level(join(folder, 'index'), { keyEncoding: 'view', valueEncoding: 'view' }) as unknown as Database
    const sequences = Array.from({ length: 300 }, (_, i) => (i * 7919) % 1000)
    await index.batch(sequences.map(sequence => ({ type: 'put', key: blake3(Uint8Array.of(sequence & 255, sequence >> 8)), value: placeValue({ sequence, length: sequence + 1 }) })))
    await index.put(new Uint8Array(5), new Uint8Array(3))
    for (const max of [1000, 100, 7]) {
      const listed: number[] = []
      for (let from: number | undefined = 100; from !== undefined;) {
        const part = await listEntries(index, { from, below: 900 }, (_hash, place) => place.sequence % 2 === 0, undefined, max)
        expect(part.count).toBeLessThanOrEqual(max)
        for (let i = 0; i < part.count; i++) {
          const sequence = part.sequences[i]!
          expect(part.lengths[i]).toBe(sequence + 1)
          expect(Buffer.compare(part.hash(i), blake3(Uint8Array.of(sequence & 255, sequence >> 8)))).toBe(0)
          listed.push(sequence)
        }
        from = part.next
      }
      expect(listed).toEqual([...new Set(sequences)].filter(sequence => sequence >= 100 && sequence < 900 && sequence % 2 === 0).sort((a, b) => a - b))
    }
    await index.close()
  })
})

describe('keys and sets', () => {
  it('hold numbers up to the greatest there are', () => {
    for (const sequence of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      expect(readPlace(placeValue({ sequence, length: 77 }))).toEqual({ sequence, length: 77 })
      expect(readCheckpoint(checkpointValue({ sequence, chunks: sequence, bytes: 5 }))).toEqual({ sequence, chunks: sequence, bytes: 5 })
    }
    expect(readPlace(new Uint8Array(3))).toBeUndefined()
    expect(readCheckpoint(new Uint8Array(3))).toEqual({ sequence: 0, chunks: 0, bytes: 0 })
  })

  it('of sequence numbers behave as a Set', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.nat({ max: 200_000 }), fc.maxSafeNat())), fc.array(fc.nat({ max: 200_000 })), (added, asked) => {
      const [set, model] = [new SequenceSet(), new Set(added)]
      for (const sequence of added) set.add(sequence)
      for (const sequence of [...added, ...asked]) expect(set.has(sequence)).toBe(model.has(sequence))
    }))
  })

  it('of hashes behave as a Set', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 300 })), fc.array(fc.nat({ max: 300 })), (added, asked) => {
      const hash = (id: number): Uint8Array => blake3(Uint8Array.of(id & 255, id >> 8))
      const table = new HashTable(new Uint8Array(Buffer.concat(added.map(hash))))
      for (const id of asked) expect(table.has(hash(id))).toBe(added.includes(id))
    }))
  })
})

describe('a table file', () => {
  it('is checked block by block: any bit outside its padding is noticed', async () => {
    expect(crc32c(Buffer.from('123456789')) >>> 0).toBe(0xe3069283)
    const database = new Level(join(folder, 'db'), { keyEncoding: 'view', valueEncoding: 'view' }) as unknown as Database
    for (let i = 0; i < 400; i++) await database.put(Uint8Array.of(7, i >> 8, i & 255, 9, 9, 9, 9, 9), i % 2 === 0 ? inventTable(i, 900) : inventBytes(i, 900))
    await database.compactRange(Uint8Array.of(0), Uint8Array.of(255))
    const [table, ...others] = tablesOf(database)
    expect(others).toEqual([])
    expect([...table!.first.subarray(0, 3), ...table!.last.subarray(0, 3)]).toEqual([7, 0, 0, 7, 1, 143])
    await database.close()
    expect(await checkTable(table!.path)).toBe('sound')
    const bytes = readFileSync(table!.path)
    const copy = join(folder, 'copy.ldb')
    for (let run = 0; run < 60; run++) {
      const at = run < 20 ? bytes.length - 60 - run * 40 : Math.floor(bytes.length * run / 60)
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1 << (run % 8)
      writeFileSync(copy, changed)
      expect(await checkTable(copy), `byte ${at} of ${bytes.length}`).toBe('damaged')
    }
    writeFileSync(copy, bytes.subarray(0, bytes.length - 100))
    expect(await checkTable(copy)).toBe('unfinished')
  })

  it('may hold blocks in the Snappy format', () => {
    const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
    // A literal; a copy with a one-byte distance that overlaps itself; one with a two-byte distance.
    expect(unsnappy(hex('03 08 616263'.replaceAll(' ', ''))).toString()).toBe('abc')
    expect(unsnappy(hex('0b 08 616263 11 03'.replaceAll(' ', ''))).toString()).toBe('abcabcabcab')
    expect(unsnappy(hex('06 08 616263 0a 0300'.replaceAll(' ', ''))).toString()).toBe('abcabc')
    for (const broken of ['', '05', '0308616', '03086162', '0608616263060900', '0208616263', 'ffffffff7f00']) {
      expect(() => unsnappy(hex(broken)), broken).toThrow()
    }
  })
})
