import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Conflict } from '../../../src/datasets/index.ts'
import type { VersionRef } from '../../../src/model/index.ts'
import { editTree } from '../../../src/trees/index.ts'
import { exchange } from '../../simulation/exchange.ts'
import type { SimNode } from '../../simulation/node.ts'
import { Team } from '../../simulation/team.ts'
import { readTree, smallFile } from '../../support/datasets-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const code = (code: string, facts: object = {}) => expect.objectContaining({ code, facts: expect.objectContaining(facts) as object }) as Error

let team: Team
let [a, b, c]: [SimNode, SimNode, SimNode] = [] as never
beforeEach(async () => {
  team = await Team.gather(5, 3, { forgetsBarriers: false })
  ;[a, b, c] = team.nodes as [SimNode, SimNode, SimNode]
  await a.datasets.create(PETS)
  await put(a, { 'a.txt': 'first', 'b.txt': 'first' })
  await meet()
})
afterEach(() => team.end())

async function put(node: SimNode, files: Readonly<Record<string, string>>, ref: VersionRef = PETS): Promise<void> {
  const entries = await Promise.all(Object.entries(files).map(([path, text]) => smallFile(node.store, path, text)))
  await node.datasets.commit(ref, 'put', tree => editTree(node.store, tree, entries.map(entry => ({ op: 'put', entry }))))
}
const remove = (node: SimNode, path: string) => node.datasets.commit(PETS, 'remove', tree => editTree(node.store, tree, [{ op: 'remove', path }]))
const read = async (node: SimNode, ref: VersionRef = PETS) => readTree(node.store, await node.datasets.tree(node.datasets.resolve(ref).version))
const open = async (node: SimNode) => (await node.datasets.conflicts(PETS)).map(({ path }) => path)
const meet = (): Promise<void> => team.heal()
const who = ({ ours, theirs }: Conflict) => [ours.by, theirs.by]

/** Both edit one file apart, then meet. */
async function clash(): Promise<string> {
  await put(a, { 'a.txt': 'of a' })
  await put(b, { 'a.txt': 'of b', 'new.txt': 'b' })
  await meet()
  return (await a.datasets.conflicts(PETS))[0]?.keptAt ?? ''
}

describe('S3: a file that two people changed apart', () => {
  it('keeps both contents, and every node lists the conflict, each with its own side as ours', async () => {
    const keptAt = await clash()
    for (const node of team.nodes) {
      const files = await read(node)
      expect([files['a.txt'], files[keptAt]].sort()).toEqual(['of a', 'of b'])
      expect(files['new.txt']).toBe('b')
      expect(await open(node)).toEqual(['a.txt'])
    }
    expect(keptAt).toMatch(/^a \(conflict .+\)\.txt$/)
    expect(who((await a.datasets.conflicts(PETS))[0] as Conflict)).toEqual([a.device.id, b.device.id])
    expect(who((await b.datasets.conflicts(PETS))[0] as Conflict)).toEqual([b.device.id, a.device.id])
  })

  it.each([['a', 'ours', 'of a'], ['a', 'theirs', 'of b'], ['b', 'ours', 'of b'], ['b', 'theirs', 'of a']] as const)('is decided once, for all: %s takes %s', async (name, take, content) => {
    const keptAt = await clash()
    const node = name === 'a' ? a : b
    await node.datasets.settle(PETS, 'a.txt', take)
    await meet()
    for (const other of team.nodes) {
      expect(await read(other)).toEqual({ 'a.txt': content, 'b.txt': 'first', 'new.txt': 'b' })
      expect(await open(other)).toEqual([])
    }
    await expect(c.datasets.settle(PETS, keptAt, 'ours')).rejects.toEqual(code('FILE_NOT_FOUND'))
  })

  it('stays listed while other things are edited, and both may stay', async () => {
    const keptAt = await clash()
    await put(c, { 'c.txt': 'c' })
    await put(c, { 'c.txt': 'again' })
    expect(await open(c)).toEqual(['a.txt'])
    await c.datasets.settle(PETS, keptAt, 'both')
    await meet()
    expect(Object.keys(await read(a)).sort()).toEqual([keptAt, 'a.txt', 'b.txt', 'c.txt', 'new.txt'].sort())
    expect(await open(a)).toEqual([])
    await put(a, { 'd.txt': 'd' })
    expect(await open(a)).toEqual([])
  })

  it('is over when somebody removed or renamed one of the two', async () => {
    const keptAt = await clash()
    await remove(b, keptAt)
    await meet()
    expect(await open(c)).toEqual([])
  })

  it('decided apart in two ways is decided when they meet, and nothing else is lost', async () => {
    await clash()
    await a.datasets.settle(PETS, 'a.txt', 'ours')
    await b.datasets.settle(PETS, 'a.txt', 'both')
    await put(b, { 'late.txt': 'b' })
    await meet()
    for (const node of team.nodes) expect((await read(node))['late.txt']).toBe('b')
    expect(await open(a)).toEqual(await open(b))
    expect(await read(a)).toEqual(await read(c))
  })

  it.each(['ours', 'theirs', 'both'] as const)('is open again, for all, when the decision is taken back: %s', async take => {
    const keptAt = await clash()
    await remove(a, 'b.txt')
    await put(b, { 'b.txt': 'of b' })
    await meet()
    const before = await read(a)
    const undo = () => a.datasets.undo(PETS, a.datasets.resolve(PETS).version.heads[0] ?? '')
    await a.datasets.settle(PETS, 'a.txt', take)
    await a.datasets.settle(PETS, 'b.txt', take)
    expect(await open(a)).toEqual([])
    await undo()
    await meet()
    for (const node of team.nodes) expect(await open(node)).toEqual(['b.txt'])
    await undo()
    await meet()
    for (const node of team.nodes) {
      expect(await open(node)).toEqual(['a.txt', 'b.txt'])
      expect(await read(node)).toEqual(before)
    }
    await expect(undo()).rejects.toEqual(code('EDIT_CONFLICT'))
    await a.datasets.settle(PETS, keptAt, take)
    await put(b, { 'late.txt': 'b' })
    await meet()
    expect(await open(c)).toEqual(['b.txt'])
  })

  it('taken back while another went on from the decision stays decided, alike everywhere, and no edit is lost', async () => {
    await clash()
    await a.datasets.settle(PETS, 'a.txt', 'theirs')
    await meet()
    await a.datasets.undo(PETS, a.datasets.resolve(PETS).version.heads[0] ?? '')
    await put(b, { 'late.txt': 'b' })
    await meet()
    for (const node of team.nodes) {
      expect(await read(node)).toEqual({ 'a.txt': 'of b', 'b.txt': 'first', 'late.txt': 'b', 'new.txt': 'b' })
      expect(await open(node)).toEqual([])
    }
  })

  it('of three people is settled one content at a time, or by our own', async () => {
    await put(a, { 'a.txt': 'of a' })
    await put(b, { 'a.txt': 'of b' })
    await put(c, { 'a.txt': 'of c' })
    await meet()
    expect(await open(a)).toEqual(['a.txt', 'a.txt'])
    const places = (await c.datasets.conflicts(PETS)).map(({ keptAt }) => keptAt as string)
    await expect(c.datasets.settle(PETS, 'a.txt', 'theirs')).rejects.toEqual(code('FIELD_INVALID', { places }))
    await c.datasets.settle(PETS, places[0] as string, 'both')
    await meet()
    expect((await a.datasets.conflicts(PETS)).map(({ keptAt }) => keptAt)).toEqual(places.slice(1))
    expect(Object.values(await read(a)).sort()).toEqual(['first', 'of a', 'of b', 'of c'])
  })

  it('edited here and removed there stays, and is listed until somebody decides', async () => {
    await remove(a, 'b.txt')
    await put(b, { 'b.txt': 'of b' })
    await meet()
    const [conflict] = await a.datasets.conflicts(PETS)
    expect(conflict).toMatchObject({ path: 'b.txt', ours: { entry: undefined, by: a.device.id }, theirs: { by: b.device.id } })
    await b.datasets.settle(PETS, 'b.txt', 'ours')
    await meet()
    expect(await open(a)).toEqual([])
    expect((await read(a))['b.txt']).toBe('of b')
    await remove(a, 'a.txt')
    await put(b, { 'a.txt': 'of b' })
    await meet()
    await a.datasets.settle(PETS, 'a.txt', 'ours')
    await meet()
    expect(await read(c)).toEqual({ 'b.txt': 'of b' })
  })

  it('shows what is there now, so that settling takes away nothing that nobody was shown', async () => {
    await clash()
    await remove(a, 'b.txt')
    await put(b, { 'b.txt': 'of b' })
    await meet()
    await put(c, { 'a.txt': 'later', 'b.txt': 'later' })
    await meet()
    const text = async ({ entry }: Conflict['ours']) => entry?.kind === 'file' ? String(Buffer.from((await a.store.getMany([entry.hash]))[0] ?? [])) : undefined
    const [first, second] = await a.datasets.conflicts(PETS) as [Conflict, Conflict]
    const [kept, aside] = first.ours.by === undefined ? [first.ours, first.theirs] : [first.theirs, first.ours]
    expect([await text(kept), kept.at, await text(aside)]).toEqual(['later', undefined, aside.by === a.device.id ? 'of a' : 'of b'])
    expect([second.ours.entry, await text(second.theirs), second.theirs.by]).toEqual([undefined, 'later', undefined])
    await a.datasets.settle(PETS, 'a.txt', kept === first.ours ? 'ours' : 'theirs')
    await a.datasets.settle(PETS, 'b.txt', 'theirs')
    await meet()
    expect(await read(b)).toEqual({ 'a.txt': 'later', 'b.txt': 'later', 'new.txt': 'b' })
    expect(await open(b)).toEqual([])
  })

  it('keeps a version from being published until it is decided', async () => {
    await clash()
    await expect(a.datasets.publish(PETS)).rejects.toEqual(code('VERSION_HAS_CONFLICTS', { paths: ['a.txt'] }))
    await a.datasets.settle(PETS, 'a.txt', 'ours')
    const { version } = await a.datasets.publish(PETS)
    expect(await a.datasets.conflicts({ ...PETS, version: version.id })).toEqual([])
    await expect(a.datasets.settle({ ...PETS, version: version.id }, 'a.txt', 'ours')).rejects.toEqual(code('VERSION_PUBLISHED'))
  })
})

describe('S2: what was committed apart from a publication', () => {
  it('stands as a draft that comes from the published version, goes on, and is published in turn', async () => {
    const { version } = await a.datasets.publish(PETS)
    await put(b, { 'late.txt': 'of b' })
    await meet()
    for (const node of team.nodes) {
      const [first, second, ...rest] = node.catalog.dataset(node.datasets.find(PETS).id)?.versions ?? []
      expect(rest).toEqual([])
      expect(first).toMatchObject({ id: version.id, state: 'published' })
      expect(second).toMatchObject({ state: 'draft', parents: [version.id] })
    }
    expect(await read(c, PETS)).toEqual({ 'a.txt': 'first', 'b.txt': 'first', 'late.txt': 'of b' })
    expect(Object.keys(await read(c, { ...PETS, version: version.id }))).toEqual(['a.txt', 'b.txt'])
    // Two begin it apart, a third has not heard of the publication yet.
    const draft = c.datasets.resolve(PETS).version.id
    await put(c, { 'c.txt': 'of c' }, { ...PETS, version: draft })
    await a.datasets.editVersion({ ...PETS, version: draft }, { description: 'late' })
    await meet()
    expect(Object.keys(await read(b, { ...PETS, version: draft }))).toEqual(['a.txt', 'b.txt', 'c.txt', 'late.txt'])
    await b.datasets.publish({ ...PETS, version: draft }, { as: '1.1.0' })
    await meet()
    expect(a.datasets.versions(PETS).map(({ number, state }) => [number, state])).toEqual([['1.0.0', 'published'], ['1.1.0', 'published']])
    expect(Object.keys(await read(a, { ...PETS, version: '1.1.0' }))).toContain('late.txt')
  })

  it('goes when it is deleted, also before anybody said anything of it', async () => {
    await a.datasets.publish(PETS)
    await put(b, { 'late.txt': 'of b' })
    await meet()
    await c.datasets.removeVersion({ ...PETS, version: c.datasets.resolve(PETS).version.id })
    await meet()
    expect(a.datasets.versions(PETS).map(({ state }) => state)).toEqual(['published'])
  })

  it('waits for its content where only word of it has come', async () => {
    await a.datasets.publish(PETS)
    await put(b, { 'late.txt': 'of b' })
    await exchange(b, a, { next: () => 1, loss: 0 })
    const draft = a.datasets.resolve(PETS).version
    await expect(a.datasets.tree(draft)).rejects.toEqual(code('CHUNK_MISSING'))
    await a.fetchFrom(b)
    expect((await read(a))['late.txt']).toBe('of b')
  })
})
