import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../../src/chunks/index.ts'
import { comparePaths, isInside, type Hash } from '../../../src/model/index.ts'
import { diffTrees, editTree, writeTree, type TreeChange } from '../../../src/trees/index.ts'
import { anyEdits, anyModel, countingStore, edited, fileEntry, line, rootOf, type Model } from './model.ts'

async function diff(store: Parameters<typeof diffTrees>[0], before: Hash, after: Hash, prefix?: string): Promise<TreeChange[]> {
  const changes: TreeChange[] = []
  for await (const change of diffTrees(store, before, after, prefix === undefined ? {} : { prefix })) changes.push(change)
  return changes
}

function modelDiff(before: Model, after: Model): TreeChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths).flatMap(path => {
    const [had, has] = [before.get(path), after.get(path)]
    return line(had) === line(has) ? [] : [{ path, ...(had === undefined ? {} : { before: had }), ...(has === undefined ? {} : { after: has }) }]
  })
}

const shown = ({ path, before, after }: TreeChange): string => `${path}: ${line(before)} -> ${line(after)}`

describe('a diff', () => {
  it('is the difference of the models, whole and below a path', () => fc.assert(fc.asyncProperty(anyModel, anyModel, anyEdits, fc.boolean(), fc.constantFrom('a', 'b', 'dir', 'a/b', 'b0', 'é'), async (start, other, make, unlike, prefix) => {
    const store = createMemoryStore()
    const after = unlike ? other : edited(start, make(start)) ?? start
    const [a, b] = [await rootOf(store, start), await rootOf(store, after)]
    const expected = modelDiff(start, after)
    expect((await diff(store, a, b)).map(shown)).toEqual(expected.map(shown))
    expect((await diff(store, a, b, prefix)).map(shown)).toEqual(expected.filter(({ path }) => path === prefix || isInside(path, prefix)).map(shown))
  }), { numRuns: 50 }))

  it('reads only nodes that differ', async () => {
    const store = countingStore()
    const { root } = await writeTree(store, Array.from({ length: 60_000 }, (_, i) => fileEntry(`d/${String(i).padStart(6, '0')}`, 1)))
    const after = await editTree(store, root, Array.from({ length: 10 }, (_, i) => ({ op: 'put', entry: fileEntry(`d/${String(i * 5999 + 17).padStart(6, '0')}`, 2) })))
    Object.assign(store.calls, { gets: 0, got: 0 })
    expect(await diff(store, root, after)).toHaveLength(10)
    expect(store.calls.got).toBeLessThan(45)
    Object.assign(store.calls, { gets: 0, got: 0 })
    expect(await diff(store, root, root)).toEqual([])
    expect(store.calls.got).toBeLessThan(3)
  })

  it('W2: counts a changed executable bit or media type as modified', async () => {
    const store = createMemoryStore()
    const file = fileEntry('run.sh')
    const { root } = await writeTree(store, [file])
    for (const changed of [{ ...file, executable: true }, { ...file, mediaType: 'text/x-sh' }]) {
      expect(await diff(store, root, (await writeTree(store, [changed])).root)).toEqual([{ path: 'run.sh', before: file, after: changed }])
    }
  })
})
