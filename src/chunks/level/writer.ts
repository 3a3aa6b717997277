import { toShoalError } from '../../errors/index.ts'
import { hashKey, type Hash } from '../../model/index.ts'
import type { Chunk } from '../store.ts'
import type { Change, ChunkLog } from './chunk-log.ts'
import type { Entry, IndexBook } from './index-book.ts'
import { chunkKey } from './keys.ts'
import type { StoreLimits } from './limits.ts'

const MiB = 1024 * 1024

/** Chunks held back in memory are written when they are this much. Bytes. */
const BATCH_BYTES = MiB
/** So much can wait for a barrier and be written as one synced batch; what is more was written before. Bytes. */
const SYNC_BYTES = 4 * MiB
/** Batches on their way at a time before `ready` makes callers wait. */
const BATCHES_WAITING = 4

/** A chunk that is in the store but not yet in the index. */
export interface Fresh extends Entry {
  /** The bytes, while they are kept in memory; without them the chunk is readable when its batch is written. */
  bytes: Uint8Array | undefined
  readonly batch: Batch
}

interface Batch {
  readonly puts: Change[]
  readonly entries: Fresh[]
  bytes: number
  /** Settles when it is written; it fails as the writing did. */
  written: Promise<void>
  isWritten: boolean
  isSafe: boolean
  /** The log it is in, or one behind it; undefined while nobody has looked. */
  log: number | undefined
}

const newBatch = (): Batch => ({ puts: [], entries: [], bytes: 0, written: Promise.resolve(), isWritten: false, isSafe: false, log: undefined })

/** Writes chunks in the order they come, and has them indexed once they are safe. */
export class Writer {
  readonly #log: ChunkLog
  readonly #book: IndexBook
  readonly #limits: StoreLimits
  readonly #fresh = new Map<string, Fresh>()
  #sequence: number
  #open = newBatch()
  readonly #waiting = new Set<Batch>()
  /** Submitted and not known to be safe, in order. */
  readonly #unsafe: Batch[] = []
  #sinceLook = 0
  #callers: PromiseWithResolvers<void>[] = []
  #isRunning = false
  #round: Promise<void> = Promise.resolve()
  /** All chunks below this number are in the index. */
  #indexed: number
  #sinceCheckpoint = 0

  /** @param sequence the first number that is free */
  constructor(log: ChunkLog, book: IndexBook, sequence: number, limits: StoreLimits) {
    this.#log = log
    this.#book = book
    this.#sequence = sequence
    this.#indexed = sequence
    this.#limits = limits
  }

  get sequence(): number { return this.#sequence }

  /** The chunk, if it is not in the index yet. */
  fresh(hash: Hash): Fresh | undefined { return this.#fresh.get(hashKey(hash)) }

  get freshChunks(): Iterable<Fresh> { return this.#fresh.values() }

  /** Chunks the index doesn't count yet. */
  get uncounted(): Fresh[] { return [...this.#fresh.values()].filter(({ isNew, sequence }) => isNew && sequence >= this.#indexed) }

  /** Waits while more is on its way to LevelDB than memory should hold. */
  async ready(): Promise<void> {
    while (this.#waiting.size >= BATCHES_WAITING) await Promise.race([...this.#waiting].map(batch => batch.written))
  }

  /**
   * Adds a chunk to the batch at hand.
   * @param isKept whether its bytes stay in memory until they are written; else the caller has to `submit` before it lets go of them
   */
  add({ hash, bytes }: Chunk, options: { isKept: boolean, isNew: boolean }): void {
    const sequence = this.#sequence++
    const entry = { hash: hash.slice(), sequence, length: bytes.length, isNew: options.isNew, bytes: options.isKept ? bytes : undefined, batch: this.#open }
    this.#open.puts.push({ type: 'put', key: chunkKey(sequence, hash), value: bytes })
    this.#open.entries.push(entry)
    this.#open.bytes += bytes.length
    this.#fresh.set(hashKey(hash), entry)
    if (options.isKept && this.#open.bytes >= BATCH_BYTES) void this.submit()
  }

  /** Begins to write the batch at hand; resolves when it is readable. @throws DISK_FULL, STORE_DAMAGED */
  submit(options: { sync: boolean } = { sync: false }): Promise<void> {
    const batch = this.#open
    if (batch.puts.length === 0) return batch.written
    this.#open = newBatch()
    this.#waiting.add(batch)
    this.#unsafe.push(batch)
    batch.written = this.#write(batch, options)
    batch.written.catch(() => undefined)
    return batch.written
  }

  async #write(batch: Batch, options: { sync: boolean }): Promise<void> {
    try {
      await this.#log.write(batch.puts, options)
      batch.isWritten = true
      batch.isSafe = options.sync
      batch.puts.length = 0
      for (const entry of batch.entries) entry.bytes = undefined
    } catch (error) {
      // What is still in memory waits for the next writer, the rest was never there.
      for (const entry of batch.entries) if (entry.bytes === undefined) this.#fresh.delete(hashKey(entry.hash))
      throw error
    } finally {
      this.#waiting.delete(batch)
    }
    this.#sinceLook += batch.bytes
    if (this.#sinceLook >= this.#limits.lookBytes) this.#startRounds()
  }

  /** Resolves when everything added so far survives power loss. @throws DISK_FULL, STORE_DAMAGED */
  barrier(): Promise<void> {
    const caller = Promise.withResolvers<void>()
    this.#callers.push(caller)
    this.#startRounds()
    return caller.promise
  }

  /** Resolves when everything added so far is safe, in the index, and the index safe too. @throws DISK_FULL, STORE_DAMAGED */
  async settle(): Promise<void> {
    const sequence = this.#sequence
    await this.barrier()
    while (this.#indexed < sequence) {
      this.#log.check()
      await this.#round
    }
    await this.#checkpoint()
  }

  #startRounds(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    void this.#runRounds()
  }

  /** Never fails: who waits is told, and the log ends with the first failure. */
  async #runRounds(): Promise<void> {
    do {
      this.#round = this.#runRound().catch((error: unknown) => this.#log.fail(toShoalError(error)))
      await this.#round
    } while (this.#callers.length > 0)
    this.#isRunning = false
  }

  /** Makes all safe for those who wait for it, or finds out what LevelDB has made safe by itself; then the index learns of it. */
  async #runRound(): Promise<void> {
    const callers = this.#callers
    this.#callers = []
    this.#sinceLook = 0
    try {
      this.#log.check()
      if (callers.length > 0) await this.#makeSafe()
      for (const caller of callers) caller.resolve()
    } catch (error) {
      for (const caller of callers) caller.reject(error)
      return
    }
    await this.#index(this.#takeSafe())
  }

  /** A synced write is enough only where all before it is safe; else everything has to go to tables. */
  async #makeSafe(): Promise<void> {
    this.#look()
    if (this.#unsafe.every(batch => batch.isSafe) && this.#open.bytes <= SYNC_BYTES) return await this.submit({ sync: true })
    void this.submit()
    const batches = [...this.#unsafe]
    await Promise.all(batches.map(batch => batch.written))
    await this.#log.flush()
    for (const batch of batches) batch.isSafe = true
  }

  #look(): void {
    const { oldest, newest } = this.#log.logs()
    for (const batch of this.#unsafe) {
      if (!batch.isWritten || batch.isSafe) continue
      batch.log ??= newest
      batch.isSafe = batch.log < oldest
    }
  }

  /** The chunks that are safe by now, in order. */
  #takeSafe(): Fresh[] {
    this.#look()
    const count = this.#unsafe.findIndex(batch => !batch.isSafe)
    return this.#unsafe.splice(0, count < 0 ? this.#unsafe.length : count).flatMap(batch => batch.entries)
  }

  async #index(entries: readonly Fresh[]): Promise<void> {
    const last = entries.at(-1)
    if (last === undefined) return
    await this.#book.enter(entries)
    this.#book.count(entries)
    this.#indexed = last.sequence + 1
    // A lookup that began before the index knew must still find them here.
    await this.#book.settled()
    for (const entry of entries) {
      const key = hashKey(entry.hash)
      if (this.#fresh.get(key) === entry) this.#fresh.delete(key)
      this.#sinceCheckpoint += entry.length
    }
    if (this.#sinceCheckpoint >= this.#limits.checkpointBytes) await this.#checkpoint()
  }

  async #checkpoint(): Promise<void> {
    this.#sinceCheckpoint = 0
    await this.#book.checkpoint(() => this.#indexed)
  }
}
