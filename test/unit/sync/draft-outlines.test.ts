import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { VersionView } from '../../../src/catalog/index.ts'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { hashFromHex, hashToHex, type DeviceId, type Hash, type VersionId } from '../../../src/model/index.ts'
import { commonAncestors } from '../../../src/trees/ancestors.ts'
import { childrenOf, editTree, getEntry, mergeCommits, readCommit, writeCommit, type Entry } from '../../../src/trees/index.ts'
import { smallFile } from '../../support/datasets-world.ts'
import { datasetView, publishFiles, testNode, type TestNode } from './fake-workspace.ts'
import { until } from '../../support/until.ts'

const nodes: TestNode[] = []
afterEach(async () => { for (const node of nodes.splice(0).toReversed()) await node.stop() })

async function pair(ofB: Parameters<typeof testNode>[0] = {}): Promise<{ a: TestNode, b: TestNode }> {
  const [a, b] = [await testNode(), await testNode(ofB)]
  nodes.push(a, b)
  await a.network.start()
  await b.network.join((await a.network.invite()).invite)
  await until(() => b.network.peers()[0]?.connected === true)
  return { a, b }
}

/** A commit that puts something on another. */
async function edit(store: ChunkStore, parent: Hash, entry: Entry, by: DeviceId): Promise<Hash> {
  const tree = await editTree(store, (await readCommit(store, parent)).tree, [{ op: 'put', entry }])
  return writeCommit(store, { tree, parents: [parent], by, at: 1, message: '' })
}

const draftOf = (by: DeviceId, heads: readonly Hash[]): VersionView => ({
  id: 'draft' as VersionId, number: '1.1.0', name: 'Current', state: 'draft', heads: heads.map(hashToHex), parents: [], mode: 'inherit', description: '', comment: '', metadata: {}, maskLabels: {}, tags: [],
  notes: {}, archived: false, createdAt: '', createdBy: by, updatedAt: ''
})

describe('drafts of other members', () => {
  it('S3: are known by their commits and trees, whatever is kept, so that edits made apart merge and conflict everywhere; files stay where they are', async () => {
    const { a, b } = await pair()
    const { store, device: { id } } = a
    const large = new Uint8Array(randomBytes(2_000_000))
    const record = await publishFiles(store, id, Object.fromEntries([...Array.from({ length: 800 }, (_, i) => [`file${i}.bin`, large.subarray(i, i + 200)]), ['large.bin', large]]))
    const sealed = hashFromHex(record.commit)
    const one = await edit(store, sealed, await smallFile(store, 'same.txt', 'of one'), id)
    const two = await edit(store, await edit(store, await edit(store, sealed, await smallFile(store, 'two.txt', 'two'), id), await smallFile(store, 'more.txt', 'two'), id), await smallFile(store, 'same.txt', 'of two'), id)
    await store.barrier()
    const view = datasetView('data', id, [record])
    a.catalog.put(datasetView('data', id, []))
    await until(() => b.catalog.datasets().length === 1)
    await b.network.setKeep({ namespace: 'ns', name: 'data' }, 'none')
    a.catalog.put({ ...view, versions: [...view.versions, draftOf(id, [one, two])] })
    expect((await b.network.sync(undefined, { wait: true })).missing).toEqual([])
    const { tree, conflicts } = await mergeCommits(b.store, [one, two])
    expect(conflicts.map(({ path }) => path)).toEqual(['same.txt'])
    const entry = await getEntry(b.store, tree, 'large.bin')
    if (entry?.kind !== 'file' || entry.content.kind === 'whole') throw new Error('a large file has chunks')
    const files = (await a.store.getMany([sealed, one])).map(bytes => childrenOf(bytes as Uint8Array).nodes[0] as Hash)
    expect(await b.store.hasMany(files)).toEqual([true, true])
    const small = await Promise.all(['same.txt', 'two.txt', 'file1.bin'].map(async path => (await getEntry(b.store, tree, path) as { hash: Hash }).hash))
    expect(await b.store.hasMany(small)).toEqual([false, false, false])
    expect(b.network.peers()[0]?.bytesIn).toBeLessThan(400_000)
  })

  it('S3: long histories come in a few round trips; after a restart only what is new is walked', async () => {
    const memory = createMemoryStore()
    let [puts, reads] = [0, 0]
    const store: ChunkStore = { ...memory, hasMany: hashes => memory.hasMany(hashes), barrier: () => memory.barrier(), putMany: chunks => {
      puts++
      return memory.putMany(chunks)
    }, getMany: hashes => {
      reads++
      return memory.getMany(hashes)
    } }
    const { a, b } = await pair({ store, seed: 91 })
    const { store: theirs, device: { id } } = a
    const record = await publishFiles(theirs, id, { 'a.bin': randomBytes(10) })
    let head = hashFromHex(record.commit)
    const more = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) head = await edit(theirs, head, await smallFile(theirs, 'a.txt', `${i % 3}`), id)
    }
    const view = datasetView('data', id, [record])
    a.catalog.put(datasetView('data', id, []))
    await until(() => b.catalog.datasets().length === 1)
    await b.network.setKeep({ namespace: 'ns', name: 'data' }, 'none')
    await more(600)
    a.catalog.put({ ...view, versions: [...view.versions, draftOf(id, [head])] })
    expect((await b.network.sync(undefined, { wait: true })).missing).toEqual([])
    expect(await commonAncestors(memory, [head], [hashFromHex(record.commit)])).toEqual([hashFromHex(record.commit)])
    expect(puts).toBeLessThan(30)

    await b.network.stop()
    const again = await testNode({ store, seed: 91, folder: b.folder, workspace: b.catalog })
    nodes.push(again)
    await again.network.start()
    await more(1)
    reads = 0
    a.catalog.put({ ...view, versions: [...view.versions, draftOf(id, [head])] })
    await until(async () => (await memory.hasMany([head]))[0] === true)
    expect((await again.network.sync(undefined, { wait: true })).missing).toEqual([])
    expect(reads).toBeLessThan(10)
  })

  it('that come from a published version are compared without the history behind it', async () => {
    const { a, b } = await pair()
    const { store, device: { id } } = a
    const old = await edit(store, hashFromHex((await publishFiles(store, id, { 'a.bin': randomBytes(10) })).commit), await smallFile(store, 'b.txt', 'b'), id)
    const one = await edit(store, old, await smallFile(store, 'one.txt', 'one'), id)
    let two = old
    for (const text of ['1', '2', '3', '4']) two = await edit(store, two, await smallFile(store, 'two.txt', text), id)
    for (const commit of [one, two, old, (await readCommit(store, two)).parents[0] as Hash]) await b.store.putMany([{ hash: commit, bytes: (await store.getMany([commit]))[0] as Uint8Array }])
    // Two commits of the longer side are not here: what they come from is not known, and nothing is guessed.
    await expect(commonAncestors(b.store, [one], [two])).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
    for (let commit = two; hashToHex(commit) !== hashToHex(old); [commit] = (await readCommit(store, commit)).parents as [Hash]) await b.store.putMany([{ hash: commit, bytes: (await store.getMany([commit]))[0] as Uint8Array }])
    expect(await commonAncestors(b.store, [one], [two])).toEqual([old])
  })
})
