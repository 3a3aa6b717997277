import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { checkPath as checked, type Hash } from '../../../src/model/index.ts'
import { conflictPath, editTree, getEntry, mergeTrees, writeTree, type Entry, type FileEntry, type MergeConflict, type MergeLabels } from '../../../src/trees/index.ts'
import { anyEdits, anyModel, countingStore, edited, fileEntry, hex, line, modelOf, rootOf, sorted, type Model } from './model.ts'

const LABELS = { ours: 'anna 2026-11-20', theirs: 'ben 2026-11-21' }
const swap = ({ ours, theirs }: MergeLabels): MergeLabels => ({ ours: theirs, theirs: ours })

/** The conflicts as the other side sees them. */
const swapped = (conflicts: readonly MergeConflict[]): MergeConflict[] => conflicts.map(({ ours, theirs, ...rest }) => ({
  ...rest, ...(theirs === undefined ? {} : { ours: theirs }), ...(ours === undefined ? {} : { theirs: ours })
}))

const shown = ({ path, base, ours, theirs, keptAt }: MergeConflict): string => [path, line(base), line(ours), line(theirs), keptAt].join(' | ')

/** What must not be lost of an entry: its bytes or address. */
const contentOf = (entry: Entry): string => entry.kind === 'file' ? hex(entry.hash) : entry.kind === 'link' ? line({ ...entry, path: '' }) : 'folder'

const sides = fc.tuple(anyModel, anyEdits, anyEdits, fc.boolean(), anyModel)
const labels = fc.constantFrom<MergeLabels>(LABELS, swap(LABELS), { ours: 'same', theirs: 'same' }, { ours: '', theirs: 'a/b\u0000' })

interface Sides { readonly store: ChunkStore, readonly base: Model | undefined, readonly ours: Model, readonly theirs: Model, readonly roots: { base: Hash | undefined, ours: Hash, theirs: Hash } }

async function makeSides([start, one, two, related, other]: typeof sides extends fc.Arbitrary<infer T> ? T : never): Promise<Sides> {
  const store = createMemoryStore()
  const base = related ? start : undefined
  const ours = edited(start, one(start)) ?? start
  const theirs = related ? edited(start, two(start)) ?? start : edited(other, one(other)) ?? other
  return { store, base, ours, theirs, roots: { base: base === undefined ? undefined : await rootOf(store, base), ours: await rootOf(store, ours), theirs: await rootOf(store, theirs) } }
}

describe('a merge', () => {
  it('gives the same tree and the same conflicts either way round', () => fc.assert(fc.asyncProperty(sides, labels, async (made, named) => {
    const { store, roots } = await makeSides(made)
    const there = await mergeTrees(store, roots.base, roots.ours, roots.theirs, named)
    const back = await mergeTrees(store, roots.base, roots.theirs, roots.ours, swap(named))
    expect(hex(back.root)).toBe(hex(there.root))
    expect(swapped(back.conflicts).map(shown)).toEqual(there.conflicts.map(shown))
    const result = await modelOf(store, there.root)
    expect(hex(await rootOf(store, result))).toBe(hex(there.root))
  }), { numRuns: 50 }))

  it('changes nothing when it is done again with either side', () => fc.assert(fc.asyncProperty(sides, labels, async (made, named) => {
    const { store, roots } = await makeSides(made)
    const { root } = await mergeTrees(store, roots.base, roots.ours, roots.theirs, named)
    expect(hex((await mergeTrees(store, roots.base, root, roots.theirs, named)).root)).toBe(hex(root))
    expect(hex((await mergeTrees(store, roots.base, roots.ours, root, named)).root)).toBe(hex(root))
    expect(hex((await mergeTrees(store, roots.theirs, root, roots.theirs, named)).root)).toBe(hex(root))
    expect(await mergeTrees(store, roots.base, root, root, named)).toEqual({ root, conflicts: [] })
  }), { numRuns: 25 }))

  it('with a side that changed nothing is the other side', () => fc.assert(fc.asyncProperty(sides, async made => {
    const { store, roots: { base, ours } } = await makeSides(made)
    if (base === undefined) return
    expect(await mergeTrees(store, base, ours, base, LABELS)).toEqual({ root: ours, conflicts: [] })
    expect(await mergeTrees(store, base, base, ours, LABELS)).toEqual({ root: ours, conflicts: [] })
  }), { numRuns: 20 }))

  it('S2: loses no content, and takes over every change that only one side made', () => fc.assert(fc.asyncProperty(sides, labels, async (made, named) => {
    const { store, base, ours, theirs, roots } = await makeSides(made)
    const { root, conflicts } = await mergeTrees(store, roots.base, roots.ours, roots.theirs, named)
    const result = await modelOf(store, root)
    const same = (a: Entry | undefined, b: Entry | undefined): boolean => line(a) === line(b)
    const aside = new Map(conflicts.map(conflict => [conflict.path, conflict]))
    for (const [side, other] of [[ours, theirs], [theirs, ours]] as const) {
      for (const entry of sorted(side)) {
        const { path } = entry
        const was = base?.get(path)
        if (entry.kind === 'folder') continue
        const kept = [result.get(path), result.get(aside.get(path)?.keptAt ?? '')].some(now => now !== undefined && contentOf(now) === contentOf(entry))
        if (!kept && !(was !== undefined && contentOf(was) === contentOf(entry) && !same(other.get(path), was))) expect.fail(`${path} was lost`)
      }
      for (const [path, was] of base ?? []) {
        if (result.has(path) && other.get(path) === undefined && same(side.get(path), was)) expect.fail(`${path} came back`)
      }
    }
  }), { numRuns: 50 }))

  it('reads and writes only what differs', async () => {
    const store = countingStore()
    const at = (i: number): string => `d/${String(i).padStart(6, '0')}`
    const { root } = await writeTree(store, Array.from({ length: 40_000 }, (_, i) => fileEntry(at(i), 1)))
    const ours = await editTree(store, root, [1, 9000, 20_000].map(i => ({ op: 'put', entry: fileEntry(at(i), 2) })))
    const theirs = await editTree(store, root, [5000, 30_000].map(i => ({ op: 'put', entry: fileEntry(at(i), 3) })))
    Object.assign(store.calls, { gets: 0, got: 0, puts: 0, put: 0 })
    const merged = await mergeTrees(store, root, ours, theirs, LABELS)
    expect(merged.conflicts).toEqual([])
    expect(store.calls.got).toBeLessThan(60)
    expect(store.calls.put).toBeLessThan(12)
  })
})

describe('of two changes of one path', () => {
  const merge = async (base: Entry[], ours: Entry[], theirs: Entry[], named: MergeLabels = LABELS): Promise<{ entries: Entry[], conflicts: readonly MergeConflict[] }> => {
    const store = createMemoryStore()
    const write = async (entries: Entry[]): Promise<Hash> => rootOf(store, new Map(entries.map(entry => [entry.path, entry])))
    const { root, conflicts } = await mergeTrees(store, await write(base), await write(ours), await write(theirs), named)
    return { entries: sorted(await modelOf(store, root)), conflicts }
  }
  const [v0, v1, v2] = [0, 1, 2].map(seed => fileEntry('a/x.jpg', seed)) as [FileEntry, FileEntry, FileEntry]

  it('S3: keeps both contents, one under a name that says whose it is', async () => {
    const keptAt = 'a/x (conflict ben 2026-11-21).jpg'
    const { entries, conflicts } = await merge([v0], [v1], [v2])
    expect(entries).toEqual([{ ...v2, path: keptAt }, v1])
    expect(conflicts).toEqual([{ path: 'a/x.jpg', base: v0, ours: v1, theirs: v2, keptAt }])
    expect((await merge([], [v1], [v2])).entries).toEqual(entries)
  })

  it('takes the number that is free when the name is taken', async () => {
    const there = fileEntry('a/x (conflict ben 2026-11-21).jpg', 7)
    const { entries, conflicts } = await merge([v0, there], [v1, there], [v2, there])
    expect(conflicts[0]?.keptAt).toBe('a/x (conflict ben 2026-11-21 2).jpg')
    expect(entries).toHaveLength(3)
  })

  it('lets an edit beat a removal, and says so', async () => {
    expect(await merge([v0], [], [v2])).toEqual({ entries: [v2], conflicts: [{ path: 'a/x.jpg', base: v0, theirs: v2 }] })
    expect(await merge([v0], [], [])).toEqual({ entries: [], conflicts: [] })
  })

  it('joins changes of different fields without a conflict', async () => {
    const run = { ...v0, executable: true }
    expect(await merge([v0], [run], [v2])).toEqual({ entries: [{ ...v2, executable: true }], conflicts: [] })
    expect(await merge([v0], [{ ...v1, mediaType: 'image/png' }], [v1])).toEqual({ entries: [{ ...v1, mediaType: 'image/png' }], conflicts: [] })
    expect(await merge([], [{ ...v1, mediaType: 'image/png' }], [{ ...v1, mediaType: 'image/jpeg' }])).toEqual({ entries: [{ ...v1, mediaType: 'image/jpeg' }], conflicts: [] })
  })

  it('moves a file aside where the other side has a folder', async () => {
    const file = fileEntry('a', 3)
    const keptAt = 'a (conflict anna 2026-11-20)'
    expect(await merge([], [file], [v1])).toEqual({ entries: [v1, { ...file, path: keptAt }], conflicts: [{ path: 'a', ours: file, keptAt }] })
    const folder: Entry = { kind: 'folder', path: 'a' }
    expect(await merge([], [file], [folder])).toEqual({ entries: [folder, { ...file, path: keptAt }], conflicts: [{ path: 'a', ours: file, theirs: folder, keptAt }] })
    // The removal of the file that made room for the folder does not beat the edit of it.
    const edit = fileEntry('a', 4)
    expect(await merge([file], [edit], [v1])).toEqual({ entries: [v1, { ...edit, path: keptAt }], conflicts: [{ path: 'a', base: file, ours: edit, keptAt }] })
    expect(await merge([file], [file], [v1])).toEqual({ entries: [v1], conflicts: [] })
  })

  it('drops an empty folder that the other side fills', async () => {
    const folder: Entry = { kind: 'folder', path: 'a' }
    expect(await merge([folder], [folder], [v1])).toEqual({ entries: [v1], conflicts: [] })
    expect(await merge([], [folder], [v1])).toEqual({ entries: [v1], conflicts: [] })
    expect(await merge([folder], [], [v1])).toEqual({ entries: [v1], conflicts: [] })
  })

  it('lets the same side keep its names in all of a merge', async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `f${i}.txt`)
    const { entries } = await merge([], paths.map(path => fileEntry(path, `one ${path}`)), paths.map(path => fileEntry(path, `two ${path}`)))
    const store = createMemoryStore()
    const { root } = await writeTree(store, entries)
    for (const path of paths) expect(await getEntry(store, root, path)).toEqual(fileEntry(path, `one ${path}`))
  })
})

describe('the name for content that moves aside', () => {
  it('is a valid path of its own beside the old one', () => fc.assert(fc.property(fc.constantFrom('x.jpg', 'a/b/.hidden', 'a/archive.tar.gz', 'é'.repeat(127), `a/${'x'.repeat(251)}.jpg`, `${'d/'.repeat(510)}x`, `${`${'n'.repeat(254)}/`.repeat(4)}xyz`, 'a.' + 'y'.repeat(60)), fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 2000 }), (path, label, attempt) => {
    const name = conflictPath(path, label, attempt)
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(1024)
    expect(() => checked(name)).not.toThrow()
    expect(name).not.toBe(conflictPath(path, label, attempt + 1))
    expect(name).not.toBe(path)
  }), { numRuns: 500 }))

  it('keeps the ending, not that of hidden files', () => {
    expect(conflictPath('a/b.tar.gz', 'x y', 1)).toBe('a/b.tar (conflict x y).gz')
    expect(conflictPath('a/.bashrc', 'x', 2)).toBe('a/.bashrc (conflict x 2)')
    expect(conflictPath('b', '', 1)).toBe('b (conflict other)')
    expect(conflictPath('b', '../c\n', 1)).toBe('b (conflict ..-c-)')
  })
})
