import { setImmediate } from 'node:timers/promises'
import type { ShoalError } from '../../errors/index.ts'
import type { Hash } from '../../model/index.ts'
import { Mutex } from '../../runtime/index.ts'
import { flushAlone, writeBatch, type Change } from './chunk-log.ts'
import { indexFailure, isIndexDamage, type Database } from './databases.ts'
import { CHECKPOINT_KEY, checkpointValue, placeValue, readPlace, type Checkpoint, type Place } from './keys.ts'

/** What the index is to learn: a chunk that is durable at `place`. */
export interface Entry extends Place { readonly hash: Hash, /** Whether its hash was not in the store before. */ readonly isNew: boolean }

/**
 * Which sequence number a hash has. It names durable chunks only, so after a crash it may lack chunks (they are found again from the last
 * checkpoint on), but never names one that isn't there.
 */
export class IndexBook {
  readonly #index: Database
  readonly #onDamage: (failure: ShoalError) => void
  /** Changes are written one after the other: what was decided later wins. */
  readonly #turn = new Mutex()
  readonly #lookups = new Set<Promise<unknown>>()
  /** As it was written last. */
  #checkpoint: Checkpoint
  #chunks: number
  #bytes: number

  /** @param onDamage called when the index can't be read */
  constructor(index: Database, start: Checkpoint, onDamage: (failure: ShoalError) => void) {
    this.#index = index
    this.#onDamage = onDamage
    this.#checkpoint = start
    this.#chunks = start.chunks
    this.#bytes = start.bytes
  }

  get counted(): { chunks: number, bytes: number } { return { chunks: this.#chunks, bytes: this.#bytes } }

  /** Where chunks are, in the order of `hashes`. @throws STORE_DAMAGED */
  async find(hashes: Hash[]): Promise<(Place | undefined)[]> {
    if (hashes.length === 0) return []
    const lookup = this.#index.getMany(hashes)
    this.#lookups.add(lookup)
    try {
      return (await lookup).map(readPlace)
    } catch (error) {
      throw this.failure(error, 'looking up chunks')
    } finally {
      this.#lookups.delete(lookup)
    }
  }

  /** Resolves when the lookups under way have ended and their callers gone on: those that begin later know what is written by now. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#lookups)
    await setImmediate()
  }

  /** @throws DISK_FULL, STORE_DAMAGED */
  change(changes: Change[]): Promise<void> {
    return this.#exclusively(async () => {
      if (changes.length > 0) await writeBatch(this.#index, changes, false)
    })
  }

  /** Takes in durable chunks; `count` has to follow. @throws DISK_FULL, STORE_DAMAGED */
  enter(entries: readonly Entry[]): Promise<void> {
    return this.change(entries.map(entry => ({ type: 'put', key: entry.hash, value: placeValue(entry) })))
  }

  count(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.isNew) this.#count(1, entry.length)
  }

  /**
   * Takes chunks out, with a synced write.
   * @param more changes that must happen with it or not at all
   * @throws DISK_FULL, STORE_DAMAGED
   */
  remove(entries: readonly (Place & { readonly hash: Hash })[], more: readonly Change[]): Promise<void> {
    return this.#exclusively(async () => {
      const checkpoint = without(this.#checkpoint, entries.filter(entry => entry.sequence < this.#checkpoint.sequence))
      await writeBatch(this.#index, [...entries.map(entry => ({ type: 'del' as const, key: entry.hash })), putCheckpoint(checkpoint), ...more], true)
      this.#checkpoint = checkpoint
      for (const entry of entries) this.#count(-1, -entry.length)
    })
  }

  #count(chunks: number, bytes: number): void {
    this.#chunks += chunks
    this.#bytes += bytes
  }

  /**
   * Makes the index durable as it is.
   * @param indexed gives the number below which all chunks are in the index and counted
   * @throws DISK_FULL, STORE_DAMAGED
   */
  checkpoint(indexed: () => number): Promise<void> {
    return this.#exclusively(async () => {
      const checkpoint = { sequence: indexed(), ...this.counted }
      await flushAlone(this.#index)
      await writeBatch(this.#index, [putCheckpoint(checkpoint)], true)
      this.#checkpoint = checkpoint
    })
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    return this.#turn.run(work).catch((error: unknown) => { throw this.failure(error, 'writing the index') })
  }

  /** What reading or writing the index failed with; a damaged one is reported. */
  failure(error: unknown, doing: string): ShoalError {
    const failure = indexFailure(error, doing)
    if (isIndexDamage(failure)) this.#onDamage(failure)
    return failure
  }
}

export const putCheckpoint = (checkpoint: Checkpoint): Change => ({ type: 'put', key: CHECKPOINT_KEY, value: checkpointValue(checkpoint) })

const without = (checkpoint: Checkpoint, gone: readonly Place[]): Checkpoint => ({
  sequence: checkpoint.sequence,
  chunks: checkpoint.chunks - gone.length,
  bytes: checkpoint.bytes - gone.reduce((sum, { length }) => sum + length, 0)
})
