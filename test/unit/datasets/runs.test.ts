import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatHash } from '../../../src/model/index.ts'
import { type World, datasetsWorld, realWorld } from '../../support/datasets-world.ts'
import type { Catalog } from '../../../src/catalog/index.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const CROPS = { namespace: 'vision', name: 'crops' }
const DAY = 24 * 60 * 60_000

describe.each(['memory', 'the real catalog'] as const)('runs over %s', kind => {
  let world: World<Catalog>
  let end = async (): Promise<void> => undefined
  beforeEach(async () => {
    if (kind === 'memory') world = datasetsWorld()
    else {
      const real = await realWorld()
      world = real
      end = real.end
    }
    await world.datasets.create(PETS)
    await world.put(PETS, { 'a.txt': 'a' })
    await world.datasets.publish(PETS)
    await world.datasets.create({ ...CROPS, status: 'uploading' })
  })
  afterEach(() => end())

  it('K8: an experiment shows with the version it uses until it ends, and keeps it from being deleted', async () => {
    const { runs } = world.datasets
    const run = await runs.start({ name: 'resnet run 7', tool: 'train.py', settings: { epochs: 3 }, versions: [{ ...PETS, version: '1.0.0' }, CROPS] })
    expect(run).toMatchObject({ kind: 'experiment', state: 'running', output: null, inputs: [{ dataset: 'vision/pets', number: '1.0.0' }, { dataset: 'vision/crops' }] })
    await expect(world.datasets.removeVersion({ ...PETS, version: '1.0.0' }, { force: true })).rejects.toMatchObject({ code: 'VERSION_IN_USE', message: expect.stringContaining('resnet run 7') as string })
    await expect(world.datasets.remove(CROPS)).rejects.toMatchObject({ code: 'DATASET_IN_USE', facts: expect.objectContaining({ experiments: ['resnet run 7'] }) as object })
    expect((await runs.beat(run.id)).state).toBe('running')
    expect(await runs.finish(run.id, { message: 'accuracy 0.9' })).toMatchObject({ state: 'done', message: 'accuracy 0.9', endedAt: expect.any(String) as string })
    await expect(runs.finish(run.id)).rejects.toMatchObject({ code: 'RUN_ENDED' })
    await expect(runs.beat(run.id)).rejects.toMatchObject({ code: 'RUN_ENDED' })
    expect(runs.list({ version: { ...PETS, version: '1.0.0' } }).map(one => one.name)).toEqual(['resnet run 7'])
    expect(runs.list({ state: 'running' })).toEqual([])
    await world.datasets.remove(CROPS)
  })

  it('L7: the versions are pinned by content: a draft that is changed later is told apart', async () => {
    const tree = async (): Promise<string> => formatHash(await world.datasets.tree(world.datasets.resolve(CROPS).version))
    const before = await tree()
    const run = await world.datasets.runs.start({ name: 'x', versions: [CROPS] })
    await world.put(CROPS, { 'b.txt': 'b' })
    expect(world.datasets.runs.get(run.id).inputs[0]?.tree).toBe(before)
    expect(await tree()).not.toBe(before)
  })

  it('A5: a processing sets the status of what it makes, and keeps what was derived from what, by which tool and settings', async () => {
    const { runs } = world.datasets
    const start = () => runs.start({ kind: 'processing', name: 'crop', tool: 'crop.py 1.2', settings: { size: 64 }, versions: [{ ...PETS, version: '1.0.0' }], output: CROPS })
    const run = await start()
    expect(world.datasets.find(CROPS).status).toBe('processing')
    await world.put(CROPS, { 'small/a.txt': 'a' })
    await runs.finish(run.id)
    expect(world.datasets.find(CROPS).status).toBe('ready')
    await runs.finish((await start()).id, { end: 'failed', message: 'out of memory' })
    expect(world.datasets.find(CROPS).status).toBe('failed')
    const { published } = { published: await world.datasets.publish(CROPS) }
    const made = runs.list({ version: { ...CROPS, version: published.version.id } })
    expect(made.map(({ state, message }) => [state, message]).sort()).toEqual([['done', ''], ['failed', 'out of memory']])
    expect(made[0]).toMatchObject({ tool: 'crop.py 1.2', settings: { size: 64 }, inputs: [{ dataset: 'vision/pets', number: '1.0.0' }], output: { version: published.version.id } })
    await expect(runs.start({ kind: 'processing', name: 'x', versions: [PETS], output: { ...PETS, version: '1.0.0' } })).rejects.toMatchObject({ code: 'VERSION_PUBLISHED' })
  })

  it('K8: wrong fields are named, all in one answer', async () => {
    const bad = world.datasets.runs.start({ name: ' ', tool: 'x\ny', settings: [] as never, versions: [], output: CROPS })
    await expect(bad).rejects.toMatchObject({ code: 'FIELD_INVALID', facts: { problems: expect.arrayContaining(['name', 'tool', 'settings', 'versions', 'output'].map(field => expect.objectContaining({ field }) as object)) as object } })
    expect(() => world.datasets.runs.get('nothing')).toThrow(expect.objectContaining({ code: 'RUN_NOT_FOUND' }))
  })

  it('K7: known issues are noted on a published version, changed and closed', async () => {
    const { issues } = world.datasets
    const ref = { ...PETS, version: '1.0.0' }
    const blurred = await issues.add(ref, { title: 'blurred', detail: 'some pictures are', path: 'a.txt' })
    const dark = await issues.add(ref, { title: 'too dark' })
    expect((await issues.edit(ref, blurred.id, { state: 'closed' })).state).toBe('closed')
    expect(issues.list(ref).map(issue => [issue.title, issue.state])).toEqual([['too dark', 'open'], ['blurred', 'closed']])
    await issues.remove(ref, dark.id)
    expect(issues.list(ref)).toHaveLength(1)
    await expect(issues.edit(ref, dark.id, {})).rejects.toMatchObject({ code: 'ISSUE_NOT_FOUND' })
    await expect(issues.add(ref, { title: '' })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(issues.add(ref, { title: 'x', path: '../x' })).rejects.toMatchObject({ code: 'PATH_INVALID' })
    expect((await world.datasets.log(ref)).map(item => item.change)).toContain('version.note')
  })
})

describe('time', () => {
  it('K8: a run nobody hears of for a day no longer blocks deletion; one that beats does', async () => {
    const world = datasetsWorld()
    await world.datasets.create(PETS)
    const { runs } = world.datasets
    const run = await runs.start({ name: 'long', versions: [PETS] })
    for (let day = 0; day < 3; day++) {
      world.clock.advance(DAY * 0.9)
      await runs.beat(run.id)
    }
    await expect(world.datasets.remove(PETS)).rejects.toMatchObject({ code: 'DATASET_IN_USE' })
    const flushes = world.catalog.flushes()
    for (let i = 0; i < 100; i++) await runs.beat(run.id)
    expect(world.catalog.flushes()).toBe(flushes)
    world.clock.advance(DAY + 1)
    expect(runs.get(run.id).state).toBe('lapsed')
    await world.datasets.remove(PETS)
  })
})

describe('many versions', () => {
  it('W6: bulk actions answer each version for itself; W4: only what is in the archive is deleted', async () => {
    const world = datasetsWorld()
    await world.datasets.create(PETS)
    await world.datasets.publish(PETS)
    for (let i = 0; i < 5; i++) await world.datasets.createVersion(PETS, { mode: 'new', number: `2.0.${i}` })
    const change = world.datasets.changeVersions
    expect((await change(PETS, { action: 'delete', versions: ['2.0.0'] })).map(result => result.error?.code)).toEqual(['VERSION_NOT_ARCHIVED'])
    await expect(world.datasets.removeVersion({ ...PETS, version: '2.0.0' }, { archived: true })).rejects.toMatchObject({ code: 'VERSION_NOT_ARCHIVED' })
    const flushes = world.catalog.flushes()
    const archived = await change(PETS, { action: 'archive', versions: ['2.0.0', '2.0.1', '9.9.9', '1.0.0'] })
    expect(archived.map(result => result.error?.code)).toEqual([undefined, undefined, 'VERSION_NOT_FOUND', undefined])
    expect(world.catalog.flushes()).toBe(flushes + 1)
    expect(world.datasets.versions(PETS).map(version => version.number)).toEqual(['2.0.2', '2.0.3', '2.0.4'])
    await change(PETS, { action: 'restore', versions: ['2.0.1'] })
    const deleted = await change(PETS, { action: 'delete', versions: ['2.0.0', '2.0.1', '1.0.0'] })
    expect(deleted.map(result => result.error?.code)).toEqual([undefined, 'VERSION_NOT_ARCHIVED', 'VERSION_PUBLISHED'])
    expect((await change(PETS, { action: 'delete', versions: ['1.0.0'], force: true }))[0]?.error).toBeUndefined()
    await change(PETS, { action: 'tag', filter: { state: 'draft' }, add: ['new, night'] , remove: [] }).catch(() => undefined)
    await change(PETS, { action: 'tag', filter: { state: 'draft' }, add: ['night'] })
    expect(world.datasets.versions(PETS, { tag: 'night' }).map(version => version.number)).toEqual(['2.0.1', '2.0.2', '2.0.3', '2.0.4'])
    await expect(change(PETS, { action: 'tag' })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    const many = Array.from({ length: 100 }, (_, i) => `tag-${i}`)
    const tagged = await change(PETS, { action: 'tag', versions: ['2.0.1', '2.0.2'], add: many, remove: ['night'] })
    expect(tagged.map(result => result.error?.detail)).toEqual([undefined, undefined])
    expect((await change(PETS, { action: 'tag', versions: ['2.0.1', '2.0.3'], add: ['one more'] })).map(result => result.error?.detail)).toEqual(['the tags are 101; at most 100 are kept', undefined])
  })

  it('W6: versions that come from one another are deleted together, whatever their order in the request; what stays is said', async () => {
    const world = datasetsWorld()
    await world.datasets.create(PETS)
    await world.datasets.publish(PETS)
    for (const [number, from] of [['2.0.0', '1.0.0'], ['3.0.0', '2.0.0'], ['4.0.0', '3.0.0']] as const) {
      await world.datasets.createVersion(PETS, { mode: 'inherit', number, from: [from] })
      if (number !== '4.0.0') await world.datasets.publish({ ...PETS, version: number })
    }
    const change = world.datasets.changeVersions
    await change(PETS, { action: 'archive', versions: ['1.0.0', '2.0.0', '3.0.0'] })
    const flushes = world.catalog.flushes()
    expect((await change(PETS, { action: 'delete', versions: ['1.0.0', '2.0.0', '3.0.0'], force: true })).map(result => result.error?.code)).toEqual(Array(3).fill('VERSION_HAS_CHILDREN'))
    expect(world.catalog.flushes()).toBe(flushes)
    await change(PETS, { action: 'archive', versions: ['4.0.0'] })
    expect((await change(PETS, { action: 'delete', versions: ['1.0.0', '4.0.0', '2.0.0', '3.0.0'], force: true })).map(result => result.error)).toEqual(Array(4).fill(undefined))
    expect(world.catalog.flushes()).toBe(flushes + 2)
    expect(world.datasets.find(PETS).versions).toEqual([])
  })
})
