import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../../src/chunks/index.ts'
import { type Hash, hashFromHex, hashToHex } from '../../../src/model/index.ts'
import { sleep } from '../../../src/runtime/index.ts'
import { editTree, readCommit, writeCommit } from '../../../src/trees/index.ts'
import { type BrokenStore, brokenStore } from '../../support/broken-store.ts'
import { type World, datasetsWorld, smallFile } from '../../support/datasets-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }

let world: World
let store: BrokenStore
beforeEach(async () => {
  store = brokenStore(createMemoryStore())
  world = datasetsWorld({ store })
  await world.datasets.create(PETS)
})

const heads = (): readonly string[] => world.datasets.resolve(PETS).version.heads
const putOne = async (tree: Hash, path: string, text: string): Promise<Hash> => editTree(world.store, tree, [{ op: 'put', entry: await smallFile(world.store, path, text) }])

/** Stands for an edit of the draft made on another node: one more head. @param follows it had seen `over`, and takes their place */
async function foreignEdit(over: readonly string[], path: string, text: string, follows = false): Promise<void> {
  const { dataset, version } = world.datasets.resolve(PETS)
  const [parent] = over
  const base = parent === undefined ? await world.datasets.tree({ ...version, heads: [] }) : (await readCommit(world.store, hashFromHex(parent))).tree
  const commit = await writeCommit(world.store, { tree: await putOne(base, path, text), parents: over.map(hashFromHex), at: 5, message: 'elsewhere', by: 'device-2' as never })
  world.catalog.foreign(dataset.id, view => ({ ...view, versions: view.versions.map(other => other.id === version.id ? { ...other, heads: [...other.heads.filter(head => !follows || !over.includes(head)), hashToHex(commit)] } : other) }))
}

describe('edits of a draft', () => {
  it('C1: each follows the one before, with author, time and message', async () => {
    await world.put(PETS, { a: '1' })
    const [first] = heads()
    world.clock.advance(1500.7)
    await world.put(PETS, { b: '2' })
    const commit = await readCommit(world.store, hashFromHex(heads()[0]!))
    expect(commit).toMatchObject({ by: 'device-1', at: Date.UTC(2026, 0, 1) + 1500, message: 'put b' })
    expect(commit.parents.map(hashToHex)).toEqual([first])
    expect(await world.read(PETS)).toEqual({ a: '1', b: '2' })
  })

  it('L2: an edit that changes nothing writes nothing', async () => {
    await world.put(PETS, { a: '1' })
    const [flushes, before] = [world.catalog.flushes(), heads()]
    expect(await world.datasets.commit(PETS, 'same', async tree => putOne(tree, 'a', '1'))).toMatchObject({ changed: false })
    expect(world.catalog.flushes()).toBe(flushes)
    expect(heads()).toEqual(before)
  })

  it('S2: a thousand writes at once all arrive and share a few flushes', async () => {
    let barriers = 0
    const barrier = world.store.barrier.bind(world.store)
    world.store.barrier = async () => {
      barriers++
      await sleep(2)
      await barrier()
    }
    await Promise.all(Array.from({ length: 1000 }, (_, i) => world.put(PETS, { [`f${i}`]: String(i) })))
    expect(Object.keys(await world.read(PETS))).toHaveLength(1000)
    expect(barriers).toBeLessThan(20)
    expect(world.catalog.flushes()).toBeLessThan(20)
    const commit = await readCommit(world.store, hashFromHex(heads()[0]!))
    expect(commit.message).toMatch(/^\d+ changes: put f/)
  })

  it('L2: an edit that fails fails alone', async () => {
    const results = await Promise.allSettled([
      world.datasets.commit(PETS, 'a', tree => putOne(tree, 'a', '1')),
      world.datasets.commit(PETS, 'bad', async () => { throw new RangeError('planned') }),
      world.datasets.commit(PETS, 'clash', tree => putOne(tree, 'a/b', '1')),
      world.datasets.commit(PETS, 'c', tree => putOne(tree, 'c', '3'))
    ])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await world.read(PETS)).toEqual({ a: '1', c: '3' })
  })

  it('L2: nothing is acknowledged that is not durable, and the draft goes on afterwards', async () => {
    const barrier = world.store.barrier.bind(world.store)
    world.store.barrier = async () => { throw new RangeError('disk') }
    await expect(world.put(PETS, { a: '1' })).rejects.toThrow('disk')
    world.store.barrier = barrier
    world.catalog.beforeChange = async () => { throw new RangeError('catalog') }
    await expect(world.put(PETS, { a: '1' })).rejects.toThrow('catalog')
    expect(heads()).toEqual([])
    world.catalog.beforeChange = async () => undefined
    await world.put(PETS, { b: '2' })
    expect(await world.read(PETS)).toEqual({ b: '2' })
  })

  it('L2: the catalog moves only after the chunks are durable', async () => {
    const order: string[] = []
    const barrier = world.store.barrier.bind(world.store)
    world.store.barrier = async () => {
      await barrier()
      order.push('chunks')
    }
    world.catalog.beforeChange = async () => { order.push('catalog') }
    await world.put(PETS, { a: '1' })
    expect(order).toEqual(['chunks', 'catalog'])
  })

  it('L2: long and odd messages do no harm', async () => {
    const edits = Array.from({ length: 40 }, (_, i) => world.datasets.commit(PETS, `${'x'.repeat(i)}😀\ud83d`.repeat(12), tree => putOne(tree, `f${i}`, 'x')))
    await Promise.all(edits)
    expect(Object.keys(await world.read(PETS))).toHaveLength(40)
  })

  it('S2: edits made apart are read merged, and the next edit follows both', async () => {
    await world.put(PETS, { 'both.txt': 'base', a: '1' })
    const before = heads()
    await world.put(PETS, { 'both.txt': 'mine', 'mine.txt': 'm' })
    await foreignEdit(before, 'both.txt', 'theirs')
    expect(heads()).toHaveLength(2)
    const merged = await world.read(PETS)
    const kept = Object.keys(merged).find(path => path.includes('(conflict'))
    expect([merged['both.txt'], merged[kept!]].sort()).toEqual(['mine', 'theirs'])
    expect(merged).toMatchObject({ 'mine.txt': 'm', a: '1' })
    await world.put(PETS, { next: 'n' })
    expect(heads()).toHaveLength(1)
    expect(await world.read(PETS)).toEqual({ ...merged, next: 'n' })
  })

  it.each([['beside ours', false], ['and follows what ours does', true]])('S2: an edit from elsewhere that arrives during ours %s stays a head of its own', async (_how, follows) => {
    await world.put(PETS, { a: '1' })
    const before = heads()
    await world.datasets.commit(PETS, 'slow', async tree => {
      await foreignEdit(before, 'theirs.txt', 't', follows)
      return putOne(tree, 'mine.txt', 'm')
    })
    expect(heads()).toHaveLength(2)
    expect(await world.read(PETS)).toEqual({ a: '1', 'mine.txt': 'm', 'theirs.txt': 't' })
    const { version } = await world.datasets.publish(PETS)
    expect(version.published?.files).toBe(3)
    expect(await world.read({ ...PETS, version: '1.0.0' })).toEqual({ a: '1', 'mine.txt': 'm', 'theirs.txt': 't' })
  })

  it('S2: a draft can be read and edited while the content of an edit from elsewhere is still on its way', async () => {
    await world.put(PETS, { a: '1' })
    const before = heads()
    await world.put(PETS, { 'mine.txt': 'm' })
    await foreignEdit(before, 'theirs.txt', 't')
    const theirs = heads()[1]!
    const theirTree = (await readCommit(world.store, hashFromHex(theirs))).tree
    for (const hash of [hashFromHex(theirs), theirTree]) {
      store.lose(hash)
      const files = await world.read(PETS)
      expect(files).toMatchObject({ a: '1', 'mine.txt': 'm' })
      expect(files).not.toHaveProperty(['theirs.txt'])
      await world.put(PETS, { [`more ${hashToHex(hash)}`]: 'x' })
      expect(heads()).toContain(theirs)
      await expect(world.datasets.publish(PETS)).rejects.toMatchObject({ code: 'VERSION_NOT_READY' })
      store.heal()
      store.lose(theirTree)
    }
    store.heal()
    expect(Object.keys(await world.read(PETS)).filter(path => !path.startsWith('more'))).toEqual(['a', 'mine.txt', 'theirs.txt'])
    expect((await world.datasets.publish(PETS)).version.published?.files).toBe(5)
  })

  it('S2: a draft none of whose content is here says so', async () => {
    await world.put(PETS, { a: '1' })
    store.lose(hashFromHex(heads()[0]!))
    const fresh = datasetsWorld({ store })
    const dataset = await fresh.datasets.create(PETS)
    fresh.catalog.foreign(dataset.id, view => ({ ...view, versions: view.versions.map(one => ({ ...one, heads: heads() })) }))
    await expect(fresh.read(PETS)).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
    await expect(fresh.put(PETS, { b: '1' })).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
    await expect(fresh.datasets.publish(PETS)).rejects.toMatchObject({ code: 'VERSION_NOT_READY' })
  })

  it('L2: any mixture of edits at once ends as one of their orders would', async () => {
    const edit = fc.record({ path: fc.constantFrom('a', 'b', 'c'), text: fc.option(fc.constantFrom('1', '2'), { nil: undefined }) })
    await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 12 }), async edits => {
      const world = datasetsWorld()
      await world.datasets.create(PETS)
      await Promise.all(edits.map(({ path, text }) => text === undefined ? world.remove(PETS, path) : world.put(PETS, { [path]: text })))
      const files = await world.read(PETS)
      for (const path of ['a', 'b', 'c']) {
        const texts = edits.filter(edit => edit.path === path).map(edit => edit.text)
        expect([...texts, ...texts.length === 0 ? [undefined] : []]).toContain(files[path])
      }
    }), { numRuns: 60 })
  })

  it('C5: an edit of a draft that is deleted meanwhile fails', async () => {
    const slow = world.datasets.commit(PETS, 'slow', async tree => {
      await world.datasets.removeVersion(PETS)
      return putOne(tree, 'a', '1')
    })
    await expect(slow).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
  })
})
