import { isUtf8 } from 'node:buffer'
import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { FORMAT_VERSION } from './limits.ts'

/** Ends the reading of bytes that no writer of this format makes. @throws FORMAT_INVALID */
export const refuse = (problem: string): never => fail('FORMAT_INVALID', problem)

/** Bytes of the longest number: 53 bits, 7 in a byte. */
const MAX_VARINT_BYTES = 8

/** Reads a node from its first byte to its last; whatever is cut short or not in its one right form is FORMAT_INVALID. */
export class ByteReader {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  byte(): number {
    return this.bytes[this.at++] ?? refuse('the bytes end too early')
  }

  /** A whole number below 2^53 in the fewest bytes, lowest 7 bits first. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) {
        if ((byte === 0 && i > 0) || value > Number.MAX_SAFE_INTEGER) refuse('a number is not in its shortest form or too large')
        return value
      }
      scale *= 128
    }
    return refuse('a number is too long')
  }

  /** Passes over `length` bytes. @returns where they begin */
  skip(length: number): number {
    const start = this.at
    if (start + length > this.bytes.length) refuse('the bytes end too early')
    this.at = start + length
    return start
  }

  /** A copy of its own, which may be kept and sent to other threads without the node around it. */
  take(length: number): Uint8Array {
    const start = this.skip(length)
    return this.bytes.slice(start, start + length)
  }

  hash(): Hash {
    return this.take(HASH_BYTES)
  }

  /** Text with its length in front, of 1 (or `least`) to `most` bytes of well-formed UTF-8. */
  text(most: number, least = 1): string {
    const length = this.varint()
    if (length > most || length < least) refuse(`a text of ${length} bytes is too short or too long`)
    const start = this.skip(length)
    const part = this.bytes.subarray(start, this.at)
    if (!isUtf8(part)) refuse('a text is not UTF-8')
    return Buffer.from(part.buffer, part.byteOffset, length).toString('utf8')
  }

  /** @throws FORMAT_INVALID when bytes are left */
  end(): void {
    if (this.at !== this.bytes.length) refuse(`${this.bytes.length - this.at} bytes are left over`)
  }
}

/** Bytes that grow as they are written. */
export class ByteSink {
  #bytes = new Uint8Array(256)
  length = 0

  #reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + more))
    larger.set(this.#bytes.subarray(0, this.length))
    this.#bytes = larger
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.length++] = rest % 128 | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.length++] = rest
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  text(text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    this.varint(bytes.length)
    this.append(bytes)
  }

  /** The bytes written so far, as a copy; the sink is empty then. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length)
    this.length = 0
    return taken
  }
}

/** The name of a node, as a plain array: a Buffer's `slice` would be a view. */
export const hashOf = (bytes: Uint8Array): Hash => new Uint8Array(blake3(bytes))

/** Checks tag and version of a node. @returns a reader behind them */
export function openNode(bytes: Uint8Array, tag: number, mostBytes: number): ByteReader {
  if (bytes.length > mostBytes) refuse(`${bytes.length} bytes are more than a node may have`)
  // A Buffer's slice() is a view: hashes taken from it would keep and carry the whole node.
  const reader = new ByteReader(Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes)
  const found = reader.byte()
  if (found !== tag) refuse(`the bytes begin with ${found}, not ${tag}`)
  const version = reader.byte()
  if (version !== FORMAT_VERSION) refuse(`format version ${version} is not known here, only ${FORMAT_VERSION}`)
  return reader
}
