import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { compareHashes, type DeviceId, type Hash } from '../../../src/model/index.ts'
import { editTree, emptyTree, getEntry, mergeCommits, readCommit, writeCommit, writeTree, type Commit } from '../../../src/trees/index.ts'
import { commonAncestors } from '../../../src/trees/ancestors.ts'
import { fileEntry, hashOf, hex, modelOf } from './model.ts'

const device = (name: string): DeviceId => `12D3KooW${name}` as DeviceId
const plain = (parents: Hash[], n: number): Commit => ({ tree: hashOf('tree'), parents, by: device('anna'), at: n, message: `${n}` })

/** A history: the parents of each commit among those before it. */
const anyHistory = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 14 })

async function writeHistory(store: ChunkStore, shape: number[][]): Promise<{ hashes: Hash[], parents: number[][] }> {
  const hashes: Hash[] = []
  const parents: number[][] = []
  for (const [n, picks] of shape.entries()) {
    const of = n === 0 ? [] : [...new Set(picks.map(pick => n - 1 - (pick % Math.min(n, 4))))]
    parents.push(of)
    hashes.push(await writeCommit(store, plain(of.map(i => hashes[i] as Hash), n)))
  }
  return { hashes, parents }
}

function ancestors(parents: number[][], from: number[]): Set<number> {
  const found = new Set<number>()
  for (const waiting = [...from]; waiting.length > 0;) {
    const n = waiting.pop() as number
    if (found.has(n)) continue
    found.add(n)
    waiting.push(...parents[n] as number[])
  }
  return found
}

describe('commits', () => {
  it('are read back as they were written, parents sorted', async () => {
    const store = createMemoryStore()
    const first = await writeCommit(store, { tree: hashOf('t'), parents: [], at: 0, message: '' })
    const commit: Commit = { tree: hashOf('u'), parents: [hashOf('2'), hashOf('1'), first], by: device('x'), at: 1_763_700_000_000, message: 'Added 3 files\n✓' }
    const hash = await writeCommit(store, commit)
    expect(await readCommit(store, hash)).toEqual({ ...commit, parents: [...commit.parents].sort(compareHashes) })
    expect(hex(await writeCommit(store, { ...commit, parents: commit.parents.toReversed() }))).toBe(hex(hash))
    expect(await readCommit(store, first)).toEqual({ tree: hashOf('t'), parents: [], at: 0, message: '' })
    await expect(readCommit(store, hashOf('nowhere'))).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
    await expect(readCommit(store, (await writeTree(store, [fileEntry('a')])).root)).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
    for (const wrong of [{ at: -1 }, { at: 0.5 }, { message: '\ud800' }, { message: 'x'.repeat(20_000) }, { tree: new Uint8Array(3) }, { parents: [first, first] }, { by: '' as DeviceId }]) {
      await expect(writeCommit(store, { ...commit, ...wrong })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    }
    await expect(writeCommit(store, { ...commit, parents: Array.from({ length: 65 }, (_, i) => hashOf(`${i}`)) })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('the nearest common ancestors', () => {
  it('are those that no other common one comes from', () => fc.assert(fc.asyncProperty(anyHistory, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), fc.nat(), async (shape, lefts, pick) => {
    const store = createMemoryStore()
    const { hashes, parents } = await writeHistory(store, shape)
    const left = lefts.map(n => n % hashes.length)
    const right = pick % hashes.length
    const common = [...ancestors(parents, left)].filter(n => ancestors(parents, [right]).has(n))
    const nearest = common.filter(n => !common.some(other => other !== n && ancestors(parents, [other]).has(n)))
    const found = await commonAncestors(store, left.map(n => hashes[n] as Hash), [hashes[right] as Hash])
    expect(found.map(hex)).toEqual(nearest.map(n => hex(hashes[n] as Hash)).sort())
  }), { numRuns: 300 }))
})

/** A little draft: commits with real trees. */
async function edit(store: ChunkStore, parent: Hash | undefined, by: string, path: string, seed: number | undefined): Promise<Hash> {
  const before = parent === undefined ? await emptyTree(store) : (await readCommit(store, parent)).tree
  const tree = await editTree(store, before, [seed === undefined ? { op: 'remove', path } : { op: 'put', entry: fileEntry(path, seed) }])
  return writeCommit(store, { tree, parents: parent === undefined ? [] : [parent], by: device(by), at: Date.UTC(2026, 10, 21), message: `${path} ${seed}` })
}

describe('merging heads', () => {
  it('makes one commit, the same whoever merges and in whatever order', () => fc.assert(fc.asyncProperty(fc.array(fc.record({ by: fc.constantFrom('anna', 'ben', 'cleo'), path: fc.constantFrom('a', 'b', 'c', 'd'), seed: fc.option(fc.nat(3), { nil: undefined }), on: fc.nat() }), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (steps, count) => {
    const store = createMemoryStore()
    const commits: Hash[] = []
    for (const { by, path, seed, on } of steps) commits.push(await edit(store, commits.length === 0 ? undefined : commits[on % commits.length], by, path, seed))
    const heads = commits.slice(-count)
    const merged = await mergeCommits(store, heads)
    const again = await mergeCommits(store, [...heads, heads[0] as Hash].toReversed())
    expect(again).toEqual(merged)
    expect(await mergeCommits(store, [merged.commit, ...heads])).toEqual({ commit: merged.commit, tree: merged.tree, conflicts: [] })
    const made = await readCommit(store, merged.commit)
    expect(hex(made.tree)).toBe(hex(merged.tree))
    if (made.parents.length > 1) expect(made).toMatchObject({ at: 0, message: 'Merge' })
  }), { numRuns: 100 }))

  it('leaves out heads that others come from', async () => {
    const store = createMemoryStore()
    const first = await edit(store, undefined, 'anna', 'a', 1)
    const second = await edit(store, first, 'anna', 'b', 1)
    expect(await mergeCommits(store, [first, second])).toEqual({ commit: second, tree: (await readCommit(store, second)).tree, conflicts: [] })
    expect((await mergeCommits(store, [first])).commit).toEqual(first)
  })

  it('names what moves aside by device and date', async () => {
    const store = createMemoryStore()
    const first = await edit(store, undefined, 'anna', 'x.txt', 0)
    const heads = [await edit(store, first, '0000anna', 'x.txt', 1), await edit(store, first, '00000ben', 'x.txt', 2)]
    const { tree, conflicts } = await mergeCommits(store, heads)
    expect(conflicts).toHaveLength(1)
    expect(await getEntry(store, tree, 'x (conflict 0000anna 2026-11-21).txt')).toEqual(fileEntry('x (conflict 0000anna 2026-11-21).txt', 1))
    expect(await getEntry(store, tree, 'x.txt')).toEqual(fileEntry('x.txt', 2))
  })

  it('finds nothing new where the same commits were merged apart before', async () => {
    const store = createMemoryStore()
    const first = await edit(store, undefined, 'anna', 'x', 0)
    const [p, q, r, s] = await Promise.all(['p', 'q', 'r', 's'].map(path => edit(store, first, path, path, 1))) as [Hash, Hash, Hash, Hash]
    const merge = async (...heads: Hash[]): Promise<Hash> => (await mergeCommits(store, heads)).commit
    // Both sides hold p and q, each by merges of its own; one goes on to edit both.
    const ours = await edit(store, await edit(store, await merge(p, q), 'anna', 'p', 2), 'anna', 'q', 2)
    const theirs = await merge(await merge(p, r), await merge(q, s))
    expect(await commonAncestors(store, [ours], [theirs])).toHaveLength(2)
    const { tree, conflicts } = await mergeCommits(store, [ours, theirs])
    expect(conflicts).toEqual([])
    expect([...(await modelOf(store, tree)).values()]).toEqual([fileEntry('p', 2), fileEntry('q', 2), fileEntry('r', 1), fileEntry('s', 1), fileEntry('x', 0)])
  })

  it('merges more heads than one commit can name', async () => {
    const store = createMemoryStore()
    const first = await edit(store, undefined, 'anna', 'x', 0)
    const heads: Hash[] = []
    for (let i = 0; i < 70; i++) heads.push(await edit(store, first, `device ${i}`, `f${i}`, i))
    const { commit, tree } = await mergeCommits(store, heads)
    expect((await readCommit(store, commit)).parents).toHaveLength(2)
    expect((await modelOf(store, tree)).size).toBe(71)
  })
})
