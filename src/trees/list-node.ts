import type { Chunk } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { ByteSink, hashOf, openNode, refuse } from './bytes.ts'
import { FORMAT_VERSION, LIST_BOUNDARY_MASK, LIST_TAG, MAX_LEVEL, MAX_LIST_BYTES, MAX_LIST_ITEMS, MIN_LIST_ITEMS } from './limits.ts'

/** Bytes of the largest chunk whose length a chunk list can hold. */
const MAX_CHUNK_LENGTH = 0xffffffff

/** A node of a long chunk list: chunks with their lengths (level 0), or nodes with the bytes below them. */
export interface ListNode {
  readonly level: number
  /** Hash i is bytes 32·i … 32·i+31. */
  readonly hashes: Uint8Array
  /** Bytes of each item. */
  readonly sizes: readonly number[]
  /** Bytes of all items. */
  readonly total: number
}

export const listHash = (node: ListNode, index: number): Hash => node.hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES)

/** Whether an item with this hash begins a new list node: one in 256. */
const isBoundary = (hashes: Uint8Array, index: number): boolean => ((hashes[index * HASH_BYTES] ?? 0) & LIST_BOUNDARY_MASK) === 0

const sink = new ByteSink()

/** Cuts the items of one level into nodes, by their hashes, so that an edit of a long file changes few nodes. */
export class ListWriter {
  readonly #level: number
  readonly #done: (chunk: Chunk, total: number) => void
  readonly #items = new ByteSink()
  #count = 0
  #total = 0

  constructor(level: number, done: (chunk: Chunk, total: number) => void) {
    this.#level = level
    this.#done = done
  }

  add(hash: Hash, size: number): void {
    if (this.#count >= MAX_LIST_ITEMS || (this.#count >= MIN_LIST_ITEMS && isBoundary(hash, 0))) this.finish()
    this.#items.append(hash)
    this.#items.varint(size)
    this.#count++
    this.#total += size
  }

  /** Ends the node that is being written, if there is one. */
  finish(): void {
    if (this.#count === 0) return
    if (this.#level > MAX_LEVEL) fail('LIMIT_EXCEEDED', `a list of chunks can not have more than ${MAX_LEVEL} levels`)
    sink.length = 0
    sink.byte(LIST_TAG)
    sink.byte(FORMAT_VERSION)
    sink.byte(this.#level)
    sink.varint(this.#count)
    sink.append(this.#items.take())
    const bytes = sink.take()
    const total = this.#total
    this.#count = 0
    this.#total = 0
    this.#done({ hash: hashOf(bytes), bytes }, total)
  }
}

/** @throws FORMAT_INVALID for every byte sequence that the writer would not have made */
export function decodeListNode(bytes: Uint8Array): ListNode {
  const reader = openNode(bytes, LIST_TAG, MAX_LIST_BYTES)
  const level = reader.byte()
  if (level > MAX_LEVEL) refuse(`a list node of level ${level} is too high`)
  const count = reader.varint()
  if (count === 0 || count > MAX_LIST_ITEMS) refuse(`a list node of ${count} items`)
  const hashes = new Uint8Array(count * HASH_BYTES)
  const sizes: number[] = []
  let total = 0
  for (let i = 0; i < count; i++) {
    const start = reader.skip(HASH_BYTES)
    hashes.set(reader.bytes.subarray(start, reader.at), i * HASH_BYTES)
    if (i >= MIN_LIST_ITEMS && isBoundary(hashes, i)) refuse('a list node goes on behind a boundary')
    const size = reader.varint()
    if (size === 0 || (level === 0 && size > MAX_CHUNK_LENGTH)) refuse(`an item of a chunk list has ${size} bytes`)
    sizes.push(size)
    total += size
  }
  if (total > Number.MAX_SAFE_INTEGER) refuse('a list of chunks has more bytes than can be counted')
  reader.end()
  return { level, hashes, sizes, total }
}
