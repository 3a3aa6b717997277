/** A set of sequence numbers: one bit each, in pages. */
export class SequenceSet {
  readonly #pages = new Map<number, Uint8Array>()

  add(sequence: number): void {
    const page = Math.floor(sequence / PAGE_BITS)
    let bits = this.#pages.get(page)
    if (bits === undefined) this.#pages.set(page, bits = new Uint8Array(PAGE_BITS / 8))
    const bit = sequence % PAGE_BITS
    bits[bit >>> 3] = bits[bit >>> 3]! | (1 << (bit & 7))
  }

  has(sequence: number): boolean {
    const bits = this.#pages.get(Math.floor(sequence / PAGE_BITS))
    const bit = sequence % PAGE_BITS
    return bits !== undefined && (bits[bit >>> 3]! & (1 << (bit & 7))) !== 0
  }
}

/** 8 KiB a page. */
const PAGE_BITS = 65_536
