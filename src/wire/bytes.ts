/** Received bytes in the pieces they came in, taken out in whole lengths: nothing is copied until a length is complete. */
export class ByteQueue {
  #pieces: Uint8Array[] = []
  /** Pieces before this one are used up; they leave together, so that taking is not a shift each. */
  #first = 0
  /** Bytes of the first piece that are used up. */
  #offset = 0
  #length = 0

  /** Bytes held. */
  get length(): number { return this.#length }

  push(piece: Uint8Array): void {
    if (piece.byteLength === 0) return
    this.#pieces.push(piece)
    this.#length += piece.byteLength
  }

  /** The big-endian 32-bit number at the front, without taking it; undefined while it is not complete. */
  peekUint32(): number | undefined {
    if (this.#length < 4) return undefined
    let value = 0
    let piece = this.#first
    let at = this.#offset
    for (let i = 0; i < 4; i++) {
      while (at >= this.#piece(piece).byteLength) {
        piece++
        at = 0
      }
      value = value * 256 + (this.#piece(piece)[at++] ?? 0)
    }
    return value
  }

  /**
   * Takes `count` bytes from the front: a view where they lie in one piece, else a copy; never a `Buffer`, whose `slice` would share
   * what its caller believes to own. The caller makes sure that the bytes are here.
   * @param into where to copy to, when they must be copied and there is room
   */
  take(count: number, into?: Uint8Array): Uint8Array {
    const front = this.#pieces[this.#first]
    if (front !== undefined && front.byteLength - this.#offset >= count) {
      const view = new Uint8Array(front.buffer, front.byteOffset + this.#offset, count)
      this.#skip(count)
      return view
    }
    const joined = into !== undefined && into.byteLength >= count ? into.subarray(0, count) : new Uint8Array(Buffer.allocUnsafeSlow(count).buffer)
    for (let filled = 0; filled < count;) {
      const piece = this.#piece(this.#first)
      const part = piece.subarray(this.#offset, this.#offset + count - filled)
      joined.set(part, filled)
      filled += part.byteLength
      this.#skip(part.byteLength)
    }
    return joined
  }

  clear(): void {
    this.#pieces = []
    this.#first = 0
    this.#offset = 0
    this.#length = 0
  }

  #piece(index: number): Uint8Array { return this.#pieces[index] ?? new Uint8Array(0) }

  /** Uses up bytes of the first piece; drops used pieces now and then. */
  #skip(count: number): void {
    this.#offset += count
    this.#length -= count
    if (this.#offset < this.#piece(this.#first).byteLength) return
    this.#first++
    this.#offset = 0
    if (this.#length === 0) this.clear()
    else if (this.#first >= 64) {
      this.#pieces = this.#pieces.slice(this.#first)
      this.#first = 0
    }
  }
}
