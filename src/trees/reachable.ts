import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HashSet, hashToHex, type Hash } from '../model/index.ts'
import { refuse } from './bytes.ts'
import { decodeCommit } from './commit-codec.ts'
import { addPointers, type DataPointer } from './entry-codec.ts'
import { COMMIT_TAG, LIST_TAG, TREE_TAG } from './limits.ts'
import { decodeListNode, listHash } from './list-node.ts'
import { Pace } from './pace.ts'
import { decodeTreeNode } from './tree-node.ts'

/** What one node points at: nodes (to be looked into in turn) and chunks of files. */
export interface Children {
  readonly kind: 'tree' | 'list' | 'commit'
  /** Levels of its kind below it: the nodes of a tree node at 0 are lists, above it tree nodes one level lower. 0 for a commit. */
  readonly level: number
  readonly nodes: readonly Hash[]
  readonly data: readonly DataPointer[]
}

/** Nodes read at once. Depth first, so that what waits stays small. */
const NODES_AT_ONCE = 64

/**
 * What a tree node, list node or commit points at, from its bytes alone: for walks that fetch nodes as they go. The order follows the
 * files. A commit points at its tree, then at its parents.
 * @throws FORMAT_INVALID when the bytes are no node, or not in its one right form
 */
export function childrenOf(bytes: Uint8Array): Children {
  const tag = bytes[0]
  if (tag === TREE_TAG) return treeChildren(bytes)
  if (tag === LIST_TAG) return listChildren(bytes)
  if (tag !== COMMIT_TAG) return refuse('the bytes are no tree node, list node or commit')
  const commit = decodeCommit(bytes)
  return { kind: 'commit', level: 0, nodes: [commit.tree, ...commit.parents], data: [] }
}

function treeChildren(bytes: Uint8Array): Children {
  const node = decodeTreeNode(bytes)
  const nodes: Hash[] = []
  const data: DataPointer[] = []
  for (let i = 0; i < node.count; i++) {
    if (node.level > 0) nodes.push(node.child(i))
    else addPointers(node.body(i), nodes, data)
  }
  return { kind: 'tree', level: node.level, nodes, data }
}

function listChildren(bytes: Uint8Array): Children {
  const node = decodeListNode(bytes)
  const hashes = node.sizes.map((length, i) => ({ hash: listHash(node, i), length }))
  const { level } = node
  return level === 0 ? { kind: 'list', level, nodes: [], data: hashes } : { kind: 'list', level, nodes: hashes.map(({ hash }) => hash), data: [] }
}

export interface ReachableOptions {
  readonly signal?: AbortSignal
  /** Whether a node was walked before, with all below it: it is passed over then. */
  readonly known?: (hash: Hash) => boolean
  /** Called for nodes that are not here; without it the walk ends at the first. */
  readonly missing?: (hash: Hash) => void
}

/**
 * Calls `visit` for every node and chunk that some trees and commits (with their trees and history) need. A node is visited once, when
 * it has been read; what it returns `false` for is not looked into. A chunk is visited as often as files name it, and is not read.
 * @throws CHUNK_MISSING (without `missing`), CHUNK_DAMAGED, FORMAT_INVALID
 */
export async function reachable(store: ChunkStore, roots: readonly Hash[], visit: (hash: Hash, kind: 'node' | 'data', length: number) => void | boolean, options: ReachableOptions = {}): Promise<void> {
  const seen = new HashSet()
  const pace = new Pace(options.signal)
  const waiting: Hash[] = []
  const push = (hashes: readonly Hash[]): void => {
    // The first to be popped last: backwards, so that files come in order.
    for (const hash of hashes.toReversed()) if (!seen.has(hash) && options.known?.(hash) !== true) waiting.push(hash)
  }
  push(roots)
  while (waiting.length > 0) {
    options.signal?.throwIfAborted()
    const hashes = waiting.splice(-NODES_AT_ONCE).toReversed().filter(hash => seen.add(hash))
    const found = await store.getMany(hashes)
    const next: Hash[] = []
    for (const [i, hash] of hashes.entries()) {
      const bytes = found[i]
      if (bytes === undefined) {
        if (options.missing === undefined) fail('CHUNK_MISSING', `the node ${hashToHex(hash)} is not here`, { hash: hashToHex(hash) })
        options.missing(hash)
        continue
      }
      if (visit(hash, 'node', bytes.length) === false) continue
      const { nodes, data } = childrenOf(bytes)
      for (const chunk of data) visit(chunk.hash, 'data', chunk.length)
      for (const node of nodes) next.push(node)
      for (let step = 0; step < data.length; step++) if (pace.step()) await pace.turn()
    }
    push(next)
  }
}
