import { describe, expect, it } from 'vitest'
import type { DiffItem } from '../../../src/http/contract.ts'
import { rowsOf, treeOf } from '../../../web/parts/changes/tree.ts'

const file = (path: string, size: number) => ({ type: 'file' as const, path, size, hash: `blake3:${'0'.repeat(64)}`, mediaType: 'text/plain', executable: false })
const items: readonly DiffItem[] = [
  { path: 'a/b/one.txt', change: 'added', before: null, after: file('a/b/one.txt', 10) },
  { path: 'a/two.txt', change: 'removed', before: file('a/two.txt', 4), after: null },
  { path: 'three.txt', change: 'modified', before: file('three.txt', 1), after: file('three.txt', 6) }
]

describe('W2: differences as a tree', () => {
  it('sums up what is below each folder', () => {
    const tree = treeOf(items)
    expect(tree).toMatchObject({ added: 1, modified: 1, removed: 1, bytes: 11, files: [{ path: 'three.txt' }] })
    expect(tree.folders).toMatchObject([{ name: 'a', path: 'a', added: 1, removed: 1, bytes: 6, folders: [{ path: 'a/b', bytes: 10 }] }])
  })

  it('lists the rows of open folders, folders first', () => {
    const names = (open: readonly string[]) => rowsOf(treeOf(items), folder => open.includes(folder.path)).map(row => `${row.depth} ${row.folder?.path ?? row.item?.path}`)
    expect(names([])).toEqual(['0 a', '0 three.txt'])
    expect(names(['a'])).toEqual(['0 a', '1 a/b', '1 a/two.txt', '0 three.txt'])
  })
})
