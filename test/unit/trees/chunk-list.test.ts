import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkList } from '../../../src/chunks/index.ts'
import { childrenOf, fileChunks, putChunkList, type FileChunk, type FileEntry } from '../../../src/trees/index.ts'
import { collect, countingStore, fileEntry, hashOf, hex } from './model.ts'

/** A list of chunks whose hashes follow from numbers. */
function listOf(seeds: readonly number[]): ChunkList {
  const words = new Uint32Array(seeds.length * 8)
  seeds.forEach((seed, i) => {
    let word = seed
    for (let at = 0; at < 8; at++) {
      word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d) + at + 1
      word = Math.imul(word ^ (word >>> 12), 0x297a2d39)
      words[i * 8 + at] = word ^ (word >>> 15)
    }
  })
  const hashes = new Uint8Array(words.buffer)
  return { hashes, lengths: Uint32Array.from(seeds, seed => 1 + (seed * 7919) % 1000) }
}

const sizeOf = (list: ChunkList): number => list.lengths.reduce((sum, length) => sum + length, 0)

/** Any list: none, short, long, and thousands of chunks, some of them all the same. */
const anyList = fc.oneof(
  fc.array(fc.nat(), { maxLength: 12 }),
  fc.record({ from: fc.nat(), count: fc.integer({ min: 9, max: 5000 }) }).map(({ from, count }) => Array.from({ length: count }, (_, i) => from + i)),
  fc.record({ seed: fc.nat(), count: fc.integer({ min: 9, max: 3000 }) }).map(({ seed, count }) => Array.from({ length: count }, () => seed))
).map(listOf)

async function entryOf(store: Parameters<typeof putChunkList>[0], list: ChunkList): Promise<FileEntry> {
  return { ...fileEntry('x'), size: sizeOf(list), hash: list.lengths.length === 1 ? list.hashes : hashOf('whole'), content: await putChunkList(store, list) }
}

const all = (list: ChunkList): FileChunk[] => {
  let offset = 0
  return Array.from(list.lengths, (length, i) => ({ hash: list.hashes.slice(i * 32, i * 32 + 32), offset: (offset += length) - length, length }))
}

const shown = ({ hash, offset, length }: FileChunk): string => `${hex(hash)} ${offset} ${length}`

describe('a chunk list', () => {
  it('gives back its chunks, whole and for any range', () => fc.assert(fc.asyncProperty(anyList, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), async (list, x, y) => {
    const store = createMemoryStore()
    const entry = await entryOf(store, list)
    expect(entry.content.kind).toBe(list.lengths.length < 2 ? 'whole' : list.lengths.length <= 8 ? 'inline' : 'list')
    const read = async (range?: { from?: number, to?: number }): Promise<FileChunk[]> => (await collect(fileChunks(store, entry, range))).flat()
    expect((await read()).map(shown)).toEqual(all(list).map(shown))
    const [from, to] = [Math.floor(Math.min(x, y) * entry.size), Math.floor(Math.max(x, y) * entry.size)]
    expect((await read({ from, to })).map(shown)).toEqual(from === to ? [] : all(list).filter(chunk => chunk.offset < to && chunk.offset + chunk.length > from).map(shown))
  }), { numRuns: 60 }))

  it('has one root for the same chunks, and changes few nodes for a change of few', async () => {
    const store = countingStore()
    const seeds = Array.from({ length: 40_000 }, (_, i) => i)
    const first = await putChunkList(store, listOf(seeds))
    expect(await putChunkList(store, listOf(seeds))).toEqual(first)
    const before = (await store.stats()).chunks
    await putChunkList(store, listOf([...seeds.slice(0, 20_000), 1e6, 1e6 + 1, ...seeds.slice(20_003)]))
    expect((await store.stats()).chunks - before).toBeLessThan(6)
    expect(store.calls.puts).toBeLessThan(9)
  })

  it('is read only where the range lies', async () => {
    const store = countingStore()
    const entry = await entryOf(store, listOf(Array.from({ length: 40_000 }, (_, i) => i)))
    store.calls.got = 0
    expect((await collect(fileChunks(store, entry, { from: 9_999_999, to: 10_000_001 }))).flat().length).toBeLessThan(3)
    expect(store.calls.got).toBeLessThan(4)
  })

  it('refuses ranges outside the file, lists that do not fit, and missing nodes', async () => {
    const store = createMemoryStore()
    const list = listOf(Array.from({ length: 500 }, (_, i) => i))
    const entry = await entryOf(store, list)
    const read = (of: FileEntry, range?: { from?: number, to?: number }): Promise<unknown> => collect(fileChunks(store, of, range))
    for (const range of [{ from: -1 }, { from: 2, to: 1 }, { to: entry.size + 1 }, { from: 0.5 }]) await expect(read(entry, range)).rejects.toMatchObject({ code: 'RANGE_INVALID' })
    await expect(read({ ...entry, size: entry.size + 1 })).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
    await expect(read({ ...entry, content: { kind: 'list', root: hashOf('nowhere') } })).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
    await expect(putChunkList(store, { hashes: list.hashes.slice(1), lengths: list.lengths })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(putChunkList(store, { hashes: list.hashes, lengths: list.lengths.map((length, i) => i === 3 ? 0 : length) })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it('names its nodes and chunks for walks', async () => {
    const store = createMemoryStore()
    const list = listOf(Array.from({ length: 3000 }, (_, i) => i))
    const content = await putChunkList(store, list)
    if (content.kind !== 'list') expect.unreachable()
    const found: string[] = []
    for (const waiting = [content.root]; waiting.length > 0;) {
      const [bytes] = await store.getMany([waiting.shift() as Uint8Array])
      const { kind, nodes, data } = childrenOf(bytes as Uint8Array)
      expect(kind).toBe('list')
      found.push(...data.map(({ hash }) => hex(hash)))
      waiting.push(...nodes)
    }
    expect(found).toEqual(all(list).map(({ hash }) => hex(hash)))
  })
})
