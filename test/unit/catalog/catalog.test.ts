import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorkspace, hasCatalog, joinWorkspace, openCatalog } from '../../../src/catalog/index.ts'
import { recordKey } from '../../../src/catalog/keys.ts'
import { Storage } from '../../../src/catalog/storage.ts'
import { type DatasetId, type VersionId, versionId } from '../../../src/model/index.ts'
import { type Peer, World, code, fields, hash, hex, only, publishRequest } from './world.ts'

let world: World
let a: Peer
beforeEach(async () => {
  world = await World.make()
  a = await world.founder()
})
afterEach(() => world.remove())

describe('a catalog of one device', () => {
  it('C1: creates a dataset with its first draft, and shows it as it was made', async () => {
    const first = world.version('1.0.0', { metadata: { camera: { f: 1.8 }, tags: [1, null, 'x'] }, maskLabels: { '#ff0000': ['road', 'path'] } })
    const view = await a.catalog.create(fields({ description: 'cats & dogs', registry: [a.device.id] }), ['b', 'a'], first)
    expect(view).toMatchObject({ ...fields({ description: 'cats & dogs', registry: [a.device.id] }), tags: ['a', 'b'], archived: false, createdBy: a.device.id, createdAt: '2026-01-01T00:00:00.000Z' })
    expect(only(view)).toEqual({ ...first, notes: {}, state: 'draft', heads: [], tags: [], archived: false, createdAt: view.createdAt, createdBy: a.device.id, updatedAt: view.createdAt })
    expect(a.catalog.dataset(view.id)).toEqual(view)
    expect(a.catalog.datasets()).toEqual([view])
    await expect(a.catalog.create(fields(), [], world.version('1.0.0'))).rejects.toEqual(code('DATASET_EXISTS'))
  })

  it('gives a name once, also to those who ask at the same time', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => world.dataset(a)))
    expect(tries.filter(one => one.status === 'fulfilled')).toHaveLength(1)
    expect(a.catalog.datasets()).toHaveLength(1)
  })

  it('K3, C7: edits, tags, archives; what did not change leaves nothing behind', async () => {
    const { id, revision } = await world.dataset(a)
    world.clock.advance(1000)
    const edited = await a.catalog.apply(id, [{ change: 'dataset.edit', fields: { description: 'new', publicAccess: false } }, { change: 'dataset.tag', add: ['x', 'y'], remove: [] }])
    expect(edited).toMatchObject({ description: 'new', publicAccess: false, tags: ['x', 'y'], updatedAt: '2026-01-01T00:00:01.000Z' })
    expect(edited.revision).not.toBe(revision)
    world.clock.advance(1000)
    const same = await a.catalog.apply(id, [{ change: 'dataset.tag', add: ['x'], remove: ['z'] }, { change: 'dataset.edit', fields: { description: 'new' } }])
    expect(same).toEqual(edited)
    expect(await a.catalog.apply(id, [{ change: 'dataset.tag', add: [], remove: ['x'] }, { change: 'dataset.archive', archived: true }])).toMatchObject({ tags: ['y'], archived: true })
    expect((await a.catalog.history(id)).map(item => item.change)).toEqual(['dataset.create', 'dataset.edit', 'dataset.tag', 'dataset.archive', 'dataset.tag'])
  })

  it('moves a draft from commit to commit; one that follows something else stands beside it', async () => {
    const { id, versions: [draft] } = await world.dataset(a)
    const version = (draft as { id: VersionId }).id
    const commit = (n: number, over: readonly string[]) => a.catalog.apply(id, [{ change: 'draft.commit', version, commit: hash(n), over, message: `commit ${n}` }])
    expect(only(await commit(1, [])).heads).toEqual([hex(1)])
    expect(only(await commit(2, [hex(1)])).heads).toEqual([hex(2)])
    expect(only(await commit(3, [hex(1)])).heads).toEqual([hex(2), hex(3)])
    expect(only(await commit(4, [hex(2), hex(3)])).heads).toEqual([hex(4)])
    // Back to an earlier state: undo is a commit too.
    expect(only(await commit(1, [hex(4)])).heads).toEqual([hex(1)])
    expect((await a.catalog.history(id)).at(-1)).toMatchObject({ change: 'draft.commit', version, by: a.device.id, detail: { commit: hex(1), over: [hex(4)], message: 'commit 1' } })
  })

  it('K5: versions keep the order they were made in, whatever the clock said', async () => {
    const { id } = await world.dataset(a)
    for (const number of ['1.1.0', '1.2.0', '0.1.0']) {
      world.clock.advance(-5000)
      await a.catalog.apply(id, [{ change: 'version.create', version: world.version(number, { commit: hash(7) }) }])
    }
    expect(a.catalog.dataset(id)?.versions.map(version => [version.number, version.heads])).toEqual([['1.0.0', []], ['1.1.0', [hex(7)]], ['1.2.0', [hex(7)]], ['0.1.0', [hex(7)]]])
  })

  it('C8: metadata and mask labels change key by key', async () => {
    const { id, versions: [draft] } = await world.dataset(a)
    const version = (draft as { id: VersionId }).id
    const edit = async (metadata: Record<string, never>) => only(await a.catalog.apply(id, [{ change: 'version.edit', version, fields: { metadata, maskLabels: { '#00ff00': ['tree'] } } }]))
    expect((await edit({ a: 1, b: { c: [] }, 'with/slash': true } as never)).metadata).toEqual({ a: 1, b: { c: [] }, 'with/slash': true })
    expect((await edit({ b: { c: [1] } } as never)).metadata).toEqual({ b: { c: [1] } })
    expect(only(a.catalog.dataset(id)).maskLabels).toEqual({ '#00ff00': ['tree'] })
    await expect(a.catalog.apply(id, [{ change: 'version.edit', version, fields: { metadata: JSON.parse('{"__proto__": 1}') as never } }])).rejects.toEqual(code('FIELD_INVALID'))
    await expect(a.catalog.apply(id, [{ change: 'dataset.tag', add: ['__proto__'], remove: [] }])).rejects.toEqual(code('FIELD_INVALID'))
    expect((await a.catalog.apply(id, [{ change: 'dataset.tag', add: ['constructor'], remove: [] }])).tags).toEqual(['constructor'])
    await expect(a.catalog.apply(id, [{ change: 'version.edit', version, fields: { description: 'x'.repeat(200_000) } }])).rejects.toEqual(code('LIMIT_EXCEEDED'))
    expect(only(a.catalog.dataset(id)).metadata).toEqual({ b: { c: [1] } })
  })

  it('L3: a published version is what its record says, and nothing of that changes any more', async () => {
    const first = world.version('1.0.0', { metadata: { a: 1 }, commit: hash(1) })
    const dataset = await a.catalog.create(fields(), [], first)
    const view = await a.catalog.publish({ ...publishRequest(dataset, first.id, '2.0.0'), name: 'spring' })
    expect(only(view)).toMatchObject({ id: first.id, number: '2.0.0', name: 'spring', state: 'published', heads: [hex(103)], metadata: { a: 1 }, published: { tree: hex(3), commit: hex(103), by: a.device.id, clashes: [] } })
    for (const edit of [{ number: '3.0.0' }, { name: 'x' }, { metadata: {} }, { maskLabels: {} }]) {
      await expect(a.catalog.apply(dataset.id, [{ change: 'version.edit', version: first.id, fields: edit }])).rejects.toEqual(code('VERSION_PUBLISHED'))
    }
    await expect(a.catalog.apply(dataset.id, [{ change: 'draft.commit', version: first.id, commit: hash(9), over: [], message: '' }])).rejects.toEqual(code('VERSION_PUBLISHED'))
    await expect(a.catalog.publish(publishRequest(dataset, first.id, '4.0.0'))).rejects.toEqual(code('VERSION_PUBLISHED'))
    const noted = await a.catalog.apply(dataset.id, [{ change: 'version.edit', version: first.id, fields: { description: 'note' } }, { change: 'version.tag', version: first.id, add: ['gold'], remove: [] }])
    expect(only(noted)).toMatchObject({ description: 'note', tags: ['gold'], number: '2.0.0' })
    const second = world.version('2.0.0')
    await a.catalog.apply(dataset.id, [{ change: 'version.create', version: second }])
    await expect(a.catalog.publish(publishRequest(dataset, second.id, '2.0.0'))).rejects.toEqual(code('VERSION_EXISTS'))
  })

  it('C5, C6: versions and datasets go; a number that was published is never given again', async () => {
    const dataset = await world.dataset(a)
    const [first, second] = [only(dataset).id, world.version('1.1.0')]
    await a.catalog.publish(publishRequest(dataset, first, '1.0.0'))
    await a.catalog.apply(dataset.id, [{ change: 'version.create', version: second }])
    expect((await a.catalog.apply(dataset.id, [{ change: 'version.delete', version: first }])).versions.map(version => version.id)).toEqual([second.id])
    await expect(a.catalog.publish(publishRequest(dataset, second.id, '1.0.0'))).rejects.toEqual(code('VERSION_EXISTS'))
    const last = await a.catalog.apply(dataset.id, [{ change: 'dataset.delete' }])
    expect(last.id).toBe(dataset.id)
    expect(a.catalog.datasets()).toEqual([])
    expect(a.catalog.dataset(dataset.id)).toBeUndefined()
    await expect(a.catalog.apply(dataset.id, [{ change: 'dataset.archive', archived: true }])).rejects.toEqual(code('DATASET_NOT_FOUND'))
    await world.dataset(a)
    expect((await a.catalog.history(dataset.id)).map(item => item.change)).toEqual(['dataset.create', 'version.publish', 'version.create', 'version.delete', 'dataset.delete', 'version.delete'])
  })

  it('refuses what is not there, and then does nothing of the envelope', async () => {
    const dataset = await world.dataset(a)
    const before = a.catalog.stateHash()
    const gone = 'a'.repeat(26) as VersionId
    await expect(a.catalog.apply('b'.repeat(26) as DatasetId, [{ change: 'dataset.archive', archived: true }])).rejects.toEqual(code('DATASET_NOT_FOUND'))
    await expect(a.catalog.apply(dataset.id, [{ change: 'dataset.archive', archived: true }, { change: 'version.archive', version: gone, archived: true }])).rejects.toEqual(code('VERSION_NOT_FOUND'))
    await expect(a.catalog.apply(dataset.id, [{ change: 'version.create', version: world.version('1.1.0', { id: only(dataset).id }) }])).rejects.toEqual(code('VERSION_EXISTS'))
    await expect(a.catalog.publish(publishRequest(dataset, gone, '1.0.0'))).rejects.toEqual(code('VERSION_NOT_FOUND'))
    expect(a.catalog.stateHash()).toBe(before)
    expect(await a.catalog.apply(dataset.id, [])).toEqual(dataset)
  })

  it('tells who listens of each change, once it is durable; one that fails keeps nobody else from hearing', async () => {
    const heard: unknown[] = []
    a.catalog.onChange(() => { throw new Error('listener') })
    const end = a.catalog.onChange(change => heard.push([change, a.catalog.datasets().length]))
    const { id } = await world.dataset(a)
    await a.catalog.addMember({ id: world.device().id, name: 'b', role: 'reader', addresses: [] })
    end()
    await a.catalog.apply(id, [{ change: 'dataset.archive', archived: true }])
    expect(heard).toEqual([[{ dataset: id, own: true }, 1], [{ own: true }, 1]])
  })

  it('a thousand changes at the same time all come true, in order, with few flushes', async () => {
    const { id } = await world.dataset(a)
    const begun = performance.now()
    const views = await Promise.all(Array.from({ length: 1000 }, (_, i) => a.catalog.apply(id, [{ change: 'dataset.edit', fields: { description: `n${i}` } }])))
    expect(views.map(view => view.description)).toEqual(Array.from({ length: 1000 }, (_, i) => `n${i}`))
    expect(await a.catalog.history(id)).toHaveLength(1001)
    expect(performance.now() - begun).toBeLessThan(15_000)
    const again = await world.reopened(a)
    expect(again.catalog.dataset(id)?.description).toBe('n999')
    expect((await again.catalog.apply(id, [{ change: 'dataset.edit', fields: { description: 'after' } }])).description).toBe('after')
  })

  it('takes nothing more once it is closed, and loses nothing that was under way', async () => {
    const { id } = await world.dataset(a)
    const under = a.catalog.apply(id, [{ change: 'dataset.edit', fields: { description: 'last' } }])
    const again = await world.reopened(a)
    expect((await under).description).toBe('last')
    expect(again.catalog.dataset(id)?.description).toBe('last')
    await expect(a.catalog.apply(id, [{ change: 'dataset.archive', archived: true }])).rejects.toEqual(code('CANCELLED'))
  })
})

describe('opening', () => {
  it('shows the same as before, with the same state hash', async () => {
    const dataset = await world.dataset(a)
    await a.catalog.publish(publishRequest(dataset, only(dataset).id, '1.0.0'))
    const [views, hashBefore, members] = [a.catalog.datasets(), a.catalog.stateHash(), a.catalog.members()]
    const again = await world.reopened(a)
    expect(again.catalog.datasets()).toEqual(views)
    expect(again.catalog.stateHash()).toBe(hashBefore)
    expect(again.catalog.members()).toEqual(members)
    expect(again.catalog.workspace).toBe(a.catalog.workspace)
  })

  it('is refused where there is nothing, a workspace already, or another process', async () => {
    await expect(openCatalog(world.options('none', a.device))).rejects.toEqual(code('STORE_DAMAGED'))
    expect(hasCatalog(world.options('none', a.device).folder)).toBe(false)
    await expect(createWorkspace({ ...world.options('a', a.device), name: 'x' })).rejects.toEqual(code('WORKSPACE_TAKEN'))
    await expect(openCatalog(world.options('a', a.device))).rejects.toEqual(code('HOME_IN_USE'))
    await expect(joinWorkspace({ ...world.options('b', a.device), genesis: Uint8Array.of(1, 2) })).rejects.toEqual(code('FORMAT_INVALID'))
  })

  it('1,000 datasets of 3 versions take under 300 ms, without Automerge', async () => {
    const { id } = await world.dataset(a)
    await a.catalog.apply(id, ['1.1.0', '1.2.0'].map(number => ({ change: 'version.create', version: world.version(number, { commit: hash(5) }) })))
    const { folder } = world.options('a', a.device)
    await a.catalog.close()
    // One record stands for all: making a thousand datasets takes longer than everything else here.
    const storage = await Storage.open(folder, { create: false })
    const record = JSON.parse(Buffer.from(await storage.get(recordKey(id)) ?? []).toString()) as { document: { name: string } }
    const copies = Array.from({ length: 999 }, (_, i) => ({ key: recordKey(versionId(world.chance.bytes(16)) as never), value: Buffer.from(JSON.stringify({ ...record, document: { ...record.document, name: `set-${i}` } })) }))
    await storage.write(copies)
    await storage.close()
    const times: number[] = []
    for (let round = 0; round < 4; round++) {
      const begun = performance.now()
      const again = await openCatalog(world.options('a', a.device))
      expect(again.datasets()).toHaveLength(1000)
      times.push(Math.round(performance.now() - begun))
      await again.close()
    }
    expect(Math.min(...times), `opened in ${times.join(', ')} ms`).toBeLessThan(300)
  })
})
