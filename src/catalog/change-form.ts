import { inflateRawSync } from 'node:zlib'
import { fail, isShoalError } from '../errors/index.ts'
import { MAX_CHANGE_BYTES } from './limits.ts'

/**
 * How many operations an Automerge change has, read off its bytes: a few kilobytes can name millions, and Automerge would unfold them all.
 * Follows Automerge's binary format for changes: magic, checksum, type, length; then dependencies, actor, counters, message, other actors,
 * and columns, of which the one of actions says how many there are.
 */

const MAGIC = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)
/** Magic and checksum. */
const TYPE_AT = 8
const TYPE_CHANGE = 1
const TYPE_DEFLATED = 2
const HASH_BYTES = 32
/** The column of actions: group 4, type "run-length encoded numbers"; its compressed twin has the bit DEFLATED set, which changes never use. */
const ACTION_COLUMN = 66

/** @returns the number of operations, or undefined when the bytes are no Automerge change */
export function countOperations(bytes: Uint8Array): number | undefined {
  try {
    return countIn(contentOf(bytes))
  } catch (error) {
    if (isShoalError(error, 'FORMAT_INVALID') || isZlibError(error)) return undefined
    throw error
  }
}

/** The bytes end early, or say what no change says. */
const refuse = (): never => fail('FORMAT_INVALID', 'the bytes are no Automerge change')

const isZlibError = (error: unknown): boolean => error instanceof Error && 'code' in error && (String(error.code).startsWith('Z_') || error.code === 'ERR_BUFFER_TOO_LARGE')

function contentOf(bytes: Uint8Array): Reader {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) refuse()
  const reader = new Reader(bytes, TYPE_AT)
  const type = reader.byte()
  const content = reader.bytes(reader.whole())
  if (!reader.isDone || (type !== TYPE_CHANGE && type !== TYPE_DEFLATED)) refuse()
  return new Reader(type === TYPE_CHANGE ? content : inflateRawSync(content, { maxOutputLength: MAX_CHANGE_BYTES }), 0)
}

function countIn(reader: Reader): number {
  reader.bytes(reader.whole() * HASH_BYTES)
  reader.bytes(reader.whole())
  for (let i = 0; i < 3; i++) reader.whole() // Counter, first operation, time: their values are looked at later.
  reader.bytes(reader.whole())
  for (let others = reader.whole(); others > 0; others--) reader.bytes(reader.whole())
  const columns = Array.from({ length: reader.whole(64) }, (): [number, number] => [reader.whole(), reader.whole()])
  let count = 0
  for (const [column, length] of columns) {
    const data = reader.bytes(length)
    if (column === ACTION_COLUMN) count += runsIn(new Reader(data, 0))
  }
  return count
}

/** How many values a run-length encoded column of small numbers holds. */
function runsIn(reader: Reader): number {
  let count = 0
  while (!reader.isDone) {
    const run = reader.signed()
    if (run > 0) reader.whole()
    else if (run < 0) for (let i = run; i < 0; i++) reader.whole()
    count += run === 0 ? reader.whole() : Math.abs(run)
    if (count > Number.MAX_SAFE_INTEGER) refuse()
  }
  return count
}

/** Reads bytes and LEB128 numbers one after the other. */
class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get isDone(): boolean { return this.#at >= this.#bytes.length }

  byte(): number {
    return this.#bytes[this.#at++] ?? refuse()
  }

  bytes(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) refuse()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** An unsigned LEB128 number; of a signed one that is not negative the same bytes are read. */
  whole(max = Number.MAX_SAFE_INTEGER): number {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 128) break
      if (factor > 2 ** 63) refuse()
    }
    if (value > max) refuse()
    return value
  }

  /** A signed LEB128 number. */
  signed(): number {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 128) return Math.max(Math.min((byte & 0x40) === 0 ? value : value - factor, Number.MAX_SAFE_INTEGER), -Number.MAX_SAFE_INTEGER)
      if (factor > 2 ** 63) refuse()
    }
  }
}
