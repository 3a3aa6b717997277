import { fail } from '../errors/index.ts'
import type { Hash } from '../model/index.ts'
import { ByteReader, ByteSink, hashOf } from './bytes.ts'
import { passEntry } from './entry-codec.ts'
import { isBoundary, sharedLength, type Key } from './key.ts'
import { FORMAT_VERSION, MAX_LEVEL, MAX_NODE_ITEMS, MAX_NODE_WEIGHT, MIN_NODE_ITEMS, TREE_TAG } from './limits.ts'
import { addTotals, noTotals, writeTotals, type Totals } from './totals.ts'
import { childTotals, weightOf, type Item } from './tree-node.ts'

/** A finished node, not yet in the store. */
export interface WrittenNode { readonly level: number, readonly first: Key, readonly hash: Hash, readonly bytes: Uint8Array, readonly totals: Totals }

const sink = new ByteSink()

/** The item a parent has of a node. */
export function itemOf(node: WrittenNode): Item {
  sink.length = 0
  sink.append(node.hash)
  writeTotals(sink, node.totals)
  return { key: node.first, body: sink.take() }
}

/** Cuts the sorted items of one level into nodes. Where it cuts depends only on the items since the last cut and the next one. */
export class NodeWriter {
  readonly level: number
  readonly #done: (node: WrittenNode) => void
  readonly #items = new ByteSink()
  #count = 0
  #weight = 0
  #totals = noTotals()
  #first: Key = new Uint8Array(0)
  #last: Key = this.#first

  constructor(level: number, done: (node: WrittenNode) => void) {
    this.level = level
    this.#done = done
  }

  /** Whether a node would end before this item: what lies behind an edit is the same as before once that is so. */
  cutsBefore(item: Item): boolean {
    return this.#count === 0 || this.#count >= MAX_NODE_ITEMS || this.#weight + weightOf(item) > MAX_NODE_WEIGHT || this.cutsBeforeKey(item.key)
  }

  /** `cutsBefore` as far as it can be told without the item's body; false may still be a cut. */
  cutsBeforeKey(key: Key): boolean {
    return this.#count === 0 || this.#count >= MAX_NODE_ITEMS || (this.#count >= MIN_NODE_ITEMS && isBoundary(key, this.level))
  }

  /** Takes the next item; its bytes must stay as they are until the node is finished. */
  add(item: Item): void {
    if (this.#count > 0 && this.cutsBefore(item)) this.finish()
    const shared = this.#count === 0 ? 0 : sharedLength(this.#last, item.key)
    this.#items.varint(shared)
    this.#items.varint(item.key.length - shared)
    this.#items.append(item.key.subarray(shared))
    this.#items.append(item.body)
    if (this.#count === 0) this.#first = item.key.slice()
    this.#last = item.key
    this.#count++
    this.#weight += weightOf(item)
    if (this.level === 0) passEntry(new ByteReader(item.body), this.#totals)
    else addTotals(this.#totals, childTotals(item.body))
    if (!Number.isSafeInteger(this.#totals.bytes)) fail('LIMIT_EXCEEDED', 'the files of the version have more bytes in all than can be counted')
  }

  /** Ends the node that is being written, if there is one. */
  finish(): void {
    if (this.#count === 0) return
    this.#done(this.#end())
  }

  /** The empty tree's one node, or the one being written. */
  #end(): WrittenNode {
    const bytes = encodeNode(this.level, this.#count, this.#items.take())
    const node = { level: this.level, first: this.#first, hash: hashOf(bytes), bytes, totals: this.#totals }
    this.#count = 0
    this.#weight = 0
    this.#totals = noTotals()
    return node
  }
}

/** Head and items of a node. */
export function encodeNode(level: number, count: number, items: Uint8Array): Uint8Array {
  if (level > MAX_LEVEL) fail('LIMIT_EXCEEDED', `a tree can not have more than ${MAX_LEVEL} levels`)
  sink.length = 0
  sink.byte(TREE_TAG)
  sink.byte(FORMAT_VERSION)
  sink.byte(level)
  sink.varint(count)
  sink.append(items)
  return sink.take()
}
