import { beforeEach, describe, expect, it } from 'vitest'
import { blake3, createMemoryStore } from '../../../src/chunks/index.ts'
import { hashFromHex } from '../../../src/model/index.ts'
import type { Progress } from '../../../src/runtime/index.ts'
import { editTree, putChunkList } from '../../../src/trees/index.ts'
import { type World, datasetsWorld } from '../../support/datasets-world.ts'
import { brokenStore } from '../../support/broken-store.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const text = new TextEncoder()

let world: World
let broken: ReturnType<typeof brokenStore>
beforeEach(async () => {
  broken = brokenStore(createMemoryStore())
  world = datasetsWorld({ store: broken })
  await world.datasets.create(PETS)
})

/** A file of many chunks, so that its list has a node of its own. */
async function putLong(path: string, chunks: readonly string[]): Promise<void> {
  const bytes = chunks.map(chunk => text.encode(chunk))
  const hashes = bytes.map(blake3)
  await world.store.putMany(bytes.map((bytes, i) => ({ hash: hashes[i]!, bytes })))
  const content = await putChunkList(world.store, { hashes: new Uint8Array(Buffer.concat(hashes)), lengths: Uint32Array.from(bytes, one => one.length) })
  const all = Buffer.concat(bytes)
  await world.datasets.commit(PETS, 'long', tree => editTree(world.store, tree, [{ op: 'put', entry: { kind: 'file', path, size: all.length, hash: blake3(all), executable: false, profile: 'text', content } }]))
}

describe('publishing', () => {
  it('L5: waits until everything is there: missing and damaged chunks are named with their files', async () => {
    await world.put(PETS, { 'good.txt': 'good', 'lost.txt': 'lost', 'rotten.txt': 'rotten' })
    await putLong('long.bin', Array.from({ length: 20 }, (_, i) => `chunk ${i}`))
    broken.lose(blake3(text.encode('lost')))
    broken.damage(blake3(text.encode('rotten')))
    broken.lose(blake3(text.encode('chunk 7')))
    await expect(world.datasets.publish(PETS)).rejects.toMatchObject({ code: 'VERSION_NOT_READY', facts: { missing: 2, damaged: 1, paths: ['long.bin', 'lost.txt', 'rotten.txt'] } })
    expect(world.datasets.resolve(PETS).version.state).toBe('draft')
    broken.heal()
    expect((await world.datasets.publish(PETS)).version.published).toMatchObject({ files: 4 })
  })

  it('L5: a part of the tree that is missing is no publication either', async () => {
    await putLong('long.bin', Array.from({ length: 20 }, (_, i) => `chunk ${i}`))
    const tree = await world.datasets.tree(world.datasets.resolve(PETS).version)
    broken.damage(tree)
    await expect(world.datasets.publish(PETS)).rejects.toMatchObject({ code: 'VERSION_NOT_READY', facts: { damaged: 1, paths: [''] } })
  })

  it('L5: shows progress and can be cancelled; then nothing is published', async () => {
    await world.put(PETS, { a: 'aa', b: 'bbb' })
    const seen: Progress[] = []
    const controller = new AbortController()
    await expect(world.datasets.publish(PETS, { signal: controller.signal, progress: progress => {
      seen.push(progress)
      if (progress.phase === 'checking') controller.abort()
    } })).rejects.toThrow()
    expect(seen.some(progress => progress.phase === 'checking' && progress.totalBytes === 5)).toBe(true)
    expect(world.datasets.resolve(PETS).version.state).toBe('draft')
    await world.datasets.publish(PETS)
  })

  it('S6: the record states tree, commit, counts and the records of the parents', async () => {
    await world.put(PETS, { a: 'aa', b: 'bbb' })
    const tree = await world.datasets.tree(world.datasets.resolve(PETS).version)
    const first = await world.datasets.publish(PETS, { as: '0.9.0', message: 'm' })
    expect(hashFromHex(first.version.published!.tree)).toEqual(tree)
    expect(first.version).toMatchObject({ number: '0.9.0', name: '', published: { files: 2, links: 0, bytes: 5, message: 'm' } })
    let parents: readonly string[] = []
    const publish = world.catalog.publish
    world.catalog.publish = request => {
      parents = request.parents
      return publish(request)
    }
    await world.datasets.createVersion(PETS, { mode: 'inherit', name: 'round two' })
    const second = await world.datasets.publish(PETS)
    expect(parents).toEqual([first.version.published!.record])
    expect(second.version.name).toBe('round two')
  })
})
