import { blake3 } from '../chunks/index.ts'
import { type DatasetId, HASH_BYTES } from '../model/index.ts'
import { recordKey } from './keys.ts'

interface Stored { readonly id: DatasetId, readonly bytes: Uint8Array }

/**
 * The exclusive or of the BLAKE3 of all records with their keys. LevelDB takes a row whose sequence number lost a bit for the older one:
 * the record of yesterday comes back with its seal intact, and only this tells.
 */
export class RecordSum {
  readonly #hashes = new Map<DatasetId, Uint8Array>()
  #sum = new Uint8Array(HASH_BYTES)

  set(id: DatasetId, bytes: Uint8Array): void {
    const hash = hashOf({ id, bytes })
    this.#sum = mixed(this.#sum, this.#hashes.get(id), hash)
    this.#hashes.set(id, hash)
  }

  /** What the sum will be with these records in their places; each dataset once. */
  with(records: readonly Stored[]): Uint8Array {
    return records.reduce((sum, record) => mixed(sum, this.#hashes.get(record.id), hashOf(record)), this.#sum)
  }

  get value(): Uint8Array { return this.#sum }
}

const hashOf = ({ id, bytes }: Stored): Uint8Array => blake3(Buffer.concat([Buffer.from(`${recordKey(id)}\0`), bytes]))

const mixed = (sum: Uint8Array, before: Uint8Array | undefined, after: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(sum, (byte, i) => byte ^ (before?.[i] ?? 0) ^ (after[i] ?? 0))
