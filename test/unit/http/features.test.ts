import * as fc from 'fast-check'
import Papa from 'papaparse'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { csvCell } from '../../../src/http/csv.ts'
import { type Whole, wholeServices } from '../../support/whole-services.ts'

const PETS = { namespace: 'vision', name: 'pets' }

describe('features over the typed client', () => {
  let whole: Whole
  beforeEach(() => { whole = wholeServices() })
  afterEach(() => {
    whole.end()
    expect(whole.logged).toEqual([])
  })

  it('C1, C2: a script reads like the SDK it takes over from', async () => {
    const { shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets', tags: ['cats'], description: 'of the town' })
    expect([ds.ref, ds.info.tags, ds.info.description]).toEqual([{ namespace: 'default', name: 'pets' }, ['cats'], 'of the town'])
    const draft = await ds.currentVersion()
    expect([draft.name, draft.state, draft.info.files]).toEqual(['Current', 'draft', 0])
    expect((await shoal.datasets.create({ name: 'pets' })).id).toBe(ds.id)
    await expect(shoal.datasets.create({ name: 'pets' }, { raiseIfExists: true })).rejects.toMatchObject({ code: 'DATASET_EXISTS' })
    expect((await shoal.datasets.create({ name: 'pets', project: 'vision' })).ref).toEqual(PETS)
    expect((await shoal.datasets.get('vision/pets')).ref).toEqual(PETS)
    await expect(shoal.datasets.get('birds')).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
    expect((await ds.version(draft.id)).id).toBe(draft.id)
    expect((await ds.version('1.0.0')).id).toBe(draft.id)
    await draft.publish()
    await ds.createVersion({ name: 'one', parents: ['1.0.0'] })
    await ds.createVersion({ name: 'two', parents: ['1.0.0'] })
    expect((await ds.versions({ state: 'published' })).map(version => version.number)).toEqual(['1.0.0'])
    expect((await ds.versions({ state: 'draft' })).map(version => version.name)).toEqual(['one', 'two'])
    const current = await ds.currentVersion()
    expect([current.name, current.warnings.length]).toEqual(['two', 1])
  })

  it('C3: a snapshot keeps the version id, is named by the time with microseconds, and the child is told about', async () => {
    const ds = await whole.shoal.datasets.create({ name: 'pets' })
    const draft = await ds.currentVersion()
    await draft.write('a.txt', Buffer.from('a'))
    const { published, child } = await ds.snapshot({ childMetadata: { camera: { f: 1.8 } }, childComment: 'go on' })
    expect([published.id, published.state]).toEqual([draft.id, 'published'])
    expect(published.name).toMatch(/^snapshot \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect([child.name, child.metadata, child.info.comment, child.info.files]).toEqual(['Current', { camera: { f: 1.8 } }, 'go on', 1])
    expect(child.id).not.toBe(draft.id)
    expect((await ds.currentVersion()).id).toBe(child.id)
    const named = await ds.snapshot({ publishName: 'before the move', childName: 'next' })
    expect([named.published.name, named.published.id, named.child.name]).toEqual(['before the move', child.id, 'next'])
  })

  it('C4, C5: children of published parents only; sides of a conflict are chosen; a root has nothing', async () => {
    const { client } = whole
    const ds = await whole.shoal.datasets.create({ name: 'pets' })
    const first = await ds.currentVersion()
    await first.write('a.txt', Buffer.from('base'))
    await expect(ds.createVersion({ parents: [first] })).rejects.toMatchObject({ code: 'VERSION_IS_DRAFT' })
    await first.publish()
    const sides = []
    for (const name of ['left', 'right']) {
      const version = await ds.createVersion({ name, parents: ['1.0.0'] })
      await version.write('a.txt', Buffer.from(name))
      await version.write(`${name}.txt`, Buffer.from(name))
      sides.push(await version.publish())
    }
    const [left, right] = sides
    if (left === undefined || right === undefined) throw new Error('no sides')
    expect((await ds.createVersion({ name: 'left' })).id).toBe(left.id)
    await expect(ds.createVersion({ name: 'left' }, { raiseIfExists: true })).rejects.toMatchObject({ code: 'VERSION_EXISTS' })
    const contentOf = async (take?: 'ours' | 'theirs' | 'both'): Promise<Record<string, string>> => {
      const merged = await ds.createVersion({ name: `merged ${take ?? ''}`, parents: [left, right], ...take === undefined ? {} : { take } })
      expect(merged.info.parents.map(parent => parent.id)).toEqual([left.id, right.id])
      expect(merged.conflicts.map(conflict => conflict.path)).toEqual(take === 'ours' || take === 'theirs' ? [] : ['a.txt'])
      if (take === 'ours' || take === 'theirs') expect((await client.versions.conflicts(merged.ref)).items).toEqual([])
      return await whole.world.read(merged.ref)
    }
    expect(await contentOf('ours')).toEqual({ 'a.txt': 'left', 'left.txt': 'left', 'right.txt': 'right' })
    expect(await contentOf('theirs')).toEqual({ 'a.txt': 'right', 'left.txt': 'left', 'right.txt': 'right' })
    expect(Object.values(await contentOf()).sort()).toEqual(['left', 'left', 'right', 'right'])
    const root = await ds.createVersion({ name: 'root' })
    expect([root.info.parents, root.info.files]).toEqual([[], 0])
    await expect(left.delete()).rejects.toMatchObject({ code: expect.stringMatching(/VERSION_PUBLISHED|VERSION_HAS_CHILDREN/) as string })
    await root.delete()
    const lone = await (await ds.createVersion({ name: 'lone' })).publish()
    await expect(lone.delete()).rejects.toMatchObject({ code: 'VERSION_PUBLISHED' })
    await lone.delete({ force: true })
  })

  it('C6: deleting follows the rules, and deletes linked sources only with all versions', async () => {
    const { datasets } = whole.shoal
    const make = async (publish: boolean) => {
      const ds = await datasets.create({ name: 'gone' })
      const draft = await ds.currentVersion()
      await draft.link('far.jpg', 'https://example.org/far.jpg')
      await draft.link('bad.jpg', 'http://127.0.0.1/bad.jpg')
      if (publish) await draft.publish()
      return ds
    }
    const drafts = await make(false)
    await expect(drafts.delete({ deleteSources: true })).rejects.toMatchObject({ code: 'DATASET_NOT_EMPTY' })
    expect(await drafts.delete({ deleteAllVersions: true, deleteSources: true })).toMatchObject({ deleted: 'default/gone', sources: { done: 1, failed: [{ code: 'LINK_REFUSED' }] } })
    const sealed = await make(true)
    await expect(sealed.delete({ deleteAllVersions: true })).rejects.toMatchObject({ code: 'DATASET_NOT_EMPTY' })
    const phases: string[] = []
    await sealed.delete({ deleteAllVersions: true, force: true }, { onProgress: progress => phases.push(progress.phase) })
    expect(phases.length).toBeGreaterThan(0)
    await (await datasets.create({ name: 'empty' })).delete()
  })

  it('C7: tags are added and taken away beside others, and filtered by', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets', tags: ['a'] })
    expect(await ds.changeTags({ add: ['b', 'c'], remove: ['a'] })).toEqual(['b', 'c'])
    const draft = await ds.currentVersion()
    expect(await draft.changeTags({ add: ['night'] })).toEqual(['night'])
    await Promise.all(['x', 'y', 'z'].map(tag => draft.changeTags({ add: [tag] })))
    expect(await draft.changeTags({ remove: ['x'] })).toEqual(['night', 'y', 'z'])
    expect((await ds.versions({ tag: 'night' })).length).toBe(1)
    expect((await ds.versions({ tag: 'day' })).length).toBe(0)
    expect((await client.datasets.list({ tag: 'b' })).items.length).toBe(1)
    expect((await client.datasets.list({ tag: 'a' })).items.length).toBe(0)
    expect((await client.datasets.list({ task: 'regression' })).items.length).toBe(0)
    expect((await client.datasets.list({ format: 'json' })).items.length).toBe(0)
    expect((await client.datasets.list({ license: 'cc by 4.0' })).items.length).toBe(0)
    expect((await client.datasets.list({ task: 'classification', format: 'csv', license: 'mit license', status: 'uploading' })).items.length).toBe(1)
  })

  it('W2: a version tells its changes against the parent, and what it takes stored', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets' })
    const draft = await ds.currentVersion()
    await draft.write('a.txt', Buffer.from('aaaa'))
    await draft.write('b.txt', Buffer.from('aaaa'))
    await draft.publish()
    const next = await ds.createVersion({ parents: ['1.0.0'] })
    await next.write('a.txt', Buffer.from('aaaabb'))
    await next.write('c.txt', Buffer.from('c'))
    expect((await client.versions.get(next.ref)).changes).toEqual({ added: 1, modified: 1, removed: 0, bytes: 3 })
    const size = await client.versions.size(next.ref)
    expect(size).toMatchObject({ bytes: 11 })
    expect(size.addedChunks).toBeLessThan(size.chunks)
    expect((await client.versions.size({ ...ds.ref, version: '1.0.0' })).bytes).toBe(8)
  })

  it('W5: versions as CSV: chosen columns, the rows on screen or all that match, and cells that no spreadsheet runs', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets' })
    await (await ds.currentVersion()).publish({ message: '=HYPERLINK("http://x")' })
    for (let i = 0; i < 3; i++) await ds.createVersion({ name: `v${i}`, description: '-1+2, "quoted"\nline' })
    const rows = async (options: Parameters<typeof client.versions.csv>[1]): Promise<string[][]> => Papa.parse<string[]>((await client.versions.csv(ds.ref, options)).trimEnd()).data
    expect(await rows({ columns: ['number', 'name', 'message'] })).toEqual([['number', 'name', 'message'], ['1.0.0', '', `'=HYPERLINK("http://x")`], ['1.1.0', 'v0', ''], ['1.2.0', 'v1', ''], ['1.3.0', 'v2', '']])
    expect(await rows({ columns: ['name', 'description', 'added'], versions: ['1.2.0'] })).toEqual([['name', 'description', 'added'], ['v1', `'-1+2, "quoted"\nline`, '0']])
    expect((await rows({ state: 'published' })).length).toBe(2)
    await expect(client.versions.csv(ds.ref, { columns: ['nothing' as never] })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it('W5: whatever a cell holds, one cell comes out, and it begins no formula', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
      const [[cell, next] = []] = Papa.parse<string[]>(`${csvCell(text)},end`, { delimiter: ',', newline: '\r\n' }).data
      expect(next).toBe('end')
      expect(/^[=+\-@\t\r]/.test(cell ?? '')).toBe(false)
      expect([text, `'${text}`]).toContain(cell)
    }))
  })

  it('W4, W6: many versions in one request, each with its result', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets' })
    for (let i = 0; i < 3; i++) await ds.createVersion({ name: `v${i}` })
    expect(await client.versions.change(ds.ref, { action: 'archive', versions: ['v0', 'v1', 'nothing'] })).toMatchObject({ done: 2, failed: 1, results: [{ version: 'v0' }, { version: 'v1' }, { error: { code: 'VERSION_NOT_FOUND' } }] })
    expect((await ds.versions()).map(version => version.name)).toEqual(['Current', 'v2'])
    expect((await ds.versions({ archived: true })).map(version => version.name)).toEqual(['v0', 'v1'])
    expect(await client.versions.change(ds.ref, { action: 'delete', versions: ['v0', 'v2'] })).toMatchObject({ done: 1, failed: 1, results: [{}, { error: { code: 'VERSION_NOT_ARCHIVED' } }] })
    expect(await client.versions.change(ds.ref, { action: 'restore', filter: { archived: true } })).toMatchObject({ done: 1, failed: 0 })
    await expect(client.versions.remove({ ...ds.ref, version: 'v1' }, { archived: true })).rejects.toMatchObject({ code: 'VERSION_NOT_ARCHIVED' })
  })

  it('W7: a link is listed, and fetched when it is asked for', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets' })
    const draft = await ds.currentVersion()
    await draft.link('far/one.txt', 'https://example.org/one')
    const links = []
    for await (const link of client.versions.links(draft.ref)) links.push(link)
    expect(links).toEqual([{ path: 'far/one.txt', url: 'https://example.org/one' }])
    await expect(draft.read('far/one.txt')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    expect((await client.versions.fetchLinks(draft.ref)).done).toBe(1)
    expect((await whole.world.read(draft.ref))['far/one.txt']).toBe('what is at https://example.org/one')
  })

  it('K4: splits are written, shown and downloaded', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets' })
    const draft = await ds.currentVersion()
    await whole.world.put(draft.ref, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`pictures/${i}.txt`, `${i}`])))
    expect(await client.files.splits(draft.ref)).toMatchObject({ source: 'names', splits: [], rest: { files: 40 } })
    const set = await client.files.setSplits(draft.ref, { ratios: { train: 0.7, test: 0.3 }, seed: 2 })
    expect([set.source, set.splits.reduce((sum, split) => sum + split.files, 0), set.rest.files]).toEqual(['ratios', 40, 1])
    const train = []
    for await (const file of draft.files({ split: ['train'] })) train.push(file.path)
    expect(train.length).toBe(set.splits.find(split => split.name === 'train')?.files)
    const sample = []
    for await (const file of draft.files({ split: ['train'], sample: '50%', seed: 1 })) sample.push(file.path)
    expect(sample.length).toBe(Math.round(train.length / 2))
    expect((await client.files.setSplits(draft.ref, null)).source).toBe('names')
    await expect(client.files.setSplits(draft.ref, { ratios: { train: 7 } })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it('K8: use over time counts reads and downloads here, and experiments', async () => {
    const { client, shoal } = whole
    const ds = await shoal.datasets.create({ name: 'pets' })
    const draft = await ds.currentVersion()
    await draft.write('a.txt', Buffer.from('aaaa'))
    for await (const _ of (await draft.read('a.txt')).bytes);
    for await (const _ of client.files.archive(draft.ref, 'tar'));
    const run = await client.experiments.start({ name: 'one', versions: ['default/pets'] })
    await client.experiments.finish(run.id)
    const usage = await client.versions.usage(draft.ref)
    expect(usage.total).toMatchObject({ reads: 1, downloads: 1, experiments: 1 })
    expect(usage.days).toHaveLength(1)
    whole.world.clock.advance(100 * 86_400_000)
    expect((await client.datasets.usage(ds.ref, 30)).total).toMatchObject({ reads: 0, experiments: 0 })
    whole.services.usage.write()
    const { UsageBook } = await import('../../../src/upkeep/index.ts')
    const again = new UsageBook({ path: whole.path('usage.json'), clock: whole.world.clock, log: whole.services.log })
    expect(again.days([draft.info.id as never])[0]).toMatchObject({ reads: 1, downloads: 1 })
  })

  it('K7: integrity check of a version is a job with progress', async () => {
    const { client, shoal } = whole
    const draft = await (await shoal.datasets.create({ name: 'pets' })).currentVersion()
    await draft.write('a.txt', Buffer.from('aaaa'))
    const phases: string[] = []
    expect(await client.verify({ ref: 'default/pets' }, { onProgress: progress => phases.push(progress.phase) })).toMatchObject({ damaged: [] })
    expect(phases.length).toBeGreaterThan(0)
  })
})
