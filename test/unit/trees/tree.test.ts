import { expect, it } from 'vitest'
import { createMemoryStore } from '../../../src/chunks/index.ts'
import { comparePaths } from '../../../src/model/index.ts'
import { editTree, emptyTree, getEntry, isFolder, listTree, treeEntries, treeStats, writeTree, type Entry } from '../../../src/trees/index.ts'
import { fileEntry } from './entries.ts'

it('writes, reads, lists and edits a tree of 30,000 files', async () => {
  const store = createMemoryStore()
  const entries: Entry[] = []
  for (let d = 0; d < 60; d++) for (let f = 0; f < 500; f++) entries.push(fileEntry(`d${d}/sub${f % 7}/file ${f}.jpg`, d * 1000 + f))
  entries.sort((a, b) => comparePaths(a.path, b.path))
  const { root, stats } = await writeTree(store, entries)
  expect(stats.files).toBe(30000)
  expect(await treeStats(store, root)).toEqual(stats)
  expect(await getEntry(store, root, 'd3/sub1/file 8.jpg')).toEqual(fileEntry('d3/sub1/file 8.jpg', 3008))
  expect(await isFolder(store, root, 'd3/sub1')).toBe(true)
  const all: Entry[] = []
  for await (const entry of treeEntries(store, root)) all.push(entry)
  expect(all).toEqual(entries)
  const page = await listTree(store, root, { limit: 50 })
  expect(page.items.length).toBe(50)
  expect((await listTree(store, root, { after: page.next! })).items.length).toBe(10)
  // Edits in random pieces from empty give the same root.
  let made = await emptyTree(store)
  for (let i = 0; i < 40; i++) {
    made = await editTree(store, made, entries.filter((_, at) => (at * 7919) % 40 === i).map(entry => ({ op: 'put', entry })))
  }
  expect(Buffer.from(made).toString('hex')).toBe(Buffer.from(root).toString('hex'))
})
