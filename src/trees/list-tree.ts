import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { isInside, type Hash } from '../model/index.ts'
import { Cursor, type Ahead } from './cursor.ts'
import type { Entry, FolderItem } from './entry.ts'
import { NodeReader } from './node-reader.ts'
import { behind, checkFolder, insideOf } from './read-tree.ts'
import type { TreeNode } from './tree-node.ts'

/** Rows of a page when none are asked for. */
const DEFAULT_PAGE = 1000
/** Rows of the largest page: about 2 MB as JSON. */
export const MAX_PAGE = 10_000
/** Leaves read at once for a page. */
const LEAVES_AHEAD = 32

export interface ListOptions {
  /** The folder to list; default the top. */
  readonly prefix?: string
  /** The `next` of the page before: only what comes behind it. */
  readonly after?: string
  /** 1 to 10,000 rows; default 1,000. */
  readonly limit?: number
  /** Also what lies in subfolders, instead of one row for each of them. */
  readonly recursive?: boolean
}

/**
 * One page of a folder, in order of paths. Without `recursive` the content of subfolders is skipped, not read.
 * @returns `next` where more follows, to be given as `after`
 * @throws PATH_INVALID, FIELD_INVALID (limit), CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID
 */
export async function listTree(store: ChunkStore, root: Hash, options: ListOptions = {}): Promise<{ items: (Entry | FolderItem)[], next?: string }> {
  const folder = checkFolder(options.prefix)
  const limit = options.limit ?? DEFAULT_PAGE
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) fail('FIELD_INVALID', `limit must be a whole number from 1 to ${MAX_PAGE}`, { field: 'limit' })
  const recursive = options.recursive ?? false
  const reader = new NodeReader(store)
  const items: (Entry | FolderItem)[] = []
  const cursor = new Cursor(reader, await reader.root(root), leavesAhead(folder, recursive, () => limit - items.length))
  await cursor.seek(insideOf(folder))
  if (options.after !== undefined) await cursor.seek(recursive ? insideOf(options.after) : behind(options.after))
  while (!cursor.done) {
    const path = cursor.node.path(cursor.index)
    if (!isInside(path, folder)) break
    const last = items.at(-1)
    if (items.length === limit && last !== undefined) return { items, next: last.path }
    const below = recursive ? undefined : subfolder(path, folder)
    if (below === undefined) {
      items.push(cursor.node.entry(cursor.index))
      cursor.advance()
      await cursor.descend()
    } else {
      items.push({ kind: 'subfolder', path: below })
      await cursor.seek(behind(below))
    }
  }
  return { items }
}

/** The direct subfolder of `folder` that `path` lies in; undefined when it lies in `folder` itself. */
function subfolder(path: string, folder: string): string | undefined {
  const slash = path.indexOf('/', folder === '' ? 0 : folder.length + 1)
  return slash < 0 ? undefined : path.slice(0, slash)
}

/** The next leaves in which the page can find a row: not those that lie in one subfolder from their first path to the next leaf's. */
function leavesAhead(folder: string, recursive: boolean, rowsLeft: () => number): Ahead {
  // The subfolder that a leaf's first path lies in; undefined where it gives a row of its own, null behind the folder.
  const rowOf = (node: TreeNode, index: number): string | undefined | null => {
    const path = node.path(index)
    if (!isInside(path, folder)) return null
    return recursive ? undefined : subfolder(path, folder)
  }
  return (node, index) => {
    const ahead: number[] = []
    if (node.level !== 1) return ahead
    // A leaf gives one row at least where subfolders are skipped, and a hundred where they are not.
    const most = Math.min(LEAVES_AHEAD, recursive ? Math.ceil(rowsLeft() / 100) : rowsLeft())
    let row = index + 1 < node.count ? rowOf(node, index + 1) : null
    for (let i = index + 1; row !== null && ahead.length < most; i++) {
      const next = i + 1 < node.count ? rowOf(node, i + 1) : null
      if (row === undefined || next !== row) ahead.push(i)
      row = next
    }
    return ahead
  }
}
