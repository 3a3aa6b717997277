import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Catalog, DatasetView } from '../../../src/catalog/index.ts'
import type { VersionId } from '../../../src/model/index.ts'
import { type World, datasetsWorld, realWorld } from '../../support/datasets-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const failure = (code: string, facts?: object): unknown => expect.objectContaining({ code, ...facts === undefined ? {} : { facts: expect.objectContaining(facts) } })

describe.each([['in memory', false], ['on disk', true]] as const)('datasets over a catalog and a store %s', (_where, real) => {
  let world: World<Catalog>
  let pets: DatasetView
  let end = async (): Promise<void> => undefined
  beforeAll(async () => {
    if (real) ({ end } = world = await realWorld())
  })
  afterAll(async () => end())
  beforeEach(async () => {
    if (!real) world = datasetsWorld()
    pets = await world.datasets.create(PETS)
  })
  afterEach(async () => {
    for (const { id } of world.catalog.datasets()) await world.catalog.apply(id, [{ change: 'dataset.delete' }])
  })

  describe('creating', () => {
    it('K1, C1: a dataset has the form\'s defaults and an empty draft named Current', async () => {
      expect(pets).toMatchObject({ type: 'tabular', task: 'classification', format: 'csv', status: 'uploading', license: 'MIT', publicAccess: true, tags: [], archived: false })
      expect(pets.versions).toMatchObject([{ number: '1.0.0', name: 'Current', state: 'draft', heads: [], parents: [] }])
      expect(await world.read(PETS)).toEqual({})
      expect(await world.datasets.stats(pets.versions[0]!)).toEqual({ files: 0, links: 0, bytes: 0 })
    })

    it('K1: fields are kept in their one form', async () => {
      const view = await world.datasets.create({ namespace: 'a', name: 'b', version: '0.3.0', license: 'CC BY 4.0', tags: ['b', 'a', 'b'], type: 'image', publicAccess: false })
      expect(view).toMatchObject({ license: 'CC-BY-4.0', tags: ['a', 'b'], type: 'image', publicAccess: false, versions: [{ number: '0.3.0' }] })
    })

    it('K1: every wrong field is named, all in one error', async () => {
      await expect(world.datasets.create({ namespace: 'a/b', name: 'x', version: '1', type: 'picture', registry: ['stranger'] })).rejects.toThrow(failure('FIELD_INVALID', {
        field: 'namespace', problems: [{ field: 'namespace', detail: expect.any(String) }, { field: 'version', detail: expect.any(String) }, { field: 'type', detail: expect.any(String) }, { field: 'registry', detail: expect.stringContaining('stranger') }]
      }))
      await expect(world.datasets.create({} as never)).rejects.toThrow(failure('FIELD_INVALID', { problems: [expect.objectContaining({ field: 'namespace' }), expect.objectContaining({ field: 'name' })] }))
      expect(world.datasets.list()).toHaveLength(1)
    })

    it('C1: one that exists is refused, naming it', async () => {
      await expect(world.datasets.create(PETS)).rejects.toThrow(failure('DATASET_EXISTS', { dataset: pets.id }))
    })

    it('C2: a dataset that is not there is named', () => {
      expect(() => world.datasets.find({ namespace: 'no', name: 'where' })).toThrow(/no\/where/)
    })

    it('K2, C7: the list is filtered', async () => {
      await world.datasets.create({ namespace: 'text', name: 'mails', tags: ['spam'], type: 'text' })
      const names = (query?: object): string[] => world.datasets.list(query).map(view => view.name)
      expect(names()).toEqual(['mails', 'pets'])
      expect(names({ tag: 'spam' })).toEqual(['mails'])
      expect(names({ q: 'PET' })).toEqual(['pets'])
      await world.datasets.archive(PETS, true)
      expect(names()).toEqual(['mails'])
      expect(names({ archived: true })).toEqual(['pets'])
      await world.datasets.archive(PETS, false)
      expect(names()).toEqual(['mails', 'pets'])
    })
  })

  describe('editing', () => {
    it('K3: description, tags, license and public access can be changed', async () => {
      const view = await world.datasets.edit(PETS, { description: 'All the pets', tags: ['x'], license: 'cc0', publicAccess: false })
      expect(view).toMatchObject({ description: 'All the pets', tags: ['x'], license: 'CC0-1.0', publicAccess: false })
      expect((await world.datasets.edit(PETS, { tags: ['y', 'x'] })).tags).toEqual(['x', 'y'])
      expect((await world.datasets.edit(PETS, { tags: [] })).tags).toEqual([])
    })

    it.each(['name', 'namespace', 'version', 'type', 'format'])('K3: %s is refused with the reason', async field => {
      await expect(world.datasets.edit(PETS, { [field]: 'image' })).rejects.toThrow(failure('FIELD_FIXED', { field }))
    })

    it('K3: a wrong value is named', async () => {
      await expect(world.datasets.edit(PETS, { license: 'nonsense', status: 'ready' })).rejects.toThrow(failure('FIELD_INVALID', { field: 'license' }))
      expect(world.datasets.find(PETS).status).toBe('uploading')
    })

    it('K3: an edit of what somebody else changed meanwhile is refused', async () => {
      const { revision } = pets
      await world.datasets.edit(PETS, { description: 'one' }, revision)
      await expect(world.datasets.edit(PETS, { description: 'two' }, revision)).rejects.toThrow(failure('EDIT_CONFLICT'))
    })

    it('K3: saving what is there already changes nothing', async () => {
      const { revision } = await world.datasets.edit(PETS, { description: '', tags: [], license: 'MIT' })
      expect(revision).toBe(pets.revision)
      expect(await world.datasets.log(PETS)).toHaveLength(1)
    })
  })

  describe('versions', () => {
    it('L3: publishing seals a version: no file, field or second publication gets through', async () => {
      await world.put(PETS, { 'a.txt': 'a' })
      const { version } = await world.datasets.publish(PETS, { message: 'first' })
      expect(version).toMatchObject({ state: 'published', number: '1.0.0', published: { files: 1, bytes: 1, message: 'first' } })
      const ref = { ...PETS, version: '1.0.0' }
      await expect(world.put(ref, { 'b.txt': 'b' })).rejects.toThrow(failure('VERSION_PUBLISHED'))
      await expect(world.datasets.publish(ref)).rejects.toThrow(failure('VERSION_PUBLISHED'))
      for (const fields of [{ number: '2.0.0' }, { name: 'x' }, { metadata: { a: 1 } }, { maskLabels: { '#000000': ['x'] } }]) {
        await expect(world.datasets.editVersion(ref, fields)).rejects.toThrow(failure('VERSION_PUBLISHED'))
      }
      expect(await world.read(ref)).toEqual({ 'a.txt': 'a' })
    })

    it('L3: an edit that waited while its draft was published is refused', async () => {
      const publishing = world.datasets.publish(PETS)
      await expect(Promise.all([publishing, world.put(PETS, { 'late.txt': 'x' })])).rejects.toThrow(failure('VERSION_PUBLISHED'))
      expect((await publishing).version.published?.files).toBe(0)
    })

    it('W2, C7: notes and tags of a published version may still change', async () => {
      await world.datasets.publish(PETS)
      const { version } = await world.datasets.editVersion({ ...PETS, version: '1.0.0' }, { description: 'about', comment: 'c', tags: ['good'] })
      expect(version).toMatchObject({ description: 'about', comment: 'c', tags: ['good'], state: 'published' })
    })

    it('K5: a number is used once, valid, and given by default', async () => {
      await world.datasets.publish(PETS, { as: '1.2.0' })
      const create = (number?: string) => world.datasets.createVersion(PETS, { mode: 'inherit', ...number === undefined ? {} : { number } })
      await expect(create('1.2.0')).rejects.toThrow(failure('VERSION_EXISTS', { field: 'number' }))
      await expect(create('1.2')).rejects.toThrow(failure('FIELD_INVALID', { field: 'number' }))
      expect((await create()).version.number).toBe('1.3.0')
      expect((await create('2.0.0')).version.number).toBe('2.0.0')
      expect((await create()).version.number).toBe('2.1.0')
    })

    it('K5: of two versions made at once with one number, one is refused', async () => {
      const made = await Promise.allSettled([1, 2].map(() => world.datasets.createVersion(PETS, { mode: 'new', number: '5.0.0' })))
      expect(made.map(one => one.status).sort()).toEqual(['fulfilled', 'rejected'])
    })

    it('K5: publishing under a number that is taken is refused', async () => {
      await world.datasets.publish(PETS)
      await world.datasets.createVersion(PETS, { mode: 'inherit' })
      await expect(world.datasets.publish(PETS, { as: '1.0.0' })).rejects.toThrow(failure('VERSION_EXISTS'))
      await expect(world.datasets.publish(PETS, { as: 'one' })).rejects.toThrow(failure('FIELD_INVALID'))
      expect(world.datasets.resolve(PETS).version.state).toBe('draft')
    })

    it('L4: inherit starts with everything and copies nothing; new starts empty', async () => {
      await world.put(PETS, { 'a.txt': 'a', 'b/c.txt': 'c' })
      await world.datasets.editVersion(PETS, { maskLabels: { '255,0,0': ['cat'] }, metadata: { origin: 'camera' } })
      await world.datasets.publish(PETS)
      const chunks = (await world.store.stats()).chunks
      const inherited = await world.datasets.createVersion(PETS, { mode: 'inherit', description: 'more cats' })
      expect((await world.store.stats()).chunks).toBe(chunks)
      expect(inherited.version).toMatchObject({ name: 'Current', description: 'more cats', mode: 'inherit', maskLabels: { '#ff0000': ['cat'] }, metadata: { origin: 'camera' } })
      expect(await world.read({ ...PETS, version: inherited.version.id })).toEqual({ 'a.txt': 'a', 'b/c.txt': 'c' })
      const fresh = await world.datasets.createVersion(PETS, { mode: 'new', name: 'fresh' })
      expect(await world.read({ ...PETS, version: 'fresh' })).toEqual({})
      expect(fresh.version).toMatchObject({ parents: [], maskLabels: {}, metadata: {} })
      await world.put({ ...PETS, version: inherited.version.id }, { 'a.txt': 'changed' })
      expect(await world.read({ ...PETS, version: '1.0.0' })).toEqual({ 'a.txt': 'a', 'b/c.txt': 'c' })
    })

    it('C4: a draft is no parent', async () => {
      await expect(world.datasets.createVersion(PETS, { mode: 'inherit' })).rejects.toThrow(failure('VERSION_IS_DRAFT'))
      await expect(world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.0.0'] })).rejects.toThrow(failure('VERSION_IS_DRAFT'))
      await expect(world.datasets.createVersion(PETS, { mode: 'inherit', from: ['9.9.9'] })).rejects.toThrow(failure('VERSION_NOT_FOUND'))
      await expect(world.datasets.createVersion(PETS, { mode: 'copy' as never, from: 7 as never })).rejects.toThrow(failure('FIELD_INVALID', { problems: [expect.objectContaining({ field: 'mode' }), expect.objectContaining({ field: 'from' })] }))
    })

    it('C4: a name is used once', async () => {
      await expect(world.datasets.createVersion(PETS, { mode: 'new', name: 'Current' })).rejects.toThrow(failure('VERSION_EXISTS', { field: 'name', version: pets.versions[0]!.id }))
      await expect(world.datasets.editVersion({ ...PETS, version: (await world.datasets.createVersion(PETS, { mode: 'new', name: 'side' })).version.id }, { name: 'Current' })).rejects.toThrow(failure('VERSION_EXISTS'))
    })

    it('C4: several parents are merged; paths they have differently keep both contents and are listed', async () => {
      await world.put(PETS, { 'both.txt': 'base', 'gone.txt': 'x', 'same.txt': 'same' })
      await world.datasets.publish(PETS)
      const branch = async (number: string, files: Record<string, string>): Promise<void> => {
        const { version } = await world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.0.0'], number, name: `branch ${number}` })
        await world.put({ ...PETS, version: version.id }, files)
        await world.remove({ ...PETS, version: version.id }, 'gone.txt')
        await world.datasets.publish({ ...PETS, version: version.id })
      }
      await branch('1.1.0', { 'both.txt': 'left', 'left.txt': 'l' })
      await branch('1.2.0', { 'both.txt': 'right', 'right.txt': 'r' })
      const { version, conflicts } = await world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.1.0', '1.2.0'] })
      const files = await world.read({ ...PETS, version: version.id })
      expect(files).toMatchObject({ 'left.txt': 'l', 'right.txt': 'r', 'same.txt': 'same' })
      expect(files['gone.txt']).toBeUndefined()
      expect(conflicts?.map(conflict => conflict.path)).toEqual(['both.txt'])
      expect([files['both.txt'], files[conflicts![0]!.keptAt!]].sort()).toEqual(['left', 'right'])
      expect(version.parents).toHaveLength(2)
      const clean = await world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.0.0', '1.1.0', '1.0.0'] })
      expect(clean.conflicts).toEqual([])
      expect(await world.read({ ...PETS, version: clean.version.id })).toMatchObject({ 'both.txt': 'left' })
    })

    it('C2: versions are listed by state; a version is found by its id wherever it is', async () => {
      await world.datasets.publish(PETS)
      await world.datasets.createVersion(PETS, { mode: 'inherit' })
      expect(world.datasets.versions(PETS).map(version => version.state)).toEqual(['published', 'draft'])
      expect(world.datasets.versions(PETS, { state: 'draft' }).map(version => version.number)).toEqual(['1.1.0'])
      expect(world.datasets.versions(PETS, { state: 'published' }).map(version => version.number)).toEqual(['1.0.0'])
      expect(world.datasets.versionById(pets.versions[0]!.id)?.dataset.id).toBe(pets.id)
      expect(world.datasets.versionById('nothing' as VersionId)).toBeUndefined()
    })

    it('W4: an archived version leaves the list and comes back', async () => {
      await world.datasets.archiveVersion(PETS, true)
      expect(world.datasets.versions(PETS)).toEqual([])
      expect(world.datasets.versions(PETS, { archived: true })).toHaveLength(1)
      await world.datasets.archiveVersion({ ...PETS, version: 'Current' }, false)
      expect(world.datasets.versions(PETS)).toHaveLength(1)
    })

    it('W2: changes are counted against the parent, or against nothing', async () => {
      await world.put(PETS, { a: '1', b: '22', c: '333' })
      const first = world.datasets.resolve(PETS)
      expect(await world.datasets.changes(first.version, first.dataset)).toEqual({ added: 3, modified: 0, removed: 0, bytes: 6 })
      await world.datasets.publish(PETS)
      const second = await world.datasets.createVersion(PETS, { mode: 'inherit' })
      expect(await world.datasets.changes(second.version, second.dataset)).toEqual({ added: 0, modified: 0, removed: 0, bytes: 0 })
      await world.put(PETS, { a: '4444', d: '' })
      await world.remove(PETS, 'c')
      const { version, dataset } = world.datasets.resolve(PETS)
      expect(await world.datasets.changes(version, dataset)).toEqual({ added: 1, modified: 1, removed: 1, bytes: 0 })
      const diff = []
      for await (const change of world.datasets.diff({ ...PETS, version: '1.0.0' }, PETS)) diff.push([change.path, change.before !== undefined, change.after !== undefined])
      expect(diff).toEqual([['a', true, true], ['c', true, false], ['d', false, true]])
      expect(() => world.datasets.diff({ ...PETS, version: '9.0.0' }, PETS)).toThrow(failure('VERSION_NOT_FOUND'))
    })

    it('W3: the log tells what happened, of a dataset or one version', async () => {
      await world.put(PETS, { a: '1' })
      await world.datasets.publish(PETS)
      await world.datasets.createVersion(PETS, { mode: 'inherit' })
      expect((await world.datasets.log(PETS)).map(item => item.change)).toEqual(['dataset.create', 'draft.commit', 'version.publish', 'version.create'])
      expect((await world.datasets.log({ ...PETS, version: '1.0.0' })).map(item => item.change)).toEqual(['draft.commit', 'version.publish'])
    })
  })

  describe('snapshots', () => {
    it('C3: the draft is published keeping its id, and a new Current goes on', async () => {
      await world.put(PETS, { 'a.txt': 'a' })
      const { published, child } = await world.datasets.snapshot(PETS, { childMetadata: { round: 2 }, childComment: 'next' })
      expect(published.version).toMatchObject({ id: pets.versions[0]!.id, state: 'published', name: expect.stringMatching(/^snapshot 2026-01-01T00:00:\d\d\.\d{6}Z$/), number: '1.0.0' })
      expect(child.version).toMatchObject({ state: 'draft', name: 'Current', number: '1.1.0', metadata: { round: 2 }, comment: 'next', parents: [published.version.id] })
      expect(child.version.id).not.toBe(published.version.id)
      expect(world.datasets.resolve(PETS).version.id).toBe(child.version.id)
      expect(await world.read(PETS)).toEqual({ 'a.txt': 'a' })
      expect(world.datasets.resolve({ ...PETS, version: published.version.name }).version.id).toBe(published.version.id)
    })

    it('C3: names may be given, and the next snapshot goes on from the child', async () => {
      const first = await world.datasets.snapshot(PETS, { publishName: 'round 1', childName: 'round 2' })
      expect([first.published.version.name, first.child.version.name]).toEqual(['round 1', 'round 2'])
      const second = await world.datasets.snapshot(PETS)
      expect(second.published.version.id).toBe(first.child.version.id)
      expect(second.child.version.name).toBe('Current')
    })

    it('C3: names that are taken or wrong, several drafts and no draft are refused before anything is published', async () => {
      await world.datasets.snapshot(PETS, { publishName: 'one' })
      const published = (): number => world.datasets.versions(PETS, { state: 'published' }).length
      await expect(world.datasets.snapshot(PETS, { publishName: 'one' })).rejects.toThrow(failure('VERSION_EXISTS'))
      await expect(world.datasets.snapshot(PETS, { childName: 'one' })).rejects.toThrow(failure('VERSION_EXISTS'))
      await expect(world.datasets.snapshot(PETS, { publishName: 'x', childName: 'x' })).rejects.toThrow(failure('FIELD_INVALID'))
      await expect(world.datasets.snapshot(PETS, { publishName: '1.0.0', childMetadata: [] as never })).rejects.toThrow(failure('FIELD_INVALID', { problems: [expect.objectContaining({ field: 'publishName' }), expect.objectContaining({ field: 'childMetadata' })] }))
      await world.datasets.createVersion(PETS, { mode: 'new', name: 'side' })
      await world.datasets.editVersion({ ...PETS, version: 'Current' }, { name: 'main' })
      await expect(world.datasets.snapshot(PETS)).rejects.toThrow(failure('VERSION_EXISTS'))
      expect(published()).toBe(1)
      await world.datasets.removeVersion({ ...PETS, version: 'side' })
      await world.datasets.removeVersion({ ...PETS, version: 'main' })
      await expect(world.datasets.snapshot(PETS)).rejects.toThrow(failure('VERSION_NOT_FOUND'))
    })
  })

  describe('deleting', () => {
    it('C5: a draft goes; a published version only with force; one with children stays', async () => {
      await world.datasets.publish(PETS)
      const child = await world.datasets.createVersion(PETS, { mode: 'inherit' })
      const ref = { ...PETS, version: '1.0.0' }
      await expect(world.datasets.removeVersion(ref, { force: true })).rejects.toThrow(failure('VERSION_HAS_CHILDREN', { children: [child.version.id] }))
      await world.datasets.removeVersion(PETS)
      await expect(world.datasets.removeVersion(ref)).rejects.toThrow(failure('VERSION_PUBLISHED'))
      await world.datasets.removeVersion(ref, { force: true })
      expect(world.datasets.find(PETS).versions).toEqual([])
    })

    it('C6: an empty dataset goes; drafts with files take allVersions; published versions take force as well', async () => {
      await world.datasets.remove(PETS)
      expect(world.datasets.list()).toEqual([])

      await world.datasets.create(PETS)
      await world.put(PETS, { a: 'a' })
      await expect(world.datasets.remove(PETS)).rejects.toThrow(failure('DATASET_NOT_EMPTY', { needs: ['allVersions'] }))
      await expect(world.datasets.remove(PETS, { force: true })).rejects.toThrow(failure('DATASET_NOT_EMPTY'))
      await world.datasets.remove(PETS, { allVersions: true })

      await world.datasets.create(PETS)
      await world.datasets.publish(PETS)
      await expect(world.datasets.remove(PETS, { allVersions: true })).rejects.toThrow(failure('DATASET_NOT_EMPTY', { needs: ['allVersions', 'force'] }))
      await world.datasets.remove(PETS, { allVersions: true, force: true })
      expect(world.datasets.list()).toEqual([])
      await expect(world.datasets.remove(PETS)).rejects.toThrow(failure('DATASET_NOT_FOUND'))
    })

    it('K6, K8: what a running experiment uses stays, and the experiment is named', async () => {
      const run = await world.datasets.runs.start({ name: 'resnet run 7', versions: [PETS] })
      await expect(world.datasets.remove(PETS, { allVersions: true, force: true })).rejects.toThrow(/resnet run 7/)
      await expect(world.datasets.removeVersion(PETS, { force: true })).rejects.toThrow(failure('VERSION_IN_USE', { experiments: ['resnet run 7'] }))
      await world.datasets.runs.finish(run.id)
      await world.datasets.removeVersion(PETS)
    })

    it('C6: a draft that is written to while its dataset goes is never lost silently', async () => {
      const [removed, put] = await Promise.allSettled([world.datasets.remove(PETS), world.put(PETS, { a: 'a' })])
      if (put.status === 'fulfilled') expect(removed).toMatchObject({ status: 'rejected', reason: { code: 'DATASET_NOT_EMPTY' } })
      else expect(removed.status).toBe('fulfilled')
    })
  })
})

describe('datasets in memory', () => {
  it('S2: of two datasets made apart under one name every node takes the same', async () => {
    const world = datasetsWorld()
    const pets = await world.datasets.create(PETS)
    const other = await world.datasets.create({ namespace: 'vision', name: 'other' })
    world.catalog.foreign(other.id, view => ({ ...view, name: 'pets' }))
    expect(world.datasets.find(PETS).id).toBe([pets.id, other.id].sort()[0])
    expect(() => world.datasets.find({ namespace: 'vision', name: 'other' })).toThrow(failure('DATASET_NOT_FOUND'))
  })

  it('C3: a snapshot is named by the time with microseconds', async () => {
    const world = datasetsWorld()
    await world.datasets.create(PETS)
    world.clock.advance(0.123)
    expect((await world.datasets.snapshot(PETS)).published.version.name).toBe('snapshot 2026-01-01T00:00:00.000123Z')
  })
})
