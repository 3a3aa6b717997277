import { decode, encode } from 'cborg'
import { ShoalError } from '../errors/index.ts'

/** Deterministic CBOR (RFC 8949, 4.2): each value has one encoding, and only that one is read. */
const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowNaN: false, allowInfinity: false, allowBigInt: false, rejectDuplicateMapKeys: true } as const

/** Signed statements are arrays of these. */
export type Plain = string | number | boolean | null | Uint8Array | readonly Plain[]

/** Half of a surrogate pair has no UTF-8: it would be signed as one thing and read as another. */
const wellFormed = (value: Plain): Plain => typeof value === 'string' ? value.toWellFormed() : Array.isArray(value) ? value.map(wellFormed) : value

export const toCbor = (value: Plain): Uint8Array => encode(wellFormed(value))

/** @returns the value, or undefined where `bytes` is not the one encoding of it */
export function fromCbor(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes, STRICT)
    return Buffer.compare(encode(value), bytes) === 0 ? value : undefined
  } catch {
    return undefined // Whatever the decoder disliked (also nesting that exhausts its stack): these bytes are no statement.
  }
}

/** Reads fields off a decoded array one after the other, each checked; the first that is wrong ends it. */
export class Fields {
  readonly #what: string
  readonly #values: readonly unknown[]
  #next = 0

  /** @param what for messages: `an envelope` @throws FORMAT_INVALID */
  constructor(what: string, bytes: Uint8Array, count: number) {
    this.#what = what
    const value = fromCbor(bytes)
    if (!Array.isArray(value) || value.length !== count) this.refuse('it is not an array of the right length')
    this.#values = value as readonly unknown[]
  }

  /** @throws FORMAT_INVALID */
  refuse(reason: string): never {
    throw new ShoalError('FORMAT_INVALID', `${this.#what} can not be read: ${reason}`)
  }

  #take(): unknown {
    return this.#values[this.#next++]
  }

  /** @param max characters */
  text(max: number): string {
    const value = this.#take()
    return isText(value, max) ? value : this.refuse(`field ${this.#next} is no text of up to ${max} characters`)
  }

  /** Text that a pattern allows. */
  matching(pattern: RegExp): string {
    const value = this.#take()
    return typeof value === 'string' && pattern.test(value) ? value : this.refuse(`field ${this.#next} is not of its form`)
  }

  /** A whole number from 0 to `max`. */
  whole(max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#take()
    return isWhole(value, max) ? value : this.refuse(`field ${this.#next} is no whole number up to ${max}`)
  }

  /** @param length bytes exactly */
  bytes(length: number): Uint8Array {
    const value = this.anyBytes(length)
    return value.length === length ? value : this.refuse(`field ${this.#next} has ${value.length} bytes instead of ${length}`)
  }

  /** @param max bytes at most */
  anyBytes(max: number): Uint8Array {
    const value = this.#take()
    return value instanceof Uint8Array && value.length <= max ? value : this.refuse(`field ${this.#next} is no string of up to ${max} bytes`)
  }

  choice<T extends string>(choices: readonly T[]): T {
    const value = this.#take()
    return choices.find(choice => choice === value) ?? this.refuse(`field ${this.#next} is none of ${choices.join(', ')}`)
  }

  /** @param max items */
  list(max: number): readonly unknown[] {
    const value = this.#take()
    return Array.isArray(value) && value.length <= max ? value as readonly unknown[] : this.refuse(`field ${this.#next} is no list of up to ${max} items`)
  }

  texts(maxItems: number, maxLength: number): readonly string[] {
    return this.list(maxItems).map(item => isText(item, maxLength) ? item : this.refuse(`field ${this.#next} holds something other than short text`))
  }

  /** Byte strings of one length in rising order, each once: a set has one form. */
  hashes(maxItems: number, length: number): readonly Uint8Array[] {
    const items = this.list(maxItems).map(item => item instanceof Uint8Array && item.length === length ? item : this.refuse(`field ${this.#next} holds something other than ${length} bytes`))
    const isRising = items.every((item, i) => i === 0 || Buffer.compare(items[i - 1] as Uint8Array, item) < 0)
    return isRising ? items : this.refuse(`field ${this.#next} is not in order`)
  }

  /** Pairs of text and whole number. */
  pairs(maxItems: number, maxLength: number): readonly (readonly [string, number])[] {
    return this.list(maxItems).map((item): readonly [string, number] => {
      const [name, value, ...rest] = Array.isArray(item) ? item as unknown[] : []
      return isText(name, maxLength) && isWhole(value, Number.MAX_SAFE_INTEGER) && rest.length === 0 ? [name, value] : this.refuse(`field ${this.#next} holds something other than pairs`)
    })
  }

  /** The version of a format. */
  version(known: number): void {
    const version = this.whole()
    if (version !== known) this.refuse(`it has format ${version}; this Shoal knows ${known}`)
  }
}

const isText = (value: unknown, max: number): value is string => typeof value === 'string' && value.length <= max
const isWhole = (value: unknown, max: number): value is number => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max
