import { decode, encode } from 'cborg'
import { ShoalError } from '../errors/index.ts'

/** Deterministic CBOR (RFC 8949, 4.2): each value has one encoding, and only that one is read. */
const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowNaN: false, allowInfinity: false, allowBigInt: false, rejectDuplicateMapKeys: true } as const

/** Signed statements are flat arrays. */
export type Plain = string | number | boolean | null | Uint8Array | readonly Plain[]

/** Half of a surrogate pair has no UTF-8: it would be signed as one thing and read as another. */
const wellFormed = (value: Plain): Plain => typeof value === 'string' ? value.toWellFormed() : Array.isArray(value) ? value.map(wellFormed) : value

export const toCbor = (value: Plain): Uint8Array => encode(wellFormed(value))

/** The last millisecond JavaScript has a date for (ECMA-262, 21.4.1.1): later ones can't be shown. */
export const MAX_TIME = 8_640_000_000_000_000

/** @returns the value, or undefined where `bytes` is not the one encoding of it */
export function fromCbor(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes, STRICT)
    return Buffer.compare(encode(value), bytes) === 0 ? value : undefined
  } catch {
    return undefined // Whatever the decoder disliked, nesting too deep for the stack included: these bytes are no statement.
  }
}

/** Reads fields off a decoded array one after the other, each checked; the first that is wrong ends it. */
export class Fields {
  readonly #what: string
  readonly #values: readonly unknown[]
  #next = 0

  /** @throws FORMAT_INVALID */
  constructor(what: string, bytes: Uint8Array, count: number) {
    this.#what = what
    const value = fromCbor(bytes)
    if (!Array.isArray(value) || value.length !== count) this.#refuse('it is not an array of the right length')
    this.#values = value as readonly unknown[]
  }

  #refuse(reason: string): never {
    throw new ShoalError('FORMAT_INVALID', `${this.#what} can not be read: ${reason}`)
  }

  /** @param max characters */
  text(max: number): string {
    const value = this.#values[this.#next++]
    return typeof value === 'string' && value.length <= max ? value : this.#refuse(`field ${this.#next} is no text of up to ${max} characters`)
  }

  /** A whole number from 0 to `max`. */
  whole(max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#values[this.#next++]
    return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max ? Number(value) : this.#refuse(`field ${this.#next} is no whole number up to ${max}`)
  }

  /** Milliseconds since 1970 that are a date. */
  time(): number {
    return this.whole(MAX_TIME)
  }

  /** @param length bytes exactly */
  bytes(length: number): Uint8Array {
    const value = this.anyBytes(length)
    return value.length === length ? value : this.#refuse(`field ${this.#next} has ${value.length} bytes instead of ${length}`)
  }

  /** @param max bytes at most */
  anyBytes(max: number): Uint8Array {
    const value = this.#values[this.#next++]
    return value instanceof Uint8Array && value.length <= max ? value : this.#refuse(`field ${this.#next} is no string of up to ${max} bytes`)
  }

  choice<T extends string>(choices: readonly T[]): T {
    const value = this.#values[this.#next++]
    return choices.find(choice => choice === value) ?? this.#refuse(`field ${this.#next} is none of ${choices.join(', ')}`)
  }

  /** @param max items */
  list(max: number): readonly unknown[] {
    const value = this.#values[this.#next++]
    return Array.isArray(value) && value.length <= max ? value as readonly unknown[] : this.#refuse(`field ${this.#next} is no list of up to ${max} items`)
  }

  texts(maxItems: number, maxLength: number): readonly string[] {
    return this.list(maxItems).map(item => typeof item === 'string' && item.length <= maxLength ? item : this.#refuse(`field ${this.#next} holds something other than short text`))
  }

  /** The version of a format. */
  version(known: number): void {
    const version = this.whole()
    if (version !== known) this.#refuse(`it has format ${version}; this Shoal knows ${known}`)
  }
}
