import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { type Bundles, createBundles } from '../../../src/sync/index.ts'
import { editTree } from '../../../src/trees/index.ts'
import { seededChance } from '../../../src/runtime/index.ts'
import { Team } from '../../simulation/team.ts'
import type { SimNode } from '../../simulation/node.ts'
import { readTree, smallFile } from '../../support/datasets-world.ts'
import { times } from '../../support/times.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const code = (code: string, message = '') => expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error

let team: Team
let [a, b]: [SimNode, SimNode] = [] as never
beforeEach(async () => {
  team = await Team.gather(11, 2, { forgetsBarriers: false })
  ;[a, b] = team.nodes as [SimNode, SimNode]
  await a.datasets.create(PETS)
  await put(a, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}.txt`, `${i} `.repeat(500)])))
})
afterEach(() => team.end())

async function put(node: SimNode, files: Readonly<Record<string, string>>): Promise<void> {
  const entries = await Promise.all(Object.entries(files).map(([path, text]) => smallFile(node.store, path, text)))
  await node.datasets.commit(PETS, 'put', tree => editTree(node.store, tree, entries.map(entry => ({ op: 'put', entry }))))
}

const bundles = (node: SimNode, store: ChunkStore = node.store): Bundles => createBundles({ catalog: node.catalog, datasets: node.datasets, store })

async function written(node: SimNode, version?: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of bundles(node).export({ ...PETS, ...version === undefined ? {} : { version } })) parts.push(part)
  return Buffer.concat(parts)
}

/** In pieces of any size, as a disk or a socket gives them. */
async function* pieces(bytes: Uint8Array, chance = seededChance(bytes.length)): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(chance.next() * 40_000)
    yield bytes.subarray(at, at + length)
    at += length
  }
}
const read = async (node: SimNode, version?: string) => readTree(node.store, await node.datasets.tree(node.datasets.resolve({ ...PETS, ...version === undefined ? {} : { version } }).version))

describe('S9: a version in a file', () => {
  it('published, comes whole to a node that has never heard of the dataset, signed and durable', async () => {
    const { version } = await a.datasets.publish(PETS)
    const before = await read(a, '1.0.0')
    const result = await bundles(b).import(pieces(await written(a, '1.0.0')))
    expect(result.version).toMatchObject({ id: version.id, published: { record: version.published?.record, by: a.device.id } })
    expect(result.newChunks).toBe(result.chunks)
    await b.crash()
    expect(await read(b, '1.0.0')).toEqual(before)
    expect(await bundles(b).import(pieces(await written(a, '1.0.0')))).toMatchObject({ envelopes: 0, newChunks: 0, chunks: result.chunks })
  })

  it('as a draft, comes with its history and goes on', async () => {
    await a.datasets.publish(PETS)
    await a.datasets.createVersion(PETS, { mode: 'inherit' })
    await put(a, { 'new.txt': 'of a' })
    await put(a, { 'new.txt': 'of a again' })
    await bundles(b).import(pieces(await written(a)))
    expect(await read(b)).toEqual(await read(a))
    await put(b, { 'b.txt': 'of b' })
    await put(a, { 'a.txt': 'of a' })
    await bundles(a).import(pieces(await written(b)))
    expect(await read(a)).toMatchObject({ 'a.txt': 'of a', 'b.txt': 'of b', 'new.txt': 'of a again' })
  })

  it('of another workspace is refused at once, and says so', async () => {
    const other = await Team.gather(12, 1, { forgetsBarriers: false })
    try {
      const bytes = await written(a)
      await expect(bundles(other.founder).import(pieces(bytes))).rejects.toEqual(code('BUNDLE_INVALID', 'another workspace'))
      // Not one byte behind its head is asked for.
      let asked = 0
      const counted = (async function* () { for await (const part of pieces(bytes.subarray(0, 10_000))) { asked += part.length; yield part } })()
      await expect(bundles(other.founder).import(counted)).rejects.toEqual(code('BUNDLE_INVALID', 'another workspace'))
      expect(asked).toBe(10_000)
      expect(other.founder.catalog.datasets()).toEqual([])
    } finally {
      await other.end()
    }
  })

  it('cut anywhere, or with any byte changed, added or gone, is refused with one error, and nothing shows', async () => {
    await a.datasets.publish(PETS)
    const bytes = await written(a, '1.0.0')
    const chance = seededChance(77)
    const state = b.catalog.stateHash()
    const store = createMemoryStore()
    for (let i = 0; i < times(60); i++) {
      // Half of them where the form is: heads, envelopes and the ends of records stand at the beginning.
      const at = Math.floor(chance.next() * (i % 2 === 0 ? 6_000 : bytes.length))
      const how = i % 4
      const altered = how === 0 ? bytes.subarray(0, at)
        : how === 1 ? Buffer.concat([bytes.subarray(0, at), Buffer.of(Math.floor(chance.next() * 256)), bytes.subarray(at)])
          : how === 2 ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
            : Buffer.from(bytes.map((byte, place) => place === at ? byte ^ (1 << Math.floor(chance.next() * 8)) : byte))
      await expect(bundles(b, store).import(pieces(altered)), `seed 77, change ${i} at ${at}`).rejects.toEqual(code('BUNDLE_INVALID'))
      expect(b.catalog.stateHash()).toBe(state)
    }
    await expect(bundles(b, store).import(pieces(Buffer.concat([bytes, Buffer.of(0)])))).rejects.toEqual(code('BUNDLE_INVALID', 'follows its end'))
    await expect(bundles(b, store).import(pieces(new Uint8Array()))).rejects.toEqual(code('BUNDLE_INVALID'))
    expect((await bundles(b).import(pieces(bytes))).version.number).toBe('1.0.0')
  })

  it('with other data behind a right end is refused: what nothing names, what is missing, what the record does not seal', async () => {
    const { encodeRecords, decodeRecords, KIND } = await import('../../../src/sync/bundle/records.ts')
    const { decodeHead, encodeHead } = await import('../../../src/sync/bundle/head.ts')
    await a.datasets.publish(PETS)
    type BundleRecord = Parameters<typeof encodeRecords>[0] extends AsyncIterable<infer Item> ? Item : never
    const records: BundleRecord[] = []
    for await (const record of decodeRecords(pieces(await written(a, '1.0.0')))) records.push(record)
    const again = (items: readonly BundleRecord[]) => bundles(b, createMemoryStore()).import(encodeRecords((async function* () { yield* items })()))
    const head = decodeHead(records[0]?.bytes as Uint8Array)
    const withHead = (changes: Partial<typeof head>) => [{ kind: KIND.head, bytes: encodeHead({ ...head, ...changes }) }, ...records.slice(1)]
    await expect(again([...records, { kind: KIND.chunk, bytes: Buffer.from('more') }])).rejects.toEqual(code('BUNDLE_INVALID', 'nothing in it names'))
    await expect(again(records.slice(0, -1))).rejects.toEqual(code('BUNDLE_INVALID', 'is not in it'))
    await expect(again(records.slice(1))).rejects.toEqual(code('BUNDLE_INVALID', 'head'))
    await expect(again(records.filter(({ kind }) => kind !== KIND.envelope))).rejects.toEqual(code('BUNDLE_INVALID', 'publish record'))
    await expect(again(withHead({ roots: [new Uint8Array(32)] }))).rejects.toEqual(code('BUNDLE_INVALID', 'seals'))
    await expect(again(withHead({ record: '' }))).resolves.toBeDefined()
    expect(b.catalog.datasets()).toHaveLength(1)
  })

  it('in which somebody signed for another is refused before any chunk is taken', async () => {
    const { encodeRecords, decodeRecords, KIND } = await import('../../../src/sync/bundle/records.ts')
    const records: { kind: 1 | 2 | 3 | 4, bytes: Uint8Array }[] = []
    for await (const record of decodeRecords(pieces(await written(a)))) records.push(record)
    const at = records.findLastIndex(({ kind }) => kind === KIND.envelope)
    const forged = records.map((record, i) => {
      if (i !== at) return record
      const place = Buffer.from(record.bytes).lastIndexOf(Buffer.from([0x58, 0x40])) + 10
      return { ...record, bytes: record.bytes.map((byte, i) => i === place ? byte ^ 1 : byte) }
    })
    const store = createMemoryStore()
    await expect(bundles(b, store).import(encodeRecords((async function* () { yield* forged })()))).rejects.toEqual(code('BUNDLE_INVALID'))
    expect((await store.stats()).chunks).toBe(0)
    expect(b.catalog.datasets()).toEqual([])
  })
})
