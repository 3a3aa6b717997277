import { HASH_BYTES, compareHashes, type Hash } from '../../model/index.ts'

/** Membership in a long run of hashes: 8 bytes a hash beside the run itself, where a Set of strings would take 100. */
export class HashTable {
  readonly #hashes: Uint8Array
  /** Open addressing: number of the hash + 1, or 0. Hashes are evenly spread, so their first bytes do as the place to begin. */
  readonly #slots: Uint32Array
  readonly #mask: number

  /** @param hashes 32-byte runs */
  constructor(hashes: Uint8Array) {
    const count = Math.floor(hashes.length / HASH_BYTES)
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, count * 1.5)))
    this.#hashes = hashes
    this.#slots = new Uint32Array(size)
    this.#mask = size - 1
    for (let i = 0; i < count; i++) {
      const hash = this.#at(i)
      let slot = this.#first(hash)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = i + 1
    }
  }

  #at(i: number): Hash {
    return this.#hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)
  }

  #first(hash: Hash): number {
    return (hash[0]! | (hash[1]! << 8) | (hash[2]! << 16) | (hash[3]! << 24)) & this.#mask
  }

  has(hash: Hash): boolean {
    for (let slot = this.#first(hash); this.#slots[slot] !== 0; slot = (slot + 1) & this.#mask) {
      if (compareHashes(this.#at(this.#slots[slot]! - 1), hash) === 0) return true
    }
    return false
  }
}
