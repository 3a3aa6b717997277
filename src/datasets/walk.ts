import { setImmediate } from 'node:timers/promises'
import type { ChunkStore } from '../chunks/index.ts'
import { isShoalError } from '../errors/index.ts'
import { type Hash, HashSet } from '../model/index.ts'
import { type Children, childrenOf } from '../trees/index.ts'

/** What can be wrong with a node: it is not here, its bytes are not what they were, or they never were a node. */
export type NodeProblem = 'missing' | 'damaged' | 'invalid'

export interface Visitor {
  /** Once for each node that could be read. @param length its bytes */
  node(hash: Hash, length: number): void
  /** For each chunk of each file; the same one may come more than once. */
  data(hash: Hash, length: number): void
  /** For each node that could not be looked into; what lies below it is not visited. */
  problem(hash: Hash, problem: NodeProblem): void
}

/** Nodes read at once; depth first, so that what waits stays small. */
const NODES_AT_ONCE = 64
/** Items visited before others get a turn: a few milliseconds. */
const ITEMS_A_TURN = 2048

/** What a node points at, and its own bytes. */
interface Found extends Children { readonly length: number }

/**
 * Visits all that lies below some trees, whatever is wrong with parts of them: for those who must see the whole and judge by themselves.
 * @param seen nodes visited before, with what lies below them; the ones visited now join them
 */
export async function walkTrees(store: ChunkStore, roots: readonly Hash[], visitor: Visitor, signal?: AbortSignal, seen = new HashSet()): Promise<void> {
  const waiting = roots.toReversed()
  let items = 0
  while (waiting.length > 0) {
    signal?.throwIfAborted()
    const hashes = waiting.splice(-NODES_AT_ONCE).toReversed().filter(hash => seen.add(hash))
    const found = await readNodes(store, hashes)
    const next: Hash[] = []
    for (const [index, children] of found.entries()) {
      const hash = hashes[index] as Hash
      if (typeof children === 'string') {
        visitor.problem(hash, children)
        continue
      }
      visitor.node(hash, children.length)
      for (const chunk of children.data) visitor.data(chunk.hash, chunk.length)
      for (const node of children.nodes) if (!seen.has(node)) next.push(node)
      items += children.data.length + children.nodes.length
      if (items < ITEMS_A_TURN) continue
      items = 0
      await setImmediate()
    }
    waiting.push(...next.toReversed())
  }
}

async function readNodes(store: ChunkStore, hashes: readonly Hash[]): Promise<readonly (Found | NodeProblem)[]> {
  try {
    const found = await store.getMany(hashes)
    return found.map(bytes => bytes === undefined ? 'missing' : childrenIn(bytes))
  } catch (error) {
    if (!isShoalError(error, 'CHUNK_DAMAGED')) throw error
    if (hashes.length === 1) return ['damaged']
    // One of them is damaged: the others are read without it.
    const alone: (Found | NodeProblem)[] = []
    for (const hash of hashes) alone.push(...await readNodes(store, [hash]))
    return alone
  }
}

function childrenIn(bytes: Uint8Array): Found | NodeProblem {
  try {
    return { ...childrenOf(bytes), length: bytes.length }
  } catch (error) {
    if (isShoalError(error, 'FORMAT_INVALID')) return 'invalid'
    throw error
  }
}
