import { Level } from 'level'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fields, found, hash, join2, options, publishing, reopen, send, tempFolder, version } from './world.ts'

const code = (name: string) => expect.objectContaining({ code: name })

describe('a catalog', () => {
  it('creates, changes, publishes and tells its history; all is there after opening it again', async () => {
    const folder = await tempFolder()
    const catalog = await found(folder)
    const first = version()
    const { id } = await catalog.create(fields('birds'), ['b', 'a', 'constructor'], first)
    await expect(catalog.create(fields('birds'), [], version())).rejects.toEqual(code('DATASET_EXISTS'))
    await catalog.apply(id, [{ change: 'dataset.edit', fields: { description: 'of a garden' } }, { change: 'draft.commit', version: first.id, commit: hash(1), over: [], message: 'in' }])
    await expect(catalog.apply(id, [{ change: 'draft.commit', version: first.id, commit: hash(2), over: ['00'], message: '' }])).rejects.toEqual(code('EDIT_CONFLICT'))
    await expect(catalog.apply(id, [{ change: 'dataset.tag', add: ['__proto__'], remove: [] }])).rejects.toEqual(code('FIELD_INVALID'))
    const view = await catalog.publish(publishing(id, first.id))
    expect(view).toMatchObject({ tags: ['a', 'b', 'constructor'], description: 'of a garden', versions: [{ state: 'published', number: '1.0.0', published: { files: 1, clashes: [] } }] })
    await expect(catalog.publish(publishing(id, first.id))).rejects.toEqual(code('VERSION_PUBLISHED'))
    await expect(catalog.apply(id, [{ change: 'version.edit', version: first.id, fields: { number: '2.0.0' } }])).rejects.toEqual(code('VERSION_PUBLISHED'))
    const history = await catalog.history(id)
    expect(history.map(item => item.change)).toEqual(['dataset.create', 'dataset.edit', 'draft.commit', 'version.publish'])
    const state = catalog.stateHash()
    await catalog.close()
    await expect(catalog.apply(id, [{ change: 'dataset.archive', archived: true }])).rejects.toEqual(code('CANCELLED'))
    const again = await reopen(folder, 1)
    expect(again.stateHash()).toBe(state)
    expect(await again.history(id)).toEqual(history)
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })

  it('makes no envelope of a change that changes nothing, and takes the next', async () => {
    const folder = await tempFolder()
    const catalog = await found(folder)
    const { id } = await catalog.create(fields('birds'), ['a'], version())
    await catalog.apply(id, [{ change: 'dataset.tag', add: ['a'], remove: [] }])
    await catalog.apply(id, [{ change: 'dataset.tag', add: ['a'], remove: [] }])
    await catalog.apply(id, [{ change: 'dataset.tag', add: ['b'], remove: [] }])
    const other = await join2(folder, catalog, 2)
    expect(other.stateHash()).toBe(catalog.stateHash())
  })

  it('makes 1,000 changes at once in few writes, some of them refused, and nothing of those stays', async () => {
    const folder = await tempFolder()
    const catalog = await found(folder)
    const { id } = await catalog.create(fields('birds'), [], version())
    const started = performance.now()
    const results = await Promise.allSettled(Array.from({ length: 1000 }, (_, i) => catalog.apply(id, i % 50 === 0
      ? [{ change: 'dataset.tag', add: [`bad${i}`], remove: [] }, { change: 'dataset.edit', fields: { description: 'x'.repeat(5_000_000) } }]
      : [{ change: 'dataset.tag', add: [`t${i}`], remove: [] }])))
    expect(performance.now() - started).toBeLessThan(15_000)
    expect(results.filter(result => result.status === 'fulfilled')).toHaveLength(980)
    expect(catalog.dataset(id)?.tags).toHaveLength(980)
    const other = await join2(folder, catalog, 2)
    expect(other.stateHash()).toBe(catalog.stateHash())
    const state = catalog.stateHash()
    await catalog.close()
    expect((await reopen(folder, 1)).stateHash()).toBe(state)
  }, 40_000)

  it('makes damaged or lost records, heads and snapshots anew from its envelopes', async () => {
    const folder = await tempFolder()
    const catalog = await found(folder)
    const { id } = await catalog.create(fields('birds'), [], version())
    for (let i = 0; i < 70; i++) await catalog.apply(id, [{ change: 'dataset.tag', add: [`t${i}`], remove: [] }])
    let state = catalog.stateHash()
    await catalog.close()
    for (const prefix of ['v/', 'h/', 's/']) {
      const db = new Level<string, Uint8Array>(join(folder, 'catalog-1'), { valueEncoding: 'view' })
      for (const [key, value] of await db.iterator({ gte: prefix, lt: `${prefix}~` }).all()) await db.put(key, value.map((byte, i) => i === 40 ? byte ^ 4 : byte))
      await db.close()
      const again = await reopen(folder, 1)
      expect(again.stateHash(), prefix).toBe(state)
      await again.apply(id, [{ change: 'dataset.tag', add: ['new'], remove: [] }])
      await again.apply(id, [{ change: 'dataset.tag', add: [], remove: ['new'] }])
      expect(again.dataset(id)?.tags).toHaveLength(70)
      state = again.stateHash()
      await again.close()
    }
    // A record under the name of another dataset is no record.
    const db = new Level<string, Uint8Array>(join(folder, 'catalog-1'), { valueEncoding: 'view' })
    const value = await db.get(`v/${id}`)
    await db.put('v/aaaaaaaaaaaaaaaaaaaaaaaaaa', value)
    await db.close()
    expect((await reopen(folder, 1)).datasets()).toHaveLength(1)
    expect(options(folder, 1).folder).toContain('catalog-1')
  })

  it('goes on when a listener fails', async () => {
    const catalog = await found(await tempFolder())
    catalog.onChange(() => { throw new TypeError('planted') })
    await catalog.create(fields('a'), [], version())
    expect((await catalog.create(fields('b'), [], version())).name).toBe('b')
  })

  it('shows two heads after commits made apart, and clashes after publishing apart', async () => {
    const folder = await tempFolder()
    const one = await found(folder)
    const draft = version()
    const { id } = await one.create(fields('birds'), [], draft)
    const two = await join2(folder, one, 2)
    await one.apply(id, [{ change: 'draft.commit', version: draft.id, commit: hash(1), over: [], message: '' }])
    await two.apply(id, [{ change: 'draft.commit', version: draft.id, commit: hash(2), over: [], message: '' }])
    await send(one, two)
    await send(two, one)
    expect(one.dataset(id)?.versions[0]?.heads).toHaveLength(2)
    await one.publish(publishing(id, draft.id, '1.0.0', 1))
    await two.publish(publishing(id, draft.id, '1.0.0', 2))
    await send(one, two)
    await send(two, one)
    expect(one.dataset(id)?.versions[0]?.published?.clashes).toHaveLength(1)
    expect(one.stateHash()).toBe(two.stateHash())
  })
})
