import type { ChunkStore } from '../chunks/index.ts'
import { checkPath, type Hash } from '../model/index.ts'
import { hashOf } from './bytes.ts'
import { ChunkBatch } from './chunk-batch.ts'
import type { Entry, TreeStats } from './entry.ts'
import { encodeEntry } from './entry-codec.ts'
import { EntryStream } from './entry-stream.ts'
import { encodeKey, isPlainKey } from './key.ts'
import { encodeNode, itemOf, NodeWriter, type WrittenNode } from './node-writer.ts'
import { Pace } from './pace.ts'
import { noTotals, type Totals } from './totals.ts'
import type { Item } from './tree-node.ts'

/** One level of a tree being written: a level that ends up with one node is the root's. */
interface Level { readonly writer: NodeWriter, first?: WrittenNode, nodes: number }

/** Builds the nodes above a sequence of items, up to the root. */
export class LevelStack {
  readonly #batch: ChunkBatch
  readonly #lowest: number
  readonly #levels: Level[] = []

  /** @param lowest level of the nodes that the first items go into */
  constructor(batch: ChunkBatch, lowest: number) {
    this.#batch = batch
    this.#lowest = lowest
    this.#open()
  }

  get writer(): NodeWriter {
    return this.#level(0).writer
  }

  #level(index: number): Level {
    return this.#levels[index] ?? this.#open()
  }

  #open(): Level {
    const index = this.#levels.length
    const level: Level = { writer: new NodeWriter(this.#lowest + index, node => this.#take(index, node)), nodes: 0 }
    this.#levels.push(level)
    return level
  }

  #take(index: number, node: WrittenNode): void {
    this.#batch.add(node)
    const level = this.#level(index)
    level.nodes++
    if (level.nodes === 1) {
      level.first = node
      return
    }
    const above = this.#level(index + 1).writer
    if (level.nodes === 2 && level.first !== undefined) above.add(itemOf(level.first))
    above.add(itemOf(node))
  }

  /** The root; undefined when nothing was added. */
  finish(): WrittenNode | undefined {
    for (let index = 0; index < this.#levels.length; index++) {
      const level = this.#level(index)
      level.writer.finish()
      if (level.nodes <= 1) return level.first
    }
    return undefined
  }
}

export const statsOf = (totals: Totals): TreeStats => ({ files: totals.files, links: totals.links, bytes: totals.bytes })

const EMPTY_NODE = encodeNode(0, 0, new Uint8Array(0))
const EMPTY_ROOT = hashOf(EMPTY_NODE)

/** Puts the tree of nothing into the store. @returns its root, the same everywhere */
export async function emptyTree(store: ChunkStore): Promise<Hash> {
  await store.putMany([{ hash: EMPTY_ROOT.slice(), bytes: EMPTY_NODE.slice() }])
  return EMPTY_ROOT.slice()
}

/** @throws PATH_INVALID, FIELD_INVALID */
export function encodeItem(entry: Entry): Item {
  const key = encodeKey(entry.path)
  if (!isPlainKey(key)) checkPath(entry.path)
  return { key, body: encodeEntry(entry) }
}

/**
 * Writes a tree from all its entries, in the order of `comparePaths`. Folder entries with something below them are dropped, so an
 * importer may name every folder it meets. The tree is durable after the store's next barrier.
 * @throws PATH_INVALID, PATH_EXISTS (a path twice), PATH_CLASH (a file with something below it), FIELD_INVALID, DISK_FULL, INTERNAL (out of order)
 */
export async function writeTree(store: ChunkStore, entries: Iterable<Entry> | AsyncIterable<Entry>, options: { signal?: AbortSignal } = {}): Promise<{ root: Hash, stats: TreeStats }> {
  const batch = new ChunkBatch(store)
  const levels = new LevelStack(batch, 0)
  const stream = new EntryStream(levels.writer)
  const pace = new Pace(options.signal)
  for await (const entry of entries) {
    stream.add(encodeItem(entry))
    if (batch.full) await batch.flush()
    if (pace.step()) await pace.turn()
  }
  stream.settle(undefined)
  const root = levels.finish()
  await batch.flush()
  return root === undefined ? { root: await emptyTree(store), stats: statsOf(noTotals()) } : { root: root.hash, stats: statsOf(root.totals) }
}
