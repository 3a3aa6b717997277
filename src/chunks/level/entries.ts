import { throwIfAborted } from '../../runtime/index.ts'
import { HASH_BYTES, type Hash } from '../../model/index.ts'
import { indexFailure, type Database } from './databases.ts'
import { readPlace, type Place } from './keys.ts'

/** Entries listed at a time: 44 MiB. */
const MAX_LISTED = 1_000_000
/** Entries a step of the scan reads: some milliseconds of this thread. */
const STEP_ENTRIES = 4096

/** Entries of the index in the order of their sequence numbers. */
export interface Listing {
  readonly count: number
  readonly sequences: Float64Array
  readonly lengths: Uint32Array
  hash(i: number): Hash
  /** Where the next listing begins; undefined behind the last. */
  readonly next: number | undefined
}

/**
 * Lists what the index holds from a sequence number on, as much as fits into memory: the index is in the order of hashes, the store
 * is read and swept in the order of sequence numbers.
 */
export async function listEntries(
  index: Database,
  range: { readonly from: number, readonly below: number },
  wants: (hash: Hash, place: Place) => boolean,
  signal: AbortSignal | undefined,
  max = MAX_LISTED
): Promise<Listing> {
  const collected = new Collected(max)
  let { below } = range
  const iterator = index.iterator({ fillCache: false, highWaterMarkBytes: 1024 * 1024 })
  try {
    for (;;) {
      throwIfAborted(signal)
      const step = await iterator.nextv(STEP_ENTRIES)
      if (step.length === 0) break
      for (const [key, value] of step) {
        const place = key.length === HASH_BYTES ? readPlace(value) : undefined
        if (place === undefined || place.sequence < range.from || place.sequence >= below || !wants(key, place)) continue
        if (collected.isFull) below = collected.dropUpperHalf()
        if (place.sequence < below) collected.add(key, place)
      }
    }
  } catch (error) {
    throw signal?.aborted === true ? error : indexFailure(error, 'reading the index')
  } finally {
    await iterator.close()
  }
  return collected.sorted(below < range.below ? below : undefined)
}

class Collected {
  readonly #max: number
  #sequences = new Float64Array(1024)
  #lengths = new Uint32Array(1024)
  #hashes = new Uint8Array(1024 * HASH_BYTES)
  #count = 0

  constructor(max: number) {
    this.#max = max
  }

  get isFull(): boolean { return this.#count >= this.#max }

  add(hash: Hash, place: Place): void {
    if (this.#count === this.#sequences.length) this.#rearrange(Array.from({ length: this.#count }, (_, i) => i), 2 * this.#count)
    this.#sequences[this.#count] = place.sequence
    this.#lengths[this.#count] = place.length
    this.#hashes.set(hash, this.#count++ * HASH_BYTES)
  }

  /** Makes room; the numbers from the returned one on are no longer listed. */
  dropUpperHalf(): number {
    const bound = this.#sequences.slice(0, this.#count).sort()[this.#count >>> 1]!
    const kept = Array.from({ length: this.#count }, (_, i) => i).filter(i => this.#sequences[i]! < bound)
    this.#rearrange(kept, this.#sequences.length)
    return bound
  }

  #rearrange(order: ArrayLike<number>, room: number): void {
    const [sequences, lengths, hashes] = [new Float64Array(room), new Uint32Array(room), new Uint8Array(room * HASH_BYTES)]
    for (let i = 0; i < order.length; i++) {
      const from = order[i]!
      sequences[i] = this.#sequences[from]!
      lengths[i] = this.#lengths[from]!
      hashes.set(this.#hashes.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES), i * HASH_BYTES)
    }
    this.#sequences = sequences
    this.#lengths = lengths
    this.#hashes = hashes
    this.#count = order.length
  }

  sorted(next: number | undefined): Listing {
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i).sort((a, b) => this.#sequences[a]! - this.#sequences[b]!)
    this.#rearrange(order, this.#count)
    const hashes = this.#hashes
    return {
      count: this.#count,
      sequences: this.#sequences,
      lengths: this.#lengths,
      hash: i => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
      next
    }
  }
}
