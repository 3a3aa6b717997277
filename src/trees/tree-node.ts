import { HASH_BYTES, type Hash } from '../model/index.ts'
import { ByteReader, openNode, refuse } from './bytes.ts'
import type { Entry } from './entry.ts'
import { decodeEntry, passEntry, type Body } from './entry-codec.ts'
import { compareKeys, decodeKey, type Key } from './key.ts'
import { KeyScan } from './key-scan.ts'
import { ITEM_OVERHEAD, MAX_LEVEL, MAX_NODE_BYTES, MAX_NODE_ITEMS, MAX_NODE_WEIGHT, MIN_NODE_ITEMS, TREE_TAG } from './limits.ts'
import { addTotals, noTotals, readTotals, type Totals } from './totals.ts'

/** One item of a node: a path with the rest of its entry, or the first path below a child with the child's hash and totals. */
export interface Item { readonly key: Key, readonly body: Body }

/** What a node of that weight and count does with the next item. */
export const weightOf = (item: Item): number => item.key.length + item.body.length + ITEM_OVERHEAD

/** Where the items of a node are, in flat tables: most readers look at few of them, so nothing is made of an item before it is asked for. */
interface Tables {
  /** All paths in full, one behind the other. */
  readonly keys: Uint8Array
  /** Three numbers an item: where its path ends in `keys`, where its body begins and where it ends in the node's bytes. */
  readonly ends: Uint32Array
}

/** A decoded, checked tree node. */
export class TreeNode {
  readonly bytes: Uint8Array
  /** 0 for a leaf, which holds entries. */
  readonly level: number
  readonly count: number
  readonly totals: Totals
  readonly #tables: Tables

  constructor(bytes: Uint8Array, level: number, count: number, totals: Totals, tables: Tables) {
    this.bytes = bytes
    this.level = level
    this.count = count
    this.totals = totals
    this.#tables = tables
  }

  /** A view, valid as long as the node. */
  key(index: number): Key {
    const { keys, ends } = this.#tables
    return keys.subarray(index === 0 ? 0 : ends[index * 3 - 3], ends[index * 3])
  }

  body(index: number): Body {
    const { ends } = this.#tables
    return this.bytes.subarray(ends[index * 3 + 1], ends[index * 3 + 2])
  }

  item(index: number): Item {
    return { key: this.key(index), body: this.body(index) }
  }

  path(index: number): string {
    return decodeKey(this.key(index))
  }

  /** Of a leaf. */
  entry(index: number): Entry {
    return decodeEntry(this.path(index), this.body(index))
  }

  /** Of an inner node: the child's hash. */
  child(index: number): Hash {
    return childHash(this.body(index))
  }

  childTotals(index: number): Totals {
    return childTotals(this.body(index))
  }

  /** The last item whose path is at or before `key` (before it, when `strictly`); -1 when all lie behind. */
  find(key: Key, strictly = false): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = compareKeys(this.key(middle), key)
      if (order < 0 || (order === 0 && !strictly)) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** The hash in an inner item's body. */
export const childHash = (body: Body): Hash => Uint8Array.prototype.slice.call(body, 0, HASH_BYTES)

export const childTotals = (body: Body): Totals => {
  const reader = new ByteReader(body)
  reader.skip(HASH_BYTES)
  return readTotals(reader)
}

/** Reads a tree node and refuses every byte sequence that the writer would not have made. @throws FORMAT_INVALID */
export function decodeTreeNode(bytes: Uint8Array): TreeNode {
  const reader = openNode(bytes, TREE_TAG, MAX_NODE_BYTES)
  const level = reader.byte()
  if (level > MAX_LEVEL) refuse(`a node of level ${level} is too high`)
  const count = reader.varint()
  if (count > MAX_NODE_ITEMS || (count === 0 && level > 0)) refuse(`a node of ${count} items`)
  const ends = new Uint32Array(count * 3)
  const totals = noTotals()
  const keys = new KeyScan(reader, level)
  let weight = 0
  for (let i = 0; i < count; i++) {
    keys.next()
    if (i >= MIN_NODE_ITEMS && keys.boundary) refuse('a node goes on behind a boundary')
    const start = reader.at
    if (level === 0) passEntry(reader, totals)
    else passChild(reader, totals)
    ends[i * 3] = keys.end
    ends[i * 3 + 1] = start
    ends[i * 3 + 2] = reader.at
    weight += keys.length + reader.at - start + ITEM_OVERHEAD
    if (weight > MAX_NODE_WEIGHT) refuse('a node is too large')
  }
  reader.end()
  return new TreeNode(reader.bytes, level, count, totals, { keys: keys.take(), ends })
}

function passChild(reader: ByteReader, totals: Totals): void {
  reader.skip(HASH_BYTES)
  addTotals(totals, readTotals(reader))
  if (totals.bytes > Number.MAX_SAFE_INTEGER || totals.files + totals.links + totals.folders > Number.MAX_SAFE_INTEGER) refuse('a node counts more than there can be')
}
