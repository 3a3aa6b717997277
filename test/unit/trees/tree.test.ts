import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../../src/chunks/index.ts'
import { comparePaths, isInside } from '../../../src/model/index.ts'
import { emptyTree, getEntry, isFolder, listTree, treeEntries, treeStats, writeTree, type Entry, type FolderItem } from '../../../src/trees/index.ts'
import { anyModel, canonical, countingStore, entryAt, fileEntry, hex, lines, modelOf, rootOf, sorted, type Model } from './model.ts'

const prefixes = fc.constantFrom('', 'a', 'b', 'a/b', 'é', 'dir', 'dir/p1', 'nowhere', 'a b', 'p1/a')

/** What a listing should show. */
function listed(model: Model, folder: string, recursive: boolean): (Entry | FolderItem)[] {
  const rows = new Map<string, Entry | FolderItem>()
  for (const entry of sorted(model)) {
    if (!isInside(entry.path, folder)) continue
    const slash = recursive ? -1 : entry.path.indexOf('/', folder === '' ? 0 : folder.length + 1)
    const path = slash < 0 ? entry.path : entry.path.slice(0, slash)
    rows.set(path, slash < 0 ? entry : { kind: 'subfolder', path })
  }
  return [...rows.values()]
}

describe('a tree read back', () => {
  it('holds what was written: entries, single ones, totals, folders', () => fc.assert(fc.asyncProperty(anyModel, fc.array(prefixes, { maxLength: 3 }), async (model, asked) => {
    const store = createMemoryStore()
    const { root, stats } = await writeTree(store, sorted(model))
    expect(lines((await modelOf(store, root)).values())).toEqual(lines(sorted(model)))
    const entries = sorted(model)
    const files = entries.filter(entry => entry.kind === 'file')
    expect(stats).toEqual({ files: files.length, links: entries.filter(entry => entry.kind === 'link').length, bytes: files.reduce((sum, file) => sum + file.size, 0) })
    expect(await treeStats(store, root)).toEqual(stats)
    for (const path of [...asked, ...entries.slice(0, 3).map(entry => entry.path), ...entries.slice(-3).map(entry => entry.path)]) {
      expect(await getEntry(store, root, path)).toEqual(model.get(path))
      expect(await isFolder(store, root, path)).toBe(path === '' || model.get(path)?.kind === 'folder' || entries.some(entry => isInside(entry.path, path)))
    }
  }), { numRuns: 25 }))

  it('streams a folder, from any place on', () => fc.assert(fc.asyncProperty(anyModel, prefixes, fc.option(fc.nat(), { nil: undefined }), async (model, prefix, at) => {
    const store = createMemoryStore()
    const root = await rootOf(store, model)
    const all = sorted(model)
    const after = at === undefined ? undefined : all[at % (all.length + 1)]?.path
    const found: Entry[] = []
    for await (const entry of treeEntries(store, root, { prefix, ...(after === undefined ? {} : { after }) })) found.push(entry)
    expect(lines(found)).toEqual(lines(all.filter(entry => isInside(entry.path, prefix) && (after === undefined || comparePaths(entry.path, after) > 0))))
  }), { numRuns: 25 }))

  it('A3: lists page by page what the folder holds', () => fc.assert(fc.asyncProperty(anyModel, prefixes, fc.boolean(), fc.integer({ min: 1, max: 700 }), async (model, prefix, recursive, limit) => {
    const store = createMemoryStore()
    const root = await rootOf(store, model)
    const rows: (Entry | FolderItem)[] = []
    for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
      const page = await listTree(store, root, { prefix, recursive, limit, ...(after === undefined ? {} : { after }) })
      expect(page.items.length).toBeLessThanOrEqual(limit)
      expect(page.next === undefined ? page.items.length >= 0 : page.items.length === limit).toBe(true)
      rows.push(...page.items)
      after = page.next
    }
    expect(lines(rows)).toEqual(lines(listed(model, prefix, recursive)))
  }), { numRuns: 25 }))

  it('lists a folder without reading what lies in its subfolders', async () => {
    const store = countingStore()
    const entries = Array.from({ length: 40_000 }, (_, i) => fileEntry(`top/f${String(Math.floor(i / 10_000))}/x${String(i).padStart(6, '0')}`, 1))
    const { root } = await writeTree(store, entries)
    store.calls.got = 0
    const page = await listTree(store, root, { prefix: 'top' })
    expect(page).toEqual({ items: [0, 1, 2, 3].map(i => ({ kind: 'subfolder', path: `top/f${i}` })) })
    expect(store.calls.got).toBeLessThan(20)
  })

  it('refuses a page size that is none and a folder that is no path', async () => {
    const store = createMemoryStore()
    const root = await emptyTree(store)
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) await expect(listTree(store, root, { limit })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    await expect(listTree(store, root, { prefix: '../x' })).rejects.toMatchObject({ code: 'PATH_INVALID' })
    expect(await listTree(store, root, {})).toEqual({ items: [] })
  })

  it('says which node is missing', async () => {
    const other = createMemoryStore()
    const { root } = await writeTree(other, [fileEntry('a')])
    await expect(getEntry(createMemoryStore(), root, 'a')).rejects.toMatchObject({ code: 'CHUNK_MISSING', facts: { hash: hex(root) } })
  })
})

describe('a tree being written', () => {
  it('drops folders with something in them and gives one root for the same entries', () => fc.assert(fc.asyncProperty(anyModel, async model => {
    const store = createMemoryStore()
    const withFolders: Model = new Map(model)
    for (const path of model.keys()) {
      for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) withFolders.set(path.slice(0, at), { kind: 'folder', path: path.slice(0, at) })
    }
    expect(canonical(withFolders)?.size).toBe(model.size)
    expect(hex(await rootOf(store, withFolders))).toBe(hex(await rootOf(createMemoryStore(), model)))
  }), { numRuns: 30 }))

  it('refuses disorder, duplicates, clashes and invalid entries', async () => {
    const store = createMemoryStore()
    const refused = (entries: Entry[]): Promise<unknown> => writeTree(store, entries).then(() => 'written', (error: { code: string }) => error.code)
    expect(await refused([fileEntry('b'), fileEntry('a')])).toBe('INTERNAL')
    expect(await refused([fileEntry('a'), fileEntry('a')])).toBe('PATH_EXISTS')
    expect(await refused([fileEntry('a'), fileEntry('a/b')])).toBe('PATH_CLASH')
    expect(await refused([{ kind: 'link', path: 'a', url: 'https://example.org' }, fileEntry('a/b')])).toBe('PATH_CLASH')
    for (const path of ['', '/a', 'a//b', '../x', 'a/./b', 'a\u0000', 'a\\b', '\ud800', 'x'.repeat(256), 'a/'.repeat(600)]) expect(await refused([fileEntry(path)])).toBe('PATH_INVALID')
    const file = fileEntry('a')
    for (const wrong of [{ size: -1 }, { size: 1.5 }, { size: 2 ** 53 }, { hash: new Uint8Array(31) }, { mediaType: 'a\nb' }, { mediaType: '' }, { size: 0 }, { content: { kind: 'list', root: new Uint8Array(3) } }]) {
      expect(await refused([{ ...file, ...wrong } as Entry])).toBe('FIELD_INVALID')
    }
    for (const url of ['', 'a b', 'x'.repeat(9000), 'a\nb']) expect(await refused([{ kind: 'link', path: 'a', url }])).toBe('FIELD_INVALID')
    expect(await refused([{ ...fileEntry('a'), size: Number.MAX_SAFE_INTEGER }, fileEntry('b')])).toBe('LIMIT_EXCEEDED')
  })

  it('takes entries from a stream, puts nodes in batches, lets others run and stops when told to', async () => {
    const store = countingStore()
    const count = 50_000
    async function* stream(): AsyncGenerator<Entry> {
      for (let i = 0; i < count; i++) yield fileEntry(`f${String(i).padStart(8, '0')}`, 1)
    }
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const { stats } = await writeTree(store, stream()).finally(() => clearInterval(timer))
    expect(stats.files).toBe(count)
    expect(turns).toBeGreaterThan(3)
    expect(store.calls.put).toBeGreaterThan(300)
    expect(store.calls.puts).toBeLessThan(10)
    await expect(writeTree(store, stream(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('takes every entry there is and gives it back', () => fc.assert(fc.asyncProperty(entryAt('folder/näme.bin'), async entry => {
    const store = createMemoryStore()
    const { root } = await writeTree(store, [entry])
    expect(await getEntry(store, root, entry.path)).toEqual(entry)
  })))
})
