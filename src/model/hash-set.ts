import { HASH_BYTES, type Hash } from './hash.ts'

/** Hashes in one block of memory; blocks are never moved, so growing costs no second copy. */
const BLOCK_HASHES = 1 << 16
/** Slots of an empty set; a power of two. */
const FIRST_SLOTS = 1 << 10

/**
 * A set of hashes at about 44 bytes each (a `Set` of strings takes three times that), in the order they were added: for walks over
 * millions of chunks.
 */
export class HashSet {
  readonly #blocks: Uint8Array[] = []
  /** Index of a hash + 1, or 0; open addressing by the hash's own first bytes, which are as good as random. */
  #slots = new Uint32Array(FIRST_SLOTS)
  #size = 0

  get size(): number { return this.#size }

  has(hash: Hash): boolean {
    return this.#slots[this.#slotOf(hash)] !== 0
  }

  /** @returns whether it was new */
  add(hash: Hash): boolean {
    let slot = this.#slotOf(hash)
    if (this.#slots[slot] !== 0) return false
    if ((this.#size + 1) * 3 > this.#slots.length * 2) {
      this.#grow()
      slot = this.#slotOf(hash)
    }
    if (this.#size % BLOCK_HASHES === 0) this.#blocks.push(new Uint8Array(BLOCK_HASHES * HASH_BYTES))
    this.#at(this.#size).set(hash)
    this.#slots[slot] = ++this.#size
    return true
  }

  /** All hashes as 32-byte runs in one new array. */
  flat(): Uint8Array {
    const bytes = new Uint8Array(this.#size * HASH_BYTES)
    this.#blocks.forEach((block, index) => {
      const start = index * block.length
      bytes.set(block.subarray(0, Math.min(block.length, bytes.length - start)), start)
    })
    return bytes
  }

  /** The hashes in the order they were added; each is a view, valid as long as the set. */
  * [Symbol.iterator](): IterableIterator<Hash> {
    for (let index = 0; index < this.#size; index++) yield this.#at(index)
  }

  /** The same in arrays of at most `size`: a large set is never a million small objects at once. */
  * batches(size: number): IterableIterator<readonly Hash[]> {
    for (let from = 0; from < this.#size; from += size) {
      yield Array.from({ length: Math.min(size, this.#size - from) }, (_, i) => this.#at(from + i))
    }
  }

  #at(index: number): Hash {
    const start = (index % BLOCK_HASHES) * HASH_BYTES
    return this.#block(index).subarray(start, start + HASH_BYTES)
  }

  #block(index: number): Uint8Array {
    return this.#blocks[Math.floor(index / BLOCK_HASHES)] as Uint8Array
  }

  /** The slot a hash is in, or the free one it would take. */
  #slotOf(hash: Hash): number {
    const mask = this.#slots.length - 1
    for (let slot = firstBytes(hash, 0) & mask; ; slot = (slot + 1) & mask) {
      const held = this.#slots[slot] as number
      if (held === 0 || this.#holds(held - 1, hash)) return slot
    }
  }

  #holds(index: number, hash: Hash): boolean {
    const block = this.#block(index)
    const start = (index % BLOCK_HASHES) * HASH_BYTES
    for (let i = 0; i < HASH_BYTES; i++) if (block[start + i] !== hash[i]) return false
    return true
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    for (let index = 0; index < this.#size; index++) {
      let slot = firstBytes(this.#block(index), (index % BLOCK_HASHES) * HASH_BYTES) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = index + 1
    }
  }
}

const firstBytes = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 | (bytes[at + 3] ?? 0) << 24) >>> 0
