import type { ChunkStore } from '../chunks/index.ts'
import { hashKey, type Hash } from '../model/index.ts'
import { Cursor, type Ahead } from './cursor.ts'
import type { TreeChange } from './entry.ts'
import { decodeEntry, type Body } from './entry-codec.ts'
import { compareKeys, decodeKey, encodeKey, sameBytes, type Key } from './key.ts'
import { NodeReader } from './node-reader.ts'
import { Pace } from './pace.ts'
import { behind, checkFolder } from './read-tree.ts'
import type { TreeNode } from './tree-node.ts'

/** One path that two trees have differently, still encoded. */
export interface Difference { readonly key: Key, readonly before: Body | undefined, readonly after: Body | undefined }

/** Nodes that differ and are read at once. */
const NODES_AHEAD = 15

/**
 * What differs between two trees, in order of paths: only nodes that differ are read. Any change of an entry counts, also of its
 * executable bit or media type.
 * @param options.prefix only this path and what lies below it
 * @throws PATH_INVALID, CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID
 */
export async function* diffTrees(store: ChunkStore, before: Hash, after: Hash, options: { prefix?: string, signal?: AbortSignal } = {}): AsyncGenerator<TreeChange, void, undefined> {
  for await (const { key, before: had, after: has } of differences(new NodeReader(store), before, after, options)) {
    const path = decodeKey(key)
    yield { path, ...(had === undefined ? {} : { before: decodeEntry(path, had) }), ...(has === undefined ? {} : { after: decodeEntry(path, has) }) }
  }
}

/** `diffTrees` without making entries. Keys and bodies are views of nodes: valid for good, but keeping one keeps its node. */
export async function* differences(reader: NodeReader, before: Hash, after: Hash, options: { prefix?: string, signal?: AbortSignal } = {}): AsyncGenerator<Difference, void, undefined> {
  const pair = await openPair(reader, before, after, checkFolder(options.prefix))
  const pace = new Pace(options.signal)
  for (let order = pair.order(); order !== undefined; order = pair.order()) {
    if (pace.step()) await pace.turn()
    const { left, right } = pair
    if (order !== 0) {
      const first = order < 0 ? left : right
      if (first.level > 0) await first.enter()
      else {
        const { key, body } = first.item
        yield order < 0 ? { key, before: body, after: undefined } : { key, before: undefined, after: body }
        first.advance()
      }
    } else if (left.level !== right.level) await (left.level > right.level ? left : right).enter()
    else {
      const { key, body } = left.item
      const other = right.item.body
      if (!sameBytes(body, other)) {
        if (left.level > 0) {
          await Promise.all([left.enter(), right.enter()])
          continue
        }
        yield { key, before: body, after: other }
      }
      // Equal entries, or subtrees with equal hashes: nothing below them differs.
      left.advance()
      right.advance()
    }
  }
}

/** Places in two trees that move along together. */
interface Pair {
  readonly left: Cursor
  readonly right: Cursor
  /** Which place has the lower path; 0 for the same; undefined at the end of both. */
  order(): number | undefined
}

async function openPair(reader: NodeReader, before: Hash, after: Hash, prefix: string): Promise<Pair> {
  const roots = await reader.nodes([before, after])
  const left: Cursor = new Cursor(reader, roots[0] as TreeNode, unlike(() => right))
  const right: Cursor = new Cursor(reader, roots[1] as TreeNode, unlike(() => left))
  const end = prefix === '' ? undefined : behind(prefix)
  if (prefix !== '' && !sameBytes(before, after)) await Promise.all([left.seek(encodeKey(prefix)), right.seek(encodeKey(prefix))])
  const ended = (cursor: Cursor): boolean => cursor.done || (end !== undefined && compareKeys(cursor.key, end) >= 0)
  const order = (): number | undefined => {
    if (ended(left)) return ended(right) ? undefined : 1
    return ended(right) ? -1 : compareKeys(left.key, right.key)
  }
  return { left, right, order }
}

/** Reads ahead what the other tree does not have in the node of the same level that it is in. */
function unlike(other: () => Cursor): Ahead {
  let known: TreeNode | undefined
  let hashes = new Set<string>()
  return (node, index) => {
    const beside = other().nodeAt(node.level)
    if (beside !== known) hashes = childKeys(beside)
    known = beside
    const ahead: number[] = []
    for (let i = index + 1; i < node.count && ahead.length < NODES_AHEAD; i++) {
      if (!hashes.has(hashKey(node.child(i)))) ahead.push(i)
    }
    return ahead
  }
}

const childKeys = (node: TreeNode | undefined): Set<string> =>
  new Set(node === undefined ? [] : Array.from({ length: node.count }, (_, i) => hashKey(node.child(i))))
