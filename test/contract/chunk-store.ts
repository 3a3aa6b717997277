import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { blake3, MAX_OPEN_SWEEPS, type Chunk, type ChunkStore } from '../../src/chunks/index.ts'
import { hashKey, type Hash } from '../../src/model/index.ts'
import { inventBytes } from '../support/invented-data.ts'

/** A store under test, and how to end it. `reopen` closes it and opens it again from what it has stored, where it can. */
export interface StoreUnderTest {
  store: ChunkStore
  reopen?(): Promise<void>
  end(): Promise<void>
}

export const chunkOf = (bytes: Uint8Array): Chunk => ({ hash: blake3(bytes), bytes })

/** The nth invented chunk; lengths from nothing to some hundred KiB. */
export const inventChunk = (seed: number, length = (seed * 7919) % 3000): Chunk => chunkOf(inventBytes(seed, length))

const inventChunks = (from: number, count: number, length?: number): Chunk[] => Array.from({ length: count }, (_, i) => inventChunk(from + i, length))

const hashesOf = (chunks: readonly Chunk[]): Hash[] => chunks.map(chunk => chunk.hash)

export const liveOf = (chunks: readonly Chunk[]): { hashes: Uint8Array } => ({ hashes: Buffer.concat(hashesOf(chunks)) })

const same = (found: (Uint8Array | undefined)[], chunks: readonly Chunk[]): boolean =>
  found.length === chunks.length && found.every((bytes, i) => bytes !== undefined && Buffer.compare(bytes, chunks[i]!.bytes) === 0)

/** What every chunk store does. */
export function chunkStoreContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`a chunk store: ${name}`, () => {
    let under: StoreUnderTest
    let store: ChunkStore
    beforeEach(async () => {
      under = await make()
      store = under.store
    })
    afterEach(() => under.end())
    const reopen = async (): Promise<void> => {
      await under.reopen?.()
      store = under.store
    }

    describe('put and get', () => {
      it('gives back what was put, in the order asked for, and undefined for the rest', async () => {
        const chunks = [...inventChunks(1, 20), inventChunk(100, 300_000), inventChunk(101, 0)]
        const stranger = inventChunk(999)
        expect(await store.putMany(chunks)).toBe(22)
        const asked = chunks.toReversed()
        expect(same(await store.getMany(hashesOf(asked)), asked)).toBe(true)
        const [before, missing, after] = await store.getMany([chunks[3]!.hash, stranger.hash, chunks[3]!.hash])
        expect(missing).toBeUndefined()
        expect(same([before, after], [chunks[3]!, chunks[3]!])).toBe(true)
        expect(await store.hasMany([chunks[0]!.hash, stranger.hash])).toEqual([true, false])
      })

      it('takes a chunk once', async () => {
        const [a, b] = inventChunks(1, 2, 1000) as [Chunk, Chunk]
        expect(await store.putMany([a, b, a])).toBe(2)
        expect(await store.putMany([b, a])).toBe(0)
        await store.barrier()
        expect(await store.putMany([b, a])).toBe(0)
        expect(await store.stats()).toMatchObject({ chunks: 2, bytes: 2000 })
      })

      it('takes nothing, gives nothing', async () => {
        expect(await store.putMany([])).toBe(0)
        expect(await store.getMany([])).toEqual([])
        expect(await store.hasMany([])).toEqual([])
        await store.barrier()
        expect(await store.scrub()).toEqual([])
        expect(await store.stats()).toMatchObject({ chunks: 0, bytes: 0 })
      })

      it('holds no caller to a buffer: what is given out can be written to, and what was put is a copy of its own', async () => {
        const [chunk] = inventChunks(1, 1, 5000) as [Chunk]
        const own = chunk.bytes.slice()
        await store.putMany([{ hash: chunk.hash, bytes: own }])
        expect(own.length).toBe(5000)
        const [first] = await store.getMany([chunk.hash])
        first!.fill(0)
        expect(same(await store.getMany([chunk.hash]), [chunk])).toBe(true)
      })

      it('takes chunks that are views into one large buffer', async () => {
        const large = inventBytes(5, 1_000_000)
        const chunks = Array.from({ length: 100 }, (_, i) => chunkOf(large.subarray(i * 10_000, (i + 1) * 10_000)))
        await store.putMany(chunks)
        expect(large.length).toBe(1_000_000)
        expect(same(await store.getMany(hashesOf(chunks)), chunks)).toBe(true)
      })

      it('counts a chunk once that is put many times at the same time, and each caller can read it at once', async () => {
        const chunks = [...inventChunks(1, 30, 900), ...inventChunks(50, 4, 200_000)]
        const added = await Promise.all(Array.from({ length: 8 }, async () => {
          const count = await store.putMany(chunks)
          expect(same(await store.getMany(hashesOf(chunks)), chunks)).toBe(true)
          return count
        }))
        expect(added.reduce((sum, count) => sum + count, 0)).toBe(34)
        expect((await store.stats()).chunks).toBe(34)
      })

      it('reads and asks while puts and barriers run', async () => {
        const groups = Array.from({ length: 12 }, (_, i) => inventChunks(1000 * i, 25, 20_000))
        await Promise.all(groups.map(async (chunks, i) => {
          await store.putMany(chunks)
          if (i % 3 === 0) await store.barrier()
          expect(same(await store.getMany(hashesOf(chunks)), chunks)).toBe(true)
          expect((await store.hasMany(hashesOf(chunks))).every(Boolean)).toBe(true)
        }))
        expect((await store.stats()).chunks).toBe(300)
      })

      it('behaves as a map whatever is done in which order', async () => {
        const command = fc.record({
          what: fc.constantFrom('put', 'get', 'has', 'barrier', 'reopen', 'stats'),
          which: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 })
        })
        await fc.assert(fc.asyncProperty(fc.array(command, { maxLength: 25 }), async commands => {
          const fresh = await make()
          try {
            await playAgainstMap(fresh, commands)
          } finally {
            await fresh.end()
          }
        }), { numRuns: 5 })
      })
    })

    describe('sweep', () => {
      it('removes what is not live, keeps what is', async () => {
        const [dead, live] = [inventChunks(1, 60, 3000), inventChunks(100, 40, 2000)]
        await store.putMany([...dead, ...live])
        const token = await store.beginSweep()
        expect(await store.sweep(token, liveOf(live), { dryRun: true, reuse: true })).toEqual({ chunks: 60, bytes: 180_000 })
        expect((await store.stats()).chunks).toBe(100)
        expect(await store.sweep(token, liveOf(live))).toEqual({ chunks: 60, bytes: 180_000 })
        expect(await store.hasMany(hashesOf(dead))).toEqual(dead.map(() => false))
        expect(await store.getMany(hashesOf(dead))).toEqual(dead.map(() => undefined))
        expect(same(await store.getMany(hashesOf(live)), live)).toBe(true)
        expect(await store.stats()).toMatchObject({ chunks: 40, bytes: 80_000 })
        await reopen()
        if (under.reopen !== undefined) expect(await store.stats()).toMatchObject({ chunks: 40, bytes: 80_000 })
        expect(await store.putMany(dead)).toBe(60)
        expect(same(await store.getMany(hashesOf(dead)), dead)).toBe(true)
      })

      it('keeps what came in, came again, or was said to be here since it began', async () => {
        const chunks = inventChunks(1, 40, 1500)
        await store.putMany(chunks)
        await store.barrier()
        const token = await store.beginSweep()
        const [again, asked, late] = [chunks.slice(0, 10), chunks.slice(10, 20), inventChunks(500, 10, 1500)]
        expect(await store.putMany(again)).toBe(0)
        expect(await store.hasMany(hashesOf(asked))).toEqual(asked.map(() => true))
        expect(await store.putMany(late)).toBe(10)
        expect((await store.sweep(token, liveOf([]))).chunks).toBe(20)
        const kept = [...again, ...asked, ...late]
        expect(same(await store.getMany(hashesOf(kept)), kept)).toBe(true)
        expect(await store.hasMany(hashesOf(chunks.slice(20)))).toEqual(chunks.slice(20).map(() => false))
      })

      it('loses nothing that is put while it runs', async () => {
        const chunks = inventChunks(1, 400, 2000)
        await store.putMany(chunks)
        await store.barrier()
        const token = await store.beginSweep()
        const sweeping = store.sweep(token, liveOf(chunks.slice(0, 50)))
        const put: Chunk[] = []
        for (let i = 0; i < 20; i++) {
          const some = chunks.slice(i * 20, i * 20 + 7)
          await store.putMany(some)
          put.push(...some)
        }
        await sweeping
        await store.barrier()
        expect(same(await store.getMany(hashesOf(put)), put)).toBe(true)
        await reopen()
        if (under.reopen !== undefined) expect(same(await store.getMany(hashesOf(put)), put)).toBe(true)
      })

      it('stops when it is cancelled, and can then be done anew', async () => {
        const chunks = inventChunks(1, 50, 1000)
        await store.putMany(chunks)
        const token = await store.beginSweep()
        const signal = AbortSignal.abort()
        await expect(store.sweep(token, liveOf([]), { signal })).rejects.toThrow()
        expect((await store.sweep(await store.beginSweep(), liveOf([]))).chunks).toBe(50)
      })

      it('an older sweep spares what came in or again since it began, a newer one what did since then', async () => {
        const [old, between, late] = [inventChunks(1, 20, 1000), inventChunks(100, 20, 1000), inventChunks(200, 20, 1000)]
        await store.putMany(old)
        const first = await store.beginSweep()
        await store.putMany([...between, ...old.slice(0, 5)])
        const second = await store.beginSweep()
        await store.putMany([...late, ...between.slice(0, 5)])
        expect((await store.sweep(first, liveOf([]))).chunks).toBe(15)
        expect((await store.sweep(second, liveOf([]))).chunks).toBe(20)
        const kept = [...late, ...between.slice(0, 5)]
        expect(same(await store.getMany(hashesOf(kept)), kept)).toBe(true)
        expect((await store.stats()).chunks).toBe(25)
      })

      it('refuses a token of no open sweep: unknown, done, or begun too many sweeps ago', async () => {
        const [token, used] = [await store.beginSweep(), await store.beginSweep()]
        await store.sweep(used, liveOf([]))
        for (let i = 0; i < MAX_OPEN_SWEEPS; i++) await store.beginSweep()
        for (const wrong of [token, used, 'no token']) await expect(store.sweep(wrong, liveOf([]))).rejects.toMatchObject({ code: 'INTERNAL' })
      })
    })

    describe('scrub and repair', () => {
      it('finds what is missing among the hashes given, and nothing in a sound store', async () => {
        const chunks = inventChunks(1, 300, 700)
        await store.putMany(chunks)
        const seen: number[] = []
        expect(await store.scrub({ onProgress: count => seen.push(count) })).toEqual([])
        if (seen.length > 0) expect(seen.at(-1)).toBe(300)
        const stranger = inventChunk(9999)
        const damage = await store.scrub({ hashes: [chunks[0]!.hash, stranger.hash] })
        expect(damage.map(({ hash, problem }) => [hashKey(hash), problem])).toEqual([[hashKey(stranger.hash), 'missing']])
      })

      it('stops a scrub when it is cancelled', async () => {
        await store.putMany(inventChunks(1, 300, 700))
        await expect(store.scrub({ signal: AbortSignal.abort() })).rejects.toThrow()
      })

      it('repairs a chunk that is here, takes one that is not, and refuses bytes that are not the chunk', async () => {
        const [a, b, c] = inventChunks(1, 3, 4000) as [Chunk, Chunk, Chunk]
        await store.putMany([a])
        await store.barrier()
        await store.repair(a)
        await store.repair(b)
        await expect(store.repair({ hash: c.hash, bytes: b.bytes })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
        await reopen()
        if (under.reopen !== undefined) {
          expect(same(await store.getMany(hashesOf([a, b])), [a, b])).toBe(true)
          expect(await store.stats()).toMatchObject({ chunks: 2, bytes: 8000 })
        }
      })

      it('never gives out bytes that are not what their name says', async () => {
        const [chunk, other] = inventChunks(1, 2, 3000) as [Chunk, Chunk]
        const liar = { hash: chunk.hash, bytes: inventBytes(77, 3000) }
        await store.putMany([liar, other])
        await expect(store.getMany([other.hash, chunk.hash])).rejects.toMatchObject({ code: 'CHUNK_DAMAGED', facts: { hash: Buffer.from(chunk.hash).toString('hex') } })
        expect(same(await store.getMany([other.hash]), [other])).toBe(true)
        expect((await store.scrub()).map(({ problem }) => problem)).toEqual(['damaged'])
        await store.repair(chunk)
        expect(same(await store.getMany([chunk.hash]), [chunk])).toBe(true)
        expect(await store.scrub()).toEqual([])
      })
    })

    it('refuses everything once it is closed', async () => {
      const chunk = inventChunk(1)
      await store.putMany([chunk])
      await store.close()
      await expect(store.getMany([chunk.hash])).rejects.toMatchObject({ code: 'INTERNAL' })
      await expect(store.putMany([chunk])).rejects.toMatchObject({ code: 'INTERNAL' })
      await expect(store.barrier()).rejects.toMatchObject({ code: 'INTERNAL' })
    })
  })
}

async function playAgainstMap(under: StoreUnderTest, commands: readonly { what: string, which: readonly number[] }[]): Promise<void> {
  const model = new Map<string, Chunk>()
  for (const { what, which } of commands) {
    const chunks = which.map(seed => inventChunk(seed))
    const hashes = hashesOf(chunks)
    if (what === 'put') {
      const news = new Set(hashes.map(hashKey).filter(key => !model.has(key)))
      expect(await under.store.putMany(chunks)).toBe(news.size)
      for (const chunk of chunks) model.set(hashKey(chunk.hash), chunk)
    } else if (what === 'get') {
      const found = await under.store.getMany(hashes)
      for (const [i, hash] of hashes.entries()) {
        const expected = model.get(hashKey(hash))
        expect(found[i] === undefined ? undefined : Buffer.compare(found[i], expected?.bytes ?? new Uint8Array(9)) === 0).toBe(expected === undefined ? undefined : true)
      }
    } else if (what === 'has') expect(await under.store.hasMany(hashes)).toEqual(hashes.map(hash => model.has(hashKey(hash))))
    else if (what === 'barrier') await under.store.barrier()
    else if (what === 'reopen') await under.reopen?.()
    else {
      const bytes = [...model.values()].reduce((sum, chunk) => sum + chunk.bytes.length, 0)
      expect(await under.store.stats()).toMatchObject({ chunks: model.size, bytes })
    }
  }
}
