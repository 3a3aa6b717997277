import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/index.ts'
import type { DatasetView } from '../../../src/catalog/index.ts'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { hashFromHex, type DeviceId, type Hash } from '../../../src/model/index.ts'
import { PeerNode } from '../../../src/peers/index.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { Access } from '../../../src/sync/access.ts'
import { greet } from '../../../src/sync/greeting.ts'
import { reachable } from '../../../src/trees/index.ts'
import { FRAME, PROTOCOL, helloOf, packWant, unpackChunks } from '../../../src/wire/index.ts'
import { datasetView, publishFiles, testNode, type TestNode } from './fake-workspace.ts'
import { until } from '../../support/until.ts'

const nodes: TestNode[] = []
afterEach(async () => { for (const node of nodes.splice(0).toReversed()) await node.stop() })

const files = (count: number): Record<string, Uint8Array> => Object.fromEntries(Array.from({ length: count }, (_, i) => [`folder${i % 3}/file${i}`, randomBytes(2_000 + i)]))

async function chunksBelow(store: ChunkStore, tree: string): Promise<Hash[]> {
  const found: Hash[] = []
  await reachable(store, [hashFromHex(tree)], hash => { found.push(hash.slice()) })
  return found
}

/** A node with a public and a private dataset that share a file. */
async function world(): Promise<{ a: TestNode, open: DatasetView, secret: DatasetView, common: Hash, openChunks: Hash[], secretChunks: Hash[] }> {
  const a = await testNode({ seed: 31 })
  nodes.push(a)
  const shared = randomBytes(5_000)
  const [one, two] = [await publishFiles(a.store, a.device.id, { ...files(40), shared }), await publishFiles(a.store, a.device.id, { ...files(40), shared })]
  const open = datasetView('open', a.device.id, [one])
  const secret = datasetView('secret', a.device.id, [two], { publicAccess: false })
  a.catalog.put(open)
  a.catalog.put(secret)
  const [openChunks, all] = [await chunksBelow(a.store, one.tree), await chunksBelow(a.store, two.tree)]
  const isOpen = (hash: Hash): boolean => openChunks.some(other => Buffer.compare(hash, other) === 0)
  return { a, open, secret, common: all.find(isOpen) as Hash, openChunks, secretChunks: all.filter(hash => !isOpen(hash)) }
}

const stranger = 'another device' as DeviceId
const accessOf = (node: TestNode): Access => new Access(node.catalog as unknown as Catalog, node.store)
const all = (answer: readonly boolean[] | undefined, value: boolean): void => expect(answer === undefined ? value : answer.every(one => one === value)).toBe(true)

describe('who may have which chunk', () => {
  it('S4: of a public dataset every member its own chunks; of a private one nobody else any, whatever dataset is named', async () => {
    const { a, open, secret, common, openChunks, secretChunks } = await world()
    const access = accessOf(a)
    all(await access.of(stranger, open.id, openChunks), true)
    all(await access.of(stranger, open.id, [common]), true)
    all(await access.of(stranger, open.id, secretChunks), false)
    all(await access.of(stranger, secret.id, secretChunks), false)
    all(await access.of(stranger, secret.id, [common]), false)
    all(await access.of(stranger, 'nothing' as never, openChunks), false)
    all(await access.of(a.device.id, secret.id, secretChunks), true)
    access.stop()
  })

  it('S4: follows changes: shared is given, taken back is not, a new version is', async () => {
    const { a, open, secret, secretChunks } = await world()
    const access = accessOf(a)
    all(await access.of(stranger, open.id, secretChunks), false)
    a.catalog.put({ ...secret, publicAccess: true })
    all(await access.of(stranger, secret.id, secretChunks), true)
    a.catalog.put(secret)
    all(await access.of(stranger, secret.id, secretChunks), false)
    all(await access.of(stranger, open.id, secretChunks), false)
    const more = await publishFiles(a.store, a.device.id, files(30))
    const first = open.versions[0]?.published
    a.catalog.put(datasetView('open', a.device.id, first === undefined ? [more] : [first, more]))
    all(await access.of(stranger, open.id, await chunksBelow(a.store, more.tree)), true)
    access.stop()
  })

  it('S4: asked by many at once before it knows anything, it gives nothing away', async () => {
    const { a, open, secretChunks } = await world()
    const access = accessOf(a)
    const answers = await Promise.all(Array.from({ length: 8 }, () => access.of(stranger, open.id, secretChunks)))
    for (const answer of answers) all(answer, false)
    access.stop()
  })

  it('S4: a part of a tree that arrives later counts from then on', async () => {
    const { a, open, secret } = await world()
    const elsewhere = createMemoryStore()
    const record = await publishFiles(elsewhere, a.device.id, files(50))
    const chunks = await chunksBelow(elsewhere, record.tree)
    a.catalog.put(datasetView('open', a.device.id, [record]))
    const access = accessOf(a)
    expect((await access.of(stranger, open.id, chunks))?.filter(Boolean)).toHaveLength(1)
    const found = await elsewhere.getMany(chunks)
    await a.store.putMany(chunks.map((hash, i) => ({ hash, bytes: found[i] ?? new Uint8Array(0) })))
    all(await access.of(stranger, open.id, chunks), true)
    expect(secret.publicAccess).toBe(false)
    access.stop()
  })

  it('S8: over the wire a member gets "missing" for what it may not have, and nothing in its catalog', async () => {
    const { a, open, secret, openChunks, secretChunks } = await world()
    await a.network.start()
    const b = await testNode({ seed: 32 })
    nodes.push(b)
    await b.network.join((await a.network.invite()).invite)
    await until(() => b.catalog.datasets().length === 1)
    expect(b.catalog.datasets()[0]?.name).toBe('open')
    await b.network.stop()
    const asker = new PeerNode({ seed: b.device.seed, listen: [], agent: 'test', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => false } })
    await asker.start()
    await asker.dial(a.device.id, a.network.addresses())
    const stream = await asker.open(a.device.id, PROTOCOL.chunks)
    await greet(stream, helloOf({ workspace: a.catalog.workspace, agent: 'test', name: 'b', addresses: [] }))
    let id = 0
    const ask = async (dataset: string, hashes: readonly Hash[]): Promise<number> => {
      await stream.send(packWant({ id: ++id, dataset, hashes }))
      let [answered, given] = [0, 0]
      while (answered < hashes.length) {
        const frame = await stream.expect([FRAME.chunks], 3_000)
        const { answers } = unpackChunks(frame.body)
        answered += answers.length
        given += answers.filter(answer => typeof answer !== 'string').length
      }
      return given
    }
    expect(await ask(open.id, openChunks)).toBe(openChunks.length)
    expect(await ask(secret.id, secretChunks)).toBe(0)
    expect(await ask(open.id, secretChunks)).toBe(0)
    expect(await ask(open.id, [...secretChunks.slice(0, 5), ...openChunks.slice(0, 5)])).toBe(5)
    await asker.stop()
  })
})
