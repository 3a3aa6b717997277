import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CatalogChange, type DatasetView, joinWorkspace, openCatalog } from '../../../src/catalog/index.ts'
import { seededChance } from '../../../src/runtime/index.ts'
import { readEnvelope } from '../../../src/trust/index.ts'
import { times, within } from '../../support/times.ts'
import { resigned } from './forge.ts'
import { type Peer, World, envelopesOf, exchange, fields, hash, hex, only, publishRequest } from './world.ts'

let world: World
let [a, b, c]: [Peer, Peer, Peer] = [] as never
let dataset: DatasetView
beforeEach(async () => {
  world = await World.make()
  ;({ a, b, c, dataset } = await world.team({ b: 'writer', c: 'admin' }))
})
afterEach(() => world.remove())

const peers = (): readonly Peer[] => [a, b, c]
const edit = (peer: Peer, description: string) => peer.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description } }])
const commit = (peer: Peer, n: number, over: readonly string[]) =>
  peer.catalog.apply(dataset.id, [{ change: 'draft.commit', version: only(peer.catalog.dataset(dataset.id)).id, commit: hash(n), over, message: '' }])

/** Everybody hears of everything; then all must show the same. */
async function meet(all: readonly Peer[] = peers()): Promise<void> {
  for (let round = 0; round < 3; round++) for (const one of all) for (const other of all) if (one !== other) await other.catalog.admit(await envelopesOf(one.catalog))
  const [first] = all
  for (const peer of all) {
    expect(peer.catalog.datasets()).toEqual(first?.catalog.datasets())
    expect(peer.catalog.stateHash()).toBe(first?.catalog.stateHash())
    expect(peer.catalog.members().toSorted((a, b) => a.id < b.id ? -1 : 1)).toEqual(first?.catalog.members().toSorted((a, b) => a.id < b.id ? -1 : 1))
    expect(await peer.catalog.history(dataset.id)).toEqual(await first?.catalog.history(dataset.id))
  }
}

/** The same after closing and opening, and on a node that hears all of it at once in a wild order. */
async function holds(of: Peer, seed: number): Promise<void> {
  const [state, all] = [of.catalog.stateHash(), await envelopesOf(of.catalog)]
  const fresh: Peer = { device: world.device(), name: `fresh-${seed}`, catalog: world.keep(await joinWorkspace({ ...world.options(`fresh-${seed}`, world.device()), genesis: await of.catalog.genesis() })) }
  await fresh.catalog.admit(shuffled([...all, ...all], seededChance(seed)))
  expect(fresh.catalog.stateHash()).toBe(state)
  await fresh.catalog.close()
  await of.catalog.close()
  const again = await openCatalog(world.options(of.name, of.device))
  expect(again.stateHash()).toBe(state)
  await again.close()
}

function shuffled<T>(items: readonly T[], chance: { next(): number }): T[] {
  return items.map(item => ({ item, at: chance.next() })).sort((x, y) => x.at - y.at).map(({ item }) => item)
}

describe('catalogs of several devices', () => {
  it('S2: come to the same whatever they do apart and in whatever pieces and order they hear of it', async () => {
    const names = ['x', 'y', '__proto', 'constructor']
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('edit', 'tag', 'untag', 'commit', 'metadata', 'create', 'archive', 'number'), who: fc.nat(2), n: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('publish', 'delete', 'deleteAll'), who: fc.nat(2), n: fc.nat(3) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('send'), who: fc.nat(2), n: fc.nat() }) }
    )
    let runs = 0
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async steps => {
      // The same three devices each time, with a dataset of its own: starting them takes longer than all they do.
      const first = await a.catalog.create(fields({ name: `run-${++runs}` }), [], world.version('1.0.0'))
      const said = (peer: Peer) => envelopesOf(peer.catalog, [first.id])
      for (const peer of [b, c]) await peer.catalog.admit(await said(a))
      for (const { kind, who, n } of steps) {
        world.clock.advance(Math.floor(world.chance.next() * 3000) - 1000)
        const peer = peers()[who] as Peer
        if (kind === 'send') {
          const part = shuffled(await said(peer), world.chance).filter(() => world.chance.next() < 0.7)
          await (peers()[(who + 1 + n % 2) % 3] as Peer).catalog.admit(part)
        } else await act(world, peer, first, kind, n, names)
      }
      for (let round = 0; round < 2; round++) for (const one of peers()) for (const other of peers()) if (one !== other) expect((await other.catalog.admit(shuffled(await said(one), world.chance))).refused).toEqual([])
      for (const peer of peers()) {
        expect(peer.catalog.dataset(first.id)).toEqual(a.catalog.dataset(first.id))
        expect(peer.catalog.stateHash()).toBe(a.catalog.stateHash())
        expect(await peer.catalog.history(first.id)).toEqual(await a.catalog.history(first.id))
      }
    }), { numRuns: times(15) })
    await holds(a, 9)
  }, within(60_000))

  it('S3: commits made apart stand side by side until one follows both', async () => {
    await commit(a, 1, [])
    await commit(b, 2, [])
    await meet()
    expect(only(a.catalog.dataset(dataset.id)).heads).toEqual([hex(1), hex(2)])
    await Promise.all([commit(a, 3, [hex(1), hex(2)]), commit(b, 3, [hex(1), hex(2)])])
    await meet()
    expect(only(c.catalog.dataset(dataset.id)).heads).toEqual([hex(3)])
    await holds(a, 1)
  })

  it('S2: of what was written apart one shows; to write that once more changes nothing, to write another one decides', async () => {
    for (const [mine, other] of [['x', 'y'], ['y', 'x'], ['z', 'z']] as const) {
      await Promise.all([edit(a, mine), edit(b, other)])
      await meet()
      const shown = c.catalog.dataset(dataset.id)?.description ?? ''
      await edit(c, shown)
      for (const one of [a, b]) expect((await one.catalog.admit(await envelopesOf(c.catalog))).refused).toEqual([])
      await meet()
      expect(a.catalog.dataset(dataset.id)?.description).toBe(shown)
      await edit(c, shown === mine ? other : mine)
      await meet()
      expect(a.catalog.dataset(dataset.id)?.description).toBe(shown === mine ? other : mine)
    }
    await holds(a, 2)
  })

  it('S2: metadata fields and tags that are set apart are all there', async () => {
    const version = only(dataset).id
    const set = (peer: Peer, metadata: object) => peer.catalog.apply(dataset.id, [{ change: 'version.edit', version, fields: { metadata: metadata as never } }, { change: 'dataset.tag', add: Object.keys(metadata), remove: [] }])
    await Promise.all([set(a, { a: 1 }), set(b, { b: [2] }), set(c, { c: null })])
    await meet()
    expect(only(a.catalog.dataset(dataset.id)).metadata).toEqual({ a: 1, b: [2], c: null })
    expect(a.catalog.dataset(dataset.id)?.tags).toEqual(['a', 'b', 'c'])
  })

  it('what was committed or published apart from a deletion stays', async () => {
    const drafts = [world.version('1.1.0'), world.version('1.2.0'), world.version('1.3.0')]
    await a.catalog.apply(dataset.id, drafts.map(version => ({ change: 'version.create', version })))
    await meet()
    await a.catalog.apply(dataset.id, [{ change: 'dataset.delete' }])
    await b.catalog.apply(dataset.id, [{ change: 'draft.commit', version: drafts[0]?.id as never, commit: hash(4), over: [], message: 'mine' }])
    await c.catalog.publish(publishRequest(dataset, drafts[1]?.id as never, '1.2.0'))
    await meet()
    expect(a.catalog.dataset(dataset.id)?.versions.map(version => [version.number, version.state])).toEqual([['1.1.0', 'draft'], ['1.2.0', 'published']])
    await a.catalog.apply(dataset.id, [{ change: 'dataset.delete' }])
    await meet()
    expect(b.catalog.datasets()).toEqual([])
    await holds(b, 2)
  })

  it('a draft of what was committed apart from a publication is gone when it is deleted, also where somebody else first edited it meanwhile', async () => {
    await commit(b, 7, [])
    await a.catalog.publish(publishRequest(dataset, only(dataset).id, '1.0.0', 5))
    await meet()
    const drafts = (peer: Peer) => peer.catalog.dataset(dataset.id)?.versions.filter(version => version.state === 'draft') ?? []
    const [draft] = drafts(a)
    expect(draft?.heads).toEqual([hex(7)])
    await a.catalog.apply(dataset.id, [{ change: 'version.delete', version: draft?.id as never }])
    await c.catalog.apply(dataset.id, [{ change: 'version.edit', version: draft?.id as never, fields: { description: 'apart' } }])
    expect(drafts(c).map(version => [version.heads, version.description])).toEqual([[[hex(7)], 'apart']])
    await meet()
    expect(drafts(b)).toEqual([])
    await holds(b, 4)
  })

  it('L3: a number published twice apart is a clash everywhere; both trees stay', async () => {
    const [one, two] = [world.version('1.1.0'), world.version('1.1.0')]
    await a.catalog.apply(dataset.id, [{ change: 'version.create', version: one }])
    await b.catalog.apply(dataset.id, [{ change: 'version.create', version: two }])
    await a.catalog.publish(publishRequest(dataset, one.id, '1.1.0', 5))
    await b.catalog.publish(publishRequest(dataset, two.id, '1.1.0', 6))
    await meet()
    const published = c.catalog.dataset(dataset.id)?.versions.flatMap(version => version.published ?? []) ?? []
    expect(published.map(item => item.tree).sort()).toEqual([hex(5), hex(6)])
    expect(published.map(item => item.clashes)).toEqual([[published[1]?.record], [published[0]?.record]])
  })

  it('L3: one draft published twice apart: both trees stay, each under an id, the same ones everywhere', async () => {
    await Promise.all([a.catalog.publish(publishRequest(dataset, only(dataset).id, '1.0.0', 5)), b.catalog.publish(publishRequest(dataset, only(dataset).id, '1.0.0', 6))])
    await meet()
    const versions = c.catalog.dataset(dataset.id)?.versions ?? []
    expect(versions.map(version => version.published?.tree).sort()).toEqual([hex(5), hex(6)])
    expect(versions[0]?.id).toBe(only(dataset).id)
    expect(versions[0]?.published).toMatchObject({ clashes: [versions[1]?.published?.record], rivals: [versions[1]?.published?.record] })
    expect(new Set(versions.map(version => version.id)).size).toBe(2)
    const rival = versions[1]?.id as never
    await a.catalog.apply(dataset.id, [{ change: 'version.delete', version: only(dataset).id }, { change: 'version.tag', version: rival, add: ['kept'], remove: [] }])
    await meet()
    expect(b.catalog.dataset(dataset.id)?.versions.map(version => [version.id, version.tags, version.published?.rivals])).toEqual([[rival, ['kept'], undefined]])
    await b.catalog.apply(dataset.id, [{ change: 'version.delete', version: rival }])
    await meet()
    expect(a.catalog.dataset(dataset.id)?.versions).toEqual([])
  })

  it('10,000 changes of another device are taken in within seconds', async () => {
    const made: Promise<unknown>[] = []
    for (let i = 0; i < 1000; i++) made.push(a.catalog.apply(dataset.id, [{ change: 'dataset.tag', add: [`t${i}`], remove: [] }]))
    await Promise.all(made)
    const all = await envelopesOf(a.catalog)
    const begun = performance.now()
    expect(await b.catalog.admit(shuffled(all, seededChance(3)))).toMatchObject({ admitted: 1000, refused: [] })
    // A tenth of them here, with room for a busy machine.
    expect(performance.now() - begun).toBeLessThan(5000)
    expect(b.catalog.stateHash()).toBe(a.catalog.stateHash())
  }, 60_000)
})

describe('devices that contradict themselves', () => {
  it('lose what they said from there on, alike everywhere, whichever half was heard first', async () => {
    await edit(b, 'kept')
    await exchange(a, b)
    await exchange(a, c)
    const state = a.catalog.stateHash()
    const before = await envelopesOf(b.catalog, [dataset.id])
    await edit(b, 'said to a')
    await edit(b, 'and on')
    const said = (await envelopesOf(b.catalog, [dataset.id])).filter(bytes => !before.some(known => Buffer.compare(known, bytes) === 0))
    const first = said.find(bytes => readEnvelope(bytes).seq === 2) as Uint8Array
    const other = resigned(b.device, first, { at: 5 })
    await a.catalog.admit(said)
    expect(a.catalog.dataset(dataset.id)?.description).toBe('and on')
    await c.catalog.admit([other])
    expect(c.catalog.dataset(dataset.id)?.description).toBe('said to a')
    await exchange(a, c)
    for (const peer of [a, c]) expect(peer.catalog.dataset(dataset.id)?.description).toBe('kept')
    expect(a.catalog.stateHash()).toBe(c.catalog.stateHash())
    // What counts is what it was before.
    expect(a.catalog.stateHash()).toBe(state)
    expect((await a.catalog.history(dataset.id)).map(item => item.detail['description'] ?? '')).toEqual(['', 'kept'])
    // The device itself hears of it, and goes on in its next epoch.
    await b.catalog.admit(await envelopesOf(a.catalog))
    expect(b.catalog.dataset(dataset.id)?.description).toBe('kept')
    await edit(b, 'anew')
    expect((await b.catalog.logHeads([dataset.id])).map(head => head.device)).toContain(`${b.device.id}.1`)
    await meet()
    expect(a.catalog.dataset(dataset.id)?.description).toBe('anew')
    await holds(c, 3)
  })

  it('take down what others built on it; those go on in their next epoch', async () => {
    await edit(b, 'base')
    await exchange(a, b)
    const base = (await envelopesOf(b.catalog, [dataset.id])).find(bytes => readEnvelope(bytes).device === b.device.id) as Uint8Array
    await edit(a, 'built on it')
    await exchange(a, c)
    await c.catalog.admit([resigned(b.device, base, { at: 9 })])
    expect(c.catalog.dataset(dataset.id)?.description).toBe('')
    await meet([a, c])
    expect(a.catalog.dataset(dataset.id)?.description).toBe('')
    await edit(a, 'said again')
    await meet([a, c])
    expect(c.catalog.dataset(dataset.id)?.description).toBe('said again')
    await holds(a, 4)
  })

  it('also as admins: members they let in by it are gone', async () => {
    const before = await envelopesOf(c.catalog, ['workspace'])
    await c.catalog.addMember({ id: world.device().id, name: 'd', role: 'writer', addresses: [] })
    const mine = (await envelopesOf(c.catalog, ['workspace'])).find(bytes => !before.some(known => Buffer.compare(known, bytes) === 0)) as Uint8Array
    await a.catalog.admit([mine])
    expect(a.catalog.members()).toHaveLength(4)
    await a.catalog.admit([resigned(c.device, mine, { at: 3 })])
    expect(a.catalog.members()).toHaveLength(3)
    await meet([a, b])
    await holds(a, 5)
  })
})

describe('members that are removed or demoted', () => {
  it('S8: keep what was known of them, and nothing else counts, in whatever order it is heard', async () => {
    await edit(b, 'known')
    await exchange(a, b)
    await exchange(a, c)
    await edit(b, 'not known to a')
    await b.catalog.apply(dataset.id, [{ change: 'dataset.tag', add: ['late'], remove: [] }])
    await a.catalog.removeMember(b.device.id)
    await c.catalog.admit(await envelopesOf(b.catalog))
    expect(c.catalog.dataset(dataset.id)?.tags).toEqual(['late'])
    await c.catalog.admit(await envelopesOf(a.catalog))
    expect(c.catalog.dataset(dataset.id)).toMatchObject({ description: 'known', tags: [] })
    const result = await a.catalog.admit(await envelopesOf(b.catalog))
    expect(result.admitted).toBe(0)
    expect(result.refused[0]?.reason).toContain('lost the right')
    expect(a.catalog.stateHash()).toBe(c.catalog.stateHash())
    // The removed one, too, sees it, and can't go on.
    await b.catalog.admit(await envelopesOf(a.catalog))
    expect(b.catalog.dataset(dataset.id)?.description).toBe('known')
    await expect(edit(b, 'still')).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    // Let in again, it begins a new log.
    await a.catalog.addMember({ id: b.device.id, name: 'b', role: 'writer', addresses: [] })
    await b.catalog.admit(await envelopesOf(a.catalog))
    await edit(b, 'back')
    await meet()
    expect(c.catalog.dataset(dataset.id)?.description).toBe('back')
    await holds(c, 6)
  })

  it('as readers say nothing more; as writers again they go on', async () => {
    await a.catalog.setRole(b.device.id, 'reader')
    await edit(b, 'unaware')
    expect((await a.catalog.admit(await envelopesOf(b.catalog))).admitted).toBe(0)
    await meet()
    expect(c.catalog.dataset(dataset.id)?.description).toBe('')
    await expect(edit(b, 'aware')).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await a.catalog.setRole(b.device.id, 'writer')
    await meet()
    await edit(b, 'writer again')
    await meet()
    expect(a.catalog.dataset(dataset.id)?.description).toBe('writer again')
    await holds(a, 7)
  })

  it('may not remove others, nor do writers and strangers', async () => {
    await expect(b.catalog.removeMember(a.device.id)).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await expect(b.catalog.addMember({ id: world.device().id, name: 'x', role: 'admin', addresses: [] })).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await expect(a.catalog.removeMember(world.device().id)).rejects.toMatchObject({ code: 'MEMBER_NOT_FOUND' })
    await b.catalog.introduce({ name: 'Bea', addresses: ['/ip4/10.0.0.2/tcp/7'] })
    await meet()
    expect(c.catalog.members().find(member => member.id === b.device.id)).toMatchObject({ name: 'Bea', role: 'writer', addresses: ['/ip4/10.0.0.2/tcp/7'] })
  })
})

describe('a home from a backup', () => {
  it('gets its own steps back from others before it goes on', async () => {
    await b.catalog.close()
    const { cp } = await import('node:fs/promises')
    await cp(world.options('b', b.device).folder, world.options('old', b.device).folder, { recursive: true })
    b = { ...b, catalog: world.keep(await openCatalog(world.options('b', b.device))) }
    await edit(b, 'after the backup')
    await meet([a, b])
    await b.catalog.close()
    const old: Peer = { ...b, name: 'old', catalog: world.keep(await openCatalog(world.options('old', b.device))) }
    expect(old.catalog.dataset(dataset.id)?.description).toBe('')
    await old.catalog.admit(await envelopesOf(a.catalog))
    expect(old.catalog.dataset(dataset.id)?.description).toBe('after the backup')
    await edit(old, 'and on')
    await meet([a, old])
    expect(a.catalog.dataset(dataset.id)?.description).toBe('and on')
  })
})

/** One thing somebody does; what the rules refuse is nothing. */
async function act(world: World, peer: Peer, first: DatasetView, kind: string, n: number, names: readonly string[]): Promise<void> {
  const view = peer.catalog.dataset(first.id)
  const version = view?.versions[n % view.versions.length]
  if (view === undefined || version === undefined) return
  const name = names[n] as string
  const changes: Record<string, CatalogChange> = {
    edit: { change: 'dataset.edit', fields: { description: `${peer.name}${n}`, registry: n % 2 === 0 ? [peer.device.id] : [] } },
    tag: { change: 'dataset.tag', add: [name], remove: [] },
    untag: { change: 'dataset.tag', add: [], remove: [name] },
    commit: { change: 'draft.commit', version: version.id, commit: world.chance.bytes(32), over: version.heads, message: name },
    metadata: { change: 'version.edit', version: version.id, fields: { metadata: { ...version.metadata, [name]: n } } },
    number: { change: 'version.edit', version: version.id, fields: { number: `2.${n}.0`, comment: name } },
    create: { change: 'version.create', version: world.version(`1.${n}.0`, { parents: [version.id], mode: 'inherit', commit: hash(n) }) },
    archive: { change: 'version.archive', version: version.id, archived: n % 2 === 0 },
    delete: { change: 'version.delete', version: version.id },
    deleteAll: { change: 'dataset.delete' }
  }
  const work = kind === 'publish' ? peer.catalog.publish(publishRequest(view, version.id, version.number, n)) : peer.catalog.apply(first.id, [changes[kind] as CatalogChange])
  await work.catch((error: unknown) => {
    expect(['VERSION_PUBLISHED', 'VERSION_EXISTS', 'DATASET_NOT_FOUND', 'DATASET_EXISTS']).toContain((error as { code?: string }).code)
  })
}
