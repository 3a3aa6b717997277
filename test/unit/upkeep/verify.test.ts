import { beforeEach, describe, expect, it } from 'vitest'
import { blake3, createMemoryStore } from '../../../src/chunks/index.ts'
import { formatHash, hashFromHex, hashToHex } from '../../../src/model/index.ts'
import type { Progress } from '../../../src/runtime/index.ts'
import { childrenOf, editTree } from '../../../src/trees/index.ts'
import { smallFile } from '../../support/datasets-world.ts'
import { type UpkeepWorld, upkeepWorld } from '../../support/upkeep-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const hashOf = (text: string): Uint8Array => blake3(new TextEncoder().encode(text))

let world: UpkeepWorld
beforeEach(async () => {
  world = upkeepWorld()
  await world.datasets.create(PETS)
})

/** A peer that holds everything this node does now. */
async function copyToPeer(): Promise<void> {
  const store = createMemoryStore()
  const known = new Set<string>()
  const putMany = world.store.putMany.bind(world.store)
  world.store.putMany = async chunks => {
    await store.putMany(chunks)
    for (const { hash } of chunks) known.add(hashToHex(hash))
    return putMany(chunks)
  }
  world.peer.store = store
}

describe('verification', () => {
  it('K7: a sound version is read whole, with progress', async () => {
    await world.put(PETS, { a: 'aaaa', b: 'bb', again: 'aaaa' })
    const seen: Progress[] = []
    const report = await world.upkeep.verify(PETS, { progress: progress => seen.push(progress) })
    expect(report).toMatchObject({ chunks: 3, damaged: [], repaired: 0 })
    expect(report.bytes).toBeGreaterThan(6)
    expect(seen.at(-1)).toMatchObject({ phase: 'checking', bytes: 6, totalBytes: 6 })
    const all = await world.upkeep.verify(undefined)
    expect(all).toMatchObject({ damaged: [] })
    expect(all.chunks).toBe((await world.store.stats()).chunks)
  })

  it('S7: damage and loss are named by version and path, wherever the chunk is used', async () => {
    await world.put(PETS, { 'dir/a.txt': 'rotten', 'b.txt': 'lost', 'c.txt': 'fine' })
    await world.datasets.publish(PETS)
    await world.datasets.createVersion(PETS, { mode: 'inherit' })
    await world.put(PETS, { 'copy.txt': 'rotten' })
    await world.remove(PETS, 'b.txt')
    world.store.damage(hashOf('rotten'))
    world.store.lose(hashOf('lost'))
    const rotten = { problem: 'damaged', hash: formatHash(hashOf('rotten')).slice(7) }
    const lost = { problem: 'missing', hash: formatHash(hashOf('lost')).slice(7) }
    const first = [{ version: 'vision/pets@1.0.0', path: 'b.txt', ...lost }, { version: 'vision/pets@1.0.0', path: 'dir/a.txt', ...rotten }]
    const second = [{ version: 'vision/pets@1.1.0', path: 'copy.txt', ...rotten }, { version: 'vision/pets@1.1.0', path: 'dir/a.txt', ...rotten }]
    expect((await world.upkeep.verify({ ...PETS, version: '1.0.0' })).damaged).toEqual(first)
    expect((await world.upkeep.verify(PETS)).damaged).toEqual(second)
    expect((await world.upkeep.verify(undefined)).damaged).toEqual([...first, ...second])
  })

  it('S7: damage in a tree, a commit and in left-over data is found too', async () => {
    await world.put(PETS, { a: 'a' })
    await smallFile(world.store, 'x', 'left over')
    const { version } = world.datasets.resolve(PETS)
    const tree = await world.datasets.tree(version)
    world.store.damage(tree)
    world.store.damage(hashOf('left over'))
    const { damaged } = await world.upkeep.verify(undefined)
    expect(damaged).toContainEqual({ version: 'vision/pets@1.0.0', path: '', problem: 'damaged', hash: hashToHex(tree) })
    expect(damaged).toContainEqual({ version: '', path: '', problem: 'damaged', hash: hashToHex(hashOf('left over')) })
    expect(damaged).toHaveLength(2)
    expect((await world.upkeep.verify(PETS)).damaged).toEqual([expect.objectContaining({ path: '', hash: hashToHex(tree) })])
    world.store.heal()
    const [head] = version.heads
    world.store.damage(hashFromHex(head!))
    for (const ref of [PETS, undefined]) expect((await world.upkeep.verify(ref)).damaged).toEqual([{ version: 'vision/pets@1.0.0', path: '', hash: head, problem: 'damaged' }])
  })

  it('S7: what is damaged or missing is put right from a peer, and checked', async () => {
    await copyToPeer()
    await world.put(PETS, { a: 'rotten', b: 'lost', c: 'fine' })
    world.store.damage(hashOf('rotten'))
    world.store.lose(hashOf('lost'))
    expect((await world.upkeep.verify(PETS, {})).damaged).toHaveLength(2)
    expect(await world.upkeep.verify(PETS, { repair: true })).toMatchObject({ damaged: [], repaired: 2 })
    expect(await world.read(PETS)).toEqual({ a: 'rotten', b: 'lost', c: 'fine' })
  })

  it('S7: a tree that is gone is put right from the top down', async () => {
    await copyToPeer()
    await world.datasets.commit(PETS, 'many', async tree => editTree(world.store, tree, await Promise.all(Array.from({ length: 400 }, async (_, i) => ({ op: 'put' as const, entry: await smallFile(world.store, `f${i}`, `text ${i}`) })))))
    const root = await world.datasets.tree(world.datasets.resolve(PETS).version)
    const [bytes] = await world.store.getMany([root])
    const nodes = childrenOf(bytes!).nodes
    expect(nodes.length).toBeGreaterThan(1)
    world.store.lose(root)
    for (const node of nodes) world.store.lose(node)
    world.store.lose(hashOf('text 7'))
    expect(await world.upkeep.verify(PETS, { repair: true })).toMatchObject({ damaged: [], repaired: nodes.length + 2 })
    expect(Object.keys(await world.read(PETS))).toHaveLength(400)
  })

  it('S7: a peer that sends other bytes repairs nothing, and what it can\'t give stays reported', async () => {
    await copyToPeer()
    await world.put(PETS, { a: 'rotten' })
    world.store.damage(hashOf('rotten'))
    world.peer.answer = chunk => ({ ...chunk, bytes: new Uint8Array([1, 2, 3]) })
    expect(await world.upkeep.verify(PETS, { repair: true })).toMatchObject({ repaired: 0, damaged: [{ path: 'a' }] })
    world.peer.store = createMemoryStore()
    expect(await world.upkeep.verify(PETS, { repair: true })).toMatchObject({ repaired: 0, damaged: [{ path: 'a' }] })
  })

  it('S5: what another node made and this one does not hold is no damage, unless asked for', async () => {
    await world.put(PETS, { a: 'theirs' })
    const { dataset } = world.datasets.resolve(PETS)
    world.catalog.foreign(dataset.id, view => ({ ...view, versions: view.versions.map(one => ({ ...one, createdBy: 'device-2' as never })) }))
    world.store.lose(hashOf('theirs'))
    expect((await world.upkeep.verify(undefined)).damaged).toEqual([])
    expect((await world.upkeep.verify(PETS)).damaged).toEqual([expect.objectContaining({ path: 'a', problem: 'missing' })])
  })

  it('K7: it can be cancelled, and what is not there is named', async () => {
    await world.put(PETS, { a: 'a' })
    await expect(world.upkeep.verify(PETS, { signal: AbortSignal.abort() })).rejects.toThrow()
    await expect(world.upkeep.verify(undefined, { signal: AbortSignal.abort() })).rejects.toThrow()
    await expect(world.upkeep.verify({ namespace: 'no', name: 'where' })).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
    expect(await world.upkeep.verify({ ...PETS, version: world.datasets.find(PETS).versions[0]!.id })).toMatchObject({ damaged: [] })
  })
})
