import { createHasher, MAX_FILE_CHUNK_BYTES } from '../../chunks/index.ts'
import { fail } from '../../errors/index.ts'
import { HASH_BYTES, sameHash } from '../../model/index.ts'

/** A bundle is records one after the other, each with its kind and length in front; FORMAT.md is their law. */

/** `shoal bundle 1` and a line's end, so that looking at the file tells what it is. */
export const MAGIC = Buffer.from('shoal bundle 1\n', 'latin1')
export const KIND = { head: 1, envelope: 2, chunk: 3, end: 4 } as const
export type Kind = typeof KIND[keyof typeof KIND]

export interface BundleRecord { readonly kind: Kind, readonly bytes: Uint8Array }

/** Kind and length. */
const FRONT_BYTES = 5
/** Bytes of one record: an envelope, or a head with all its hashes, has room. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024

/** @throws BUNDLE_INVALID */
export const refuse = (problem: string): never => fail('BUNDLE_INVALID', `the bundle is not whole: ${problem}`)

/** Puts the form of a bundle around records; what was written is hashed, and the hash ends it. */
export async function* encodeRecords(records: AsyncIterable<BundleRecord>): AsyncGenerator<Uint8Array> {
  const hasher = createHasher()
  const hashed = (bytes: Uint8Array): Uint8Array => {
    hasher.update(bytes)
    return bytes
  }
  yield hashed(MAGIC)
  for await (const { kind, bytes } of records) {
    yield hashed(frontOf(kind, bytes.length))
    yield hashed(bytes)
  }
  yield frontOf(KIND.end, HASH_BYTES)
  yield hasher.finish()
}

function frontOf(kind: Kind, length: number): Uint8Array {
  const front = Buffer.alloc(FRONT_BYTES)
  front.writeUInt8(kind, 0)
  front.writeUInt32BE(length, 1)
  return front
}

/** Reads records as the bytes come, in whatever pieces. @throws BUNDLE_INVALID when they end early, or are not those that were written */
export async function* decodeRecords(source: AsyncIterable<Uint8Array>): AsyncGenerator<BundleRecord> {
  const pieces = new Pieces(source)
  const hasher = createHasher()
  const magic = await pieces.take(MAGIC.length)
  if (magic === undefined || Buffer.compare(magic, MAGIC) !== 0) refuse('it does not begin as a bundle does')
  hasher.update(MAGIC)
  for (;;) {
    const front = await pieces.take(FRONT_BYTES) ?? refuse('it ends early')
    const kind = kindOf(front[0])
    const length = Buffer.from(front).readUInt32BE(1)
    if (length > (kind === KIND.chunk ? MAX_FILE_CHUNK_BYTES : MAX_RECORD_BYTES)) refuse(`a record says it has ${length} bytes`)
    const bytes = await pieces.take(length) ?? refuse('it ends early')
    if (kind === KIND.end) {
      if (!sameHash(bytes, hasher.finish())) refuse('its bytes are not those that were written')
      if (await pieces.take(1) !== undefined) refuse('something follows its end')
      return
    }
    hasher.update(front)
    hasher.update(bytes)
    yield { kind, bytes }
  }
}

const kindOf = (byte: number | undefined): Kind => Object.values(KIND).find(kind => kind === byte) ?? refuse(`a record of the unknown kind ${byte}`)

/** Bytes that come in pieces, taken in others. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** So many bytes, a copy of their own; undefined when there are fewer. */
  async take(length: number): Promise<Uint8Array | undefined> {
    const taken = new Uint8Array(length)
    let at = 0
    while (at < length) {
      if (this.#rest.length === 0) {
        const next = await this.#source.next()
        if (next.done === true) return undefined
        this.#rest = next.value
      }
      const part = this.#rest.subarray(0, length - at)
      taken.set(part, at)
      at += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    return taken
  }
}
