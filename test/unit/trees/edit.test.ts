import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../../src/chunks/index.ts'
import { editTree, emptyTree, getEntry, writeTree, type Entry, type TreeEdit } from '../../../src/trees/index.ts'
import { POOLS, anyEdits, anyModel, begins, countingStore, edited, fileEntry, heavyLink, hex, rootOf, type Model } from './model.ts'

const put = (entry: Entry): TreeEdit => ({ op: 'put', entry })
const remove = (path: string): TreeEdit => ({ op: 'remove', path })

describe('edits', () => {
  it('lead to the root that a rebuild has, or refuse and write nothing', () => fc.assert(fc.asyncProperty(anyModel, fc.array(anyEdits, { minLength: 1, maxLength: 4 }), async (start, rounds) => {
    const store = createMemoryStore()
    let model = start
    let root = await rootOf(store, model)
    for (const round of rounds) {
      const edits = round(model)
      const next = edited(model, edits)
      if (next === undefined) {
        const before = await store.stats()
        await expect(editTree(store, root, edits)).rejects.toMatchObject({ code: 'PATH_CLASH' })
        expect(await store.stats()).toEqual(before)
        continue
      }
      root = await editTree(store, root, edits)
      model = next
      expect(hex(root)).toBe(hex(await rootOf(createMemoryStore(), model)))
    }
  }), { numRuns: 90 }))

  it('of the same entries in any order end in the same root', () => fc.assert(fc.asyncProperty(anyModel, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 6 }), async (model, numbers, parts) => {
    const store = createMemoryStore()
    const entries = [...model.values()].map(entry => ({ entry, order: numbers.next().value ?? 0 })).sort((a, b) => a.order - b.order).map(({ entry }) => entry)
    const size = Math.max(1, Math.ceil(entries.length / parts))
    let root = await emptyTree(store)
    for (let at = 0; at < entries.length; at += size) root = await editTree(store, root, entries.slice(at, at + size).map(put))
    expect(hex(root)).toBe(hex(await rootOf(store, model)))
    for (let at = 0; at < entries.length; at += size) root = await editTree(store, root, entries.slice(at, at + size).map(entry => remove(entry.path)))
    expect(hex(root)).toBe(hex(await emptyTree(store)))
  }), { numRuns: 25 }))

  it('hold for trees that are cut by force: paths that begin no node, entries that fill one', async () => {
    const store = createMemoryStore()
    const models = [POOLS.quiet.map(path => fileEntry(path)), POOLS.heavy.map(heavyLink), POOLS.boundary.map(path => fileEntry(path))]
    for (const entries of models) {
      const model: Model = new Map(entries.map(entry => [entry.path, entry]))
      const root = await rootOf(store, model)
      for (const entry of [...model.values()].filter((_, i) => i % 97 === 0)) {
        const without = new Map(model)
        without.delete(entry.path)
        const removed = await editTree(store, root, [remove(entry.path)])
        expect(hex(removed)).toBe(hex(await rootOf(store, without)))
        expect(hex(await editTree(store, removed, [put(entry)]))).toBe(hex(root))
        const light: Entry = { kind: 'folder', path: entry.path }
        expect(hex(await editTree(store, root, [put(light)]))).toBe(hex(await rootOf(store, new Map(model).set(light.path, light))))
      }
    }
  })

  it('of the first path of any node end the node before where a rebuild does', async () => {
    const store = createMemoryStore()
    const model: Model = new Map(Array.from({ length: 3500 }, (_, i) => fileEntry(`p${i}`)).map(entry => [entry.path, entry]))
    const root = await rootOf(store, model)
    const firsts = [...model.keys()].filter(path => begins(path, 0))
    expect(firsts.length).toBeGreaterThan(15)
    for (const path of firsts) {
      const without = new Map(model)
      without.delete(path)
      const removed = await editTree(store, root, [remove(path)])
      expect(hex(removed)).toBe(hex(await rootOf(store, without)))
      expect(hex(await editTree(store, removed, [put(fileEntry(path))]))).toBe(hex(root))
    }
  })

  it('one after another, each behind the last, lead to the root that a rebuild has', async () => {
    const store = createMemoryStore()
    let root = await emptyTree(store)
    const model: Model = new Map()
    for (let i = 0; i < 500; i++) {
      const entry = fileEntry(`f${String(i).padStart(3, '0')}`)
      model.set(entry.path, entry)
      root = await editTree(store, root, [put(entry)])
      expect(hex(root)).toBe(hex(await rootOf(store, model)))
    }
    for (const path of [...model.keys()].toReversed()) {
      model.delete(path)
      root = await editTree(store, root, [remove(path)])
      expect(hex(root)).toBe(hex(await rootOf(store, model)))
    }
  })

  it('read and write only the nodes they touch', async () => {
    const store = countingStore()
    const { root } = await writeTree(store, Array.from({ length: 60_000 }, (_, i) => fileEntry(`d/${String(i).padStart(6, '0')}`, 1)))
    const edits = Array.from({ length: 10 }, (_, i) => put(fileEntry(`d/${String(i * 5999 + 17).padStart(6, '0')}`, 2)))
    Object.assign(store.calls, { gets: 0, got: 0, puts: 0, put: 0 })
    await editTree(store, root, edits)
    // Ten leaves, the few inner nodes and the root; a read of a neighbour now and then.
    expect(store.calls.put).toBeLessThan(25)
    expect(store.calls.got).toBeLessThan(40)
    expect(store.calls.gets).toBeLessThan(12)
    expect(store.calls.puts).toBe(1)
  })

  it('L2: a folder is named only while it is empty', async () => {
    const store = createMemoryStore()
    const folder: Entry = { kind: 'folder', path: 'a/b' }
    const empty = await editTree(store, await emptyTree(store), [put(folder)])
    expect(await getEntry(store, empty, 'a/b')).toEqual(folder)
    const filled = await editTree(store, empty, [put(fileEntry('a/b/c'))])
    expect(await getEntry(store, filled, 'a/b')).toBeUndefined()
    expect(hex(await editTree(store, filled, [put(folder)]))).toBe(hex(filled))
    expect(hex(await editTree(store, await emptyTree(store), [put(fileEntry('a/b/c')), put(folder), put({ kind: 'folder', path: 'a' })]))).toBe(hex(filled))
    expect(hex(await editTree(store, filled, [remove('a/b/c')]))).toBe(hex(await emptyTree(store)))
  })

  it('clash where a file would have something below it, unless it goes in the same edit', async () => {
    const store = createMemoryStore()
    const root = await editTree(store, await emptyTree(store), [put(fileEntry('a')), put(fileEntry('b/c/d'))])
    const clash = { code: 'PATH_CLASH' }
    await expect(editTree(store, root, [put(fileEntry('a/x'))])).rejects.toMatchObject(clash)
    await expect(editTree(store, root, [put(fileEntry('a/x/y'))])).rejects.toMatchObject(clash)
    await expect(editTree(store, root, [put(fileEntry('b'))])).rejects.toMatchObject(clash)
    await expect(editTree(store, root, [put({ kind: 'link', path: 'b/c', url: 'https://example.org' })])).rejects.toMatchObject(clash)
    const swapped = await editTree(store, root, [put(fileEntry('a/x')), remove('a'), put(fileEntry('b')), remove('b/c/d')])
    expect(hex(swapped)).toBe(hex(await rootOf(store, new Map([fileEntry('a/x'), fileEntry('b')].map(entry => [entry.path, entry])))))
  })

  it('clash also where what lies below the path begins the next leaf', async () => {
    const store = createMemoryStore()
    const folder = Array.from({ length: 10_000 }, (_, i) => `d${i}`).find(name => begins(`${name}/x`, 0)) as string
    const model: Model = new Map([...Array.from({ length: 40 }, (_, i) => `a${i}`), `${folder}/x`, `${folder}/y`].map(path => [path, fileEntry(path)]))
    const root = await rootOf(store, model)
    await expect(editTree(store, root, [put(fileEntry(folder))])).rejects.toMatchObject({ code: 'PATH_CLASH' })
    expect(hex(await editTree(store, root, [put({ kind: 'folder', path: folder })]))).toBe(hex(root))
  })

  it('of one path count in their order; without effect they give the root back', async () => {
    const store = createMemoryStore()
    const root = await editTree(store, await emptyTree(store), [put(fileEntry('a', 1)), remove('a'), put(fileEntry('a', 2))])
    expect(await getEntry(store, root, 'a')).toEqual(fileEntry('a', 2))
    expect(await editTree(store, root, [put(fileEntry('a', 2)), remove('nowhere')])).toBe(root)
    expect(await editTree(store, root, [])).toBe(root)
  })
})
