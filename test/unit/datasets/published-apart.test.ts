import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { VersionView } from '../../../src/catalog/index.ts'
import { editTree } from '../../../src/trees/index.ts'
import { exchange } from '../../simulation/exchange.ts'
import type { SimNode } from '../../simulation/node.ts'
import { Team } from '../../simulation/team.ts'
import { readTree, smallFile } from '../../support/datasets-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const code = (code: string, facts: object = {}) => expect.objectContaining({ code, facts: expect.objectContaining(facts) as object }) as Error
const calm = { next: () => 1, loss: 0 }

let team: Team
let [a, b, c]: [SimNode, SimNode, SimNode] = [] as never
beforeEach(async () => {
  team = await Team.gather(7, 3, { forgetsBarriers: false })
  ;[a, b, c] = team.nodes as [SimNode, SimNode, SimNode]
  await a.datasets.create(PETS)
  await team.heal()
})
afterEach(() => team.end())

/** A draft of a node's own, with a file, published. */
async function publish(node: SimNode, number: string): Promise<VersionView> {
  const { version } = await node.datasets.createVersion(PETS, { mode: 'new', number: `9.0.${team.nodes.indexOf(node)}`, name: node.name })
  const entry = await smallFile(node.store, 'a.txt', `of ${node.name}`)
  await node.datasets.commit({ ...PETS, version: version.id }, '', tree => editTree(node.store, tree, [{ op: 'put', entry }]))
  return (await node.datasets.publish({ ...PETS, version: version.id }, { as: number })).version
}
const at = (version: string) => ({ ...PETS, version })
const read = async (node: SimNode, version: string) => readTree(node.store, await node.datasets.tree(node.datasets.resolve(at(version)).version))

describe('L3, S6: one number published twice apart', () => {
  it('is a conflict on every node, by number and by latest, that names both; each stays under its id; renumbering one ends it', async () => {
    const [one, two] = [await publish(a, '1.1.0'), await publish(b, '1.1.0')]
    await team.heal()
    const trees = [one, two].map(version => version.published?.tree)
    for (const node of team.nodes) {
      for (const wanted of ['1.1.0', 'latest']) {
        expect(() => node.datasets.resolve(at(wanted))).toThrow(code('VERSION_CONFLICT', { versions: expect.arrayContaining(trees.map(tree => expect.objectContaining({ tree }))) }))
      }
      expect(await read(node, one.id)).toEqual({ 'a.txt': 'of n0' })
      expect(await read(node, two.id)).toEqual({ 'a.txt': 'of n1' })
      expect(() => node.datasets.resolve(at('1.1.0'))).toThrow(new RegExp(`${trees[0]}.*${trees[1]}|${trees[1]}.*${trees[0]}`))
    }
    await expect(c.datasets.editVersion(at(two.id), { name: 'other' })).rejects.toEqual(code('VERSION_PUBLISHED'))
    await expect(c.datasets.editVersion(at(two.id), { number: '1.1.0-x y' })).rejects.toEqual(code('FIELD_INVALID'))
    const { version } = await c.datasets.editVersion(at(two.id), { number: '1.1.1' })
    expect(version).toMatchObject({ id: two.id, number: '1.1.1', published: { clashes: [], sealedNumber: '1.1.0', tree: two.published?.tree, record: two.published?.record } })
    await team.heal()
    for (const node of team.nodes) {
      expect(await read(node, '1.1.0')).toEqual({ 'a.txt': 'of n0' })
      expect(await read(node, '1.1.1')).toEqual({ 'a.txt': 'of n1' })
      expect(node.datasets.resolve(at('latest')).version.id).toBe(two.id)
    }
    expect((await a.datasets.log(at(two.id))).at(-1)).toMatchObject({ change: 'version.renumber', by: c.device.id, detail: { number: '1.1.1' } })
  })

  it('is the only reason to give a published version another number', async () => {
    const one = await publish(a, '1.1.0')
    await expect(a.datasets.editVersion(at(one.id), { number: '1.2.0' })).rejects.toEqual(code('VERSION_PUBLISHED'))
    await expect(a.catalog.apply(a.datasets.find(PETS).id, [{ change: 'version.renumber', version: one.id, number: '1.2.0' }])).rejects.toEqual(code('VERSION_PUBLISHED'))
  })

  it('never gives a number that is taken, or was given before', async () => {
    const [one, two] = [await publish(a, '1.1.0'), await publish(b, '1.1.0')]
    await publish(c, '1.2.0')
    await team.heal()
    await expect(c.datasets.editVersion(at(one.id), { number: '1.2.0' })).rejects.toEqual(code('VERSION_EXISTS'))
    await c.datasets.editVersion(at(one.id), { number: '1.3.0' })
    // The number is the other's alone now.
    await expect(c.datasets.editVersion(at(two.id), { number: '1.4.0' })).rejects.toEqual(code('VERSION_PUBLISHED'))
    const draft = await c.datasets.createVersion(PETS, { mode: 'new', number: '1.5.0' })
    for (const number of ['1.1.0', '1.3.0']) await expect(c.catalog.publish(request(c, draft.version, number))).rejects.toEqual(code('VERSION_EXISTS'))
  })

  it('renumbered apart in two ways ends the same everywhere; a number taken apart is a conflict again', async () => {
    const [one, two] = [await publish(a, '1.1.0'), await publish(b, '1.1.0')]
    await team.heal()
    await a.datasets.editVersion(at(one.id), { number: '2.0.0' })
    await b.datasets.editVersion(at(two.id), { number: '2.0.0' })
    await team.heal()
    for (const node of team.nodes) expect(() => node.datasets.resolve(at('2.0.0'))).toThrow(code('VERSION_CONFLICT'))
    await c.datasets.editVersion(at(one.id), { number: '2.1.0' })
    await team.heal()
    expect(team.nodes.map(node => [node.datasets.resolve(at('2.0.0')).version.id, node.datasets.resolve(at('2.1.0')).version.id])).toEqual(team.nodes.map(() => [two.id, one.id]))
    expect(new Set(team.nodes.map(node => node.catalog.stateHash())).size).toBe(1)
  })
})

const request = (node: SimNode, version: VersionView, number: string) =>
  ({ dataset: node.datasets.find(PETS).id, version: version.id, number, name: '', tree: new Uint8Array(32), commit: new Uint8Array(32), over: [], files: 0, links: 0, bytes: 0, parents: [], message: '' })

describe('S6: one version published twice apart', () => {
  it('never changes under its id where it was seen: the id answers a conflict instead, the trees stay under ids of their own', async () => {
    const draft = a.datasets.resolve(PETS).version
    for (const [i, node] of [a, b].entries()) {
      const entry = await smallFile(node.store, 'a.txt', `of ${node.name}`)
      await node.datasets.commit(PETS, '', tree => editTree(node.store, tree, [{ op: 'put', entry }]))
      await node.datasets.publish(PETS, { as: `1.${i}.0` })
    }
    // c has seen each of them first on one machine.
    await exchange(a, c, calm)
    const seen = c.datasets.resolve(at(draft.id)).version.published?.record
    expect(seen).toBe(a.datasets.resolve(at(draft.id)).version.published?.record)
    await team.heal()
    const holders = new Map(team.nodes.map(node => [node.name, node.catalog.dataset(node.datasets.find(PETS).id)?.versions.find(version => version.id === draft.id)?.published?.record]))
    expect(new Set(holders.values()).size).toBe(1)
    for (const node of team.nodes) {
      const first = node.catalog.firstSeen(node.datasets.find(PETS).id, draft.id)
      if (first === holders.get(node.name)) expect(node.datasets.resolve(at(draft.id)).version.published?.record).toBe(first)
      else expect(() => node.datasets.resolve(at(draft.id))).toThrow(code('VERSION_CONFLICT', { records: [first, holders.get(node.name)] }))
      expect(await read(node, '1.0.0')).toEqual({ 'a.txt': 'of n0' })
      expect(await read(node, '1.1.0')).toEqual({ 'a.txt': 'of n1' })
    }
    // One of the two saw the one that lost the id first: there the id must not turn.
    expect(new Set([a, b].map(node => node.catalog.firstSeen(node.datasets.find(PETS).id, draft.id))).size).toBe(2)
    await a.restart()
    expect(a.catalog.firstSeen(a.datasets.find(PETS).id, draft.id)).toBe(seen)
  })
})
