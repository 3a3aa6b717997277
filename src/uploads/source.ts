import { createHash } from 'node:crypto'
import { fail, isShoalError } from '../errors/index.ts'
import type { Checksum } from './service.ts'

/** Reads a request's body in stretches, each of which is made durable before the next is read. */
export class Source {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #checksum: Checksum | undefined
  readonly #digest: ReturnType<typeof createHash> | undefined
  #rest: Uint8Array = new Uint8Array()
  #left: number
  #ended = false

  /** @param limit bytes that may come */
  constructor(source: AsyncIterable<Uint8Array>, limit: number, checksum: Checksum | undefined) {
    this.#iterator = source[Symbol.asyncIterator]()
    this.#checksum = checksum
    this.#digest = checksum === undefined ? undefined : createHash(checksum.algorithm)
    this.#left = limit
  }

  get ended(): boolean { return this.#ended }

  /** Up to `length` bytes. @throws LIMIT_EXCEEDED, CHECKSUM_MISMATCH at the end, before who reads can take it for the end */
  async* take(length: number): AsyncGenerator<Uint8Array> {
    for (let wanted = length; wanted > 0;) {
      if (this.#rest.length === 0) await this.#read()
      if (this.#ended) return
      const piece = this.#rest.subarray(0, wanted)
      this.#rest = this.#rest.subarray(piece.length)
      wanted -= piece.length
      yield piece
    }
  }

  async #read(): Promise<void> {
    const step = await this.#next()
    if (step.done === true) {
      this.#ended = true
      if (this.#digest !== undefined && !this.#digest.digest().equals(this.#checksum?.digest ?? new Uint8Array())) {
        fail('CHECKSUM_MISMATCH', `the part has another ${this.#checksum?.algorithm ?? ''} than the announced one; nothing of it is kept`)
      }
      return
    }
    this.#rest = step.value
    this.#left -= step.value.length
    if (this.#left < 0) fail('LIMIT_EXCEEDED', 'more bytes came than the upload has')
    this.#digest?.update(step.value)
  }

  /** Who is cut off has sent what has come; one that announced a checksum sends it all again. */
  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#iterator.next()
    } catch (error) {
      if (this.#checksum === undefined && isShoalError(error, 'CANCELLED')) return { done: true, value: undefined }
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }
}
