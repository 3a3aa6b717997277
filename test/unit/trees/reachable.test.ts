import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { HashSet, type Hash } from '../../../src/model/index.ts'
import { childrenOf, editTree, putChunkList, reachable, writeCommit, writeTree, type Entry } from '../../../src/trees/index.ts'
import { anyEdits, anyModel, countingStore, edited, fileEntry, hashOf, hex, rootOf, sorted, type Model } from './model.ts'

/** What a walk should find of files that are not long lists. */
const dataOf = (model: Model): Set<string> => new Set(sorted(model).flatMap(entry => {
  if (entry.kind !== 'file' || entry.size === 0) return []
  const { content } = entry
  if (content.kind === 'whole') return [hex(entry.hash)]
  return content.kind === 'inline' ? Array.from(content.chunks.lengths, (_, i) => hex(content.chunks.hashes.subarray(i * 32, i * 32 + 32))) : []
}))

const withoutLists = (model: Model): Model => new Map([...model].filter(([, entry]) => entry.kind !== 'file' || entry.content.kind !== 'list'))

async function walk(store: ChunkStore, roots: Hash[], options: Parameters<typeof reachable>[3] = {}): Promise<{ nodes: string[], data: Set<string> }> {
  const nodes: string[] = []
  const data = new Set<string>()
  await reachable(store, roots, (hash, kind) => {
    if (kind === 'node') nodes.push(hex(hash))
    else data.add(hex(hash))
  }, options)
  return { nodes, data }
}

describe('what trees and commits need', () => {
  it('is every node once, and the chunks of every file', () => fc.assert(fc.asyncProperty(anyModel, anyEdits, async (start, make) => {
    const store = createMemoryStore()
    const before = withoutLists(start)
    const after = withoutLists(edited(before, make(before)) ?? before)
    const trees = [await rootOf(store, before), await rootOf(store, after)] as const
    const commit = await writeCommit(store, { tree: trees[0], parents: [], at: 1, message: '' })
    const next = await writeCommit(store, { tree: trees[1], parents: [commit], at: 2, message: '' })
    const { nodes, data } = await walk(store, [next, trees[1]])
    expect(data).toEqual(new Set([...dataOf(before), ...dataOf(after)]))
    expect(nodes).toHaveLength((await store.stats()).chunks)
    expect(new Set(nodes).size).toBe(nodes.length)
  }), { numRuns: 25 }))

  it('is walked past what is known, and no deeper than asked', async () => {
    const store = countingStore()
    const { root } = await writeTree(store, Array.from({ length: 20_000 }, (_, i) => fileEntry(`f${String(i).padStart(6, '0')}`, i)))
    const known = new HashSet()
    await reachable(store, [root], (hash, kind) => { if (kind === 'node') known.add(hash) })
    const after = await editTree(store, root, [{ op: 'put', entry: fileEntry('f000777', -1) }])
    store.calls.got = 0
    const { nodes } = await walk(store, [root, after], { known: hash => known.has(hash) })
    expect(nodes.length).toBeLessThan(4)
    expect(store.calls.got).toBe(nodes.length)
    const top: string[] = []
    await reachable(store, [root], hash => { top.push(hex(hash)); return false })
    expect(top).toEqual([hex(root)])
  })

  it('holds the chunks of long lists', async () => {
    const store = createMemoryStore()
    const hashes = new Uint8Array(Buffer.concat(Array.from({ length: 1000 }, (_, i) => hashOf(`chunk ${i}`))))
    const content = await putChunkList(store, { hashes, lengths: new Uint32Array(1000).fill(10) })
    const file: Entry = { ...fileEntry('x'), size: 10_000, content }
    const { root } = await writeTree(store, [file])
    const { data } = await walk(store, [root])
    expect(data).toEqual(new Set(Array.from({ length: 1000 }, (_, i) => hex(hashes.subarray(i * 32, i * 32 + 32)))))
  })

  it('ends at a missing node, or reports it and goes on', async () => {
    const store = createMemoryStore()
    const { root } = await writeTree(store, [fileEntry('a')])
    const commit = await writeCommit(store, { tree: root, parents: [hashOf('gone')], at: 1, message: '' })
    await expect(walk(store, [commit])).rejects.toMatchObject({ code: 'CHUNK_MISSING', facts: { hash: hex(hashOf('gone')) } })
    const missing: string[] = []
    expect((await walk(store, [commit], { missing: hash => missing.push(hex(hash)) })).nodes).toHaveLength(2)
    expect(missing).toEqual([hex(hashOf('gone'))])
    await expect(walk(store, [root], { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('is told node by node as the nodes arrive', async () => {
    const store = createMemoryStore()
    const { root } = await writeTree(store, [fileEntry('a', 1), { kind: 'link', path: 'b', url: 'https://example.org' }, fileEntry('c', 2)])
    const commit = await writeCommit(store, { tree: root, parents: [hashOf('parent')], at: 1, message: '' })
    const [ofCommit, ofTree] = (await store.getMany([commit, root])).map(bytes => childrenOf(bytes as Uint8Array))
    expect(ofCommit).toEqual({ kind: 'commit', level: 0, nodes: [root, hashOf('parent')], data: [] })
    expect(ofTree).toEqual({ kind: 'tree', level: 0, nodes: [], data: [fileEntry('a', 1), fileEntry('c', 2)].map(({ hash, size }) => ({ hash, length: size })) })
    expect(() => childrenOf(Buffer.from('some file'))).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
    expect(() => childrenOf(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
  })
})
