import type { ShoalError } from '../../errors/index.ts'
import { hashKey, type Hash } from '../../model/index.ts'
import { Gate } from '../../runtime/index.ts'
import type { Chunk } from '../store.ts'
import { flushToTables, levelFailure, type Database } from './databases.ts'
import type { Entry, IndexBook } from './index-book.ts'
import { chunkKey } from './keys.ts'
import type { StoreLimits } from './limits.ts'

const MiB = 1024 * 1024

/** Chunks held back in memory are written when they are this much. Bytes. */
const BATCH_BYTES = MiB
/** So much can wait for a barrier and be written as one synced batch; what is more was written before. Bytes. */
const SYNC_BYTES = 4 * MiB
/** Batches inside LevelDB at a time: two keep it busy, and leave threads of Node's pool to others. */
const BATCHES_IN_LEVELDB = 2
/** Batches on their way at a time before `ready` makes callers wait. */
const BATCHES_WAITING = 4

/** A chunk that is in the store but not yet in the index. */
export interface Fresh extends Entry {
  /** The bytes, while they are kept in memory; without them the chunk is readable when its batch is written. */
  bytes: Uint8Array | undefined
  batch: Batch
}

interface Batch {
  readonly puts: { readonly type: 'put', readonly key: Uint8Array, readonly value: Uint8Array }[]
  readonly entries: Fresh[]
  bytes: number
  /** Settles when it is written; it fails as the writing did. */
  written: Promise<void>
}

const newBatch = (): Batch => ({ puts: [], entries: [], bytes: 0, written: Promise.resolve() })

/**
 * Writes chunks in the order they come, makes them durable, and then has them indexed. It ends with the first write that fails: LevelDB's
 * log may be torn there, so nothing may be written behind it before the database is opened anew.
 */
export class Writer {
  readonly #chunks: Database
  readonly #book: IndexBook
  readonly #limits: StoreLimits
  readonly #onFailure: (failure: ShoalError) => void
  readonly #fresh = new Map<string, Fresh>()
  #sequence: number
  #open = newBatch()
  readonly #waiting = new Set<Batch>()
  readonly #gate = new Gate(BATCHES_IN_LEVELDB)
  readonly #inLevelDb = new Set<Promise<void>>()
  /** Bytes written without a sync, ever, and how many of them a flush has covered. */
  #unsynced = 0
  #flushed = 0
  /** Not durable yet, in order. */
  #unsafe: Fresh[] = []
  #callers: PromiseWithResolvers<void>[] = []
  #isRunning = false
  #rounds: Promise<void> = Promise.resolve()
  /** All chunks below this number are in the index. */
  #indexed: number
  #sinceCheckpoint = 0
  #failure: ShoalError | undefined

  /** @param sequence the first number that is free */
  constructor(chunks: Database, book: IndexBook, sequence: number, limits: StoreLimits, onFailure: (failure: ShoalError) => void) {
    this.#chunks = chunks
    this.#book = book
    this.#sequence = sequence
    this.#indexed = sequence
    this.#limits = limits
    this.#onFailure = onFailure
  }

  get sequence(): number { return this.#sequence }

  /** The chunk, if it is not in the index yet. */
  fresh(hash: Hash): Fresh | undefined { return this.#fresh.get(hashKey(hash)) }

  get freshChunks(): Iterable<Fresh> { return this.#fresh.values() }

  /** Chunks the index doesn't count yet. */
  get uncounted(): Fresh[] { return [...this.#fresh.values()].filter(({ isNew, sequence }) => isNew && sequence >= this.#indexed) }

  /** @throws what writing has failed with */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Waits while more is on its way to LevelDB than memory should hold. */
  async ready(): Promise<void> {
    while (this.#waiting.size >= BATCHES_WAITING) await Promise.race([...this.#waiting].map(batch => batch.written))
  }

  /**
   * Adds a chunk to the batch at hand.
   * @param isKept whether its bytes stay in memory until they are written; else the caller has to `submit` before it touches them
   */
  add({ hash, bytes }: Chunk, options: { isKept: boolean, isNew: boolean }): void {
    const sequence = this.#sequence++
    const entry = { hash: hash.slice(), sequence, length: bytes.length, isNew: options.isNew, bytes: options.isKept ? bytes : undefined, batch: this.#open }
    this.#open.puts.push({ type: 'put', key: chunkKey(sequence, hash), value: bytes })
    this.#open.entries.push(entry)
    this.#open.bytes += bytes.length
    this.#unsafe.push(entry)
    this.#fresh.set(hashKey(hash), entry)
    if (options.isKept && this.#open.bytes >= BATCH_BYTES) this.submit()
  }

  /** Begins to write the batch at hand. */
  submit(options: { sync: boolean } = { sync: false }): Batch {
    const batch = this.#open
    this.#open = newBatch()
    if (batch.puts.length === 0) return batch
    if (!options.sync) this.#unsynced += batch.bytes
    this.#waiting.add(batch)
    batch.written = this.#write(batch, options)
    batch.written.catch(() => undefined)
    if (this.#unsynced - this.#flushed >= this.#limits.flushBytes) this.#startRounds()
    return batch
  }

  async #write(batch: Batch, options: { sync: boolean }): Promise<void> {
    try {
      await this.#gate.run(async () => {
        this.check()
        const writing = this.#chunks.batch(batch.puts, options)
        this.#inLevelDb.add(writing)
        await writing.finally(() => this.#inLevelDb.delete(writing))
      })
      // One that was inside LevelDB at the same time may come before this one in the log: if it tore the log, this one is lost with it.
      await Promise.all(this.#inLevelDb)
      for (const entry of batch.entries) entry.bytes = undefined
    } catch (error) {
      this.fail(levelFailure(error, 'writing chunks'))
      this.#takeBack(batch)
      throw this.#failure
    } finally {
      this.#waiting.delete(batch)
    }
  }

  /** After a failure: what is still in memory waits for the next writer, the rest was never there. */
  #takeBack(batch: Batch): void {
    for (const entry of batch.entries) if (entry.bytes === undefined) this.#fresh.delete(hashKey(entry.hash))
  }

  /** Ends the writer. */
  fail(failure: ShoalError): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#onFailure(failure)
  }

  /** Resolves when everything added so far survives power loss. @throws DISK_FULL, STORE_DAMAGED */
  barrier(): Promise<void> {
    const caller = Promise.withResolvers<void>()
    this.#callers.push(caller)
    this.#startRounds()
    return caller.promise
  }

  /** Resolves when everything added so far is durable, in the index, and the index durable too. @throws DISK_FULL, STORE_DAMAGED */
  async settle(): Promise<void> {
    await this.barrier()
    await this.#rounds
    this.check()
    await this.#checkpoint()
  }

  #startRounds(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#rounds = this.#runRounds()
  }

  async #runRounds(): Promise<void> {
    do await this.#round()
    while (this.#callers.length > 0 || (this.#failure === undefined && this.#unsynced - this.#flushed >= this.#limits.flushBytes))
    this.#isRunning = false
  }

  /** One flush for all who wait: then the index learns what became durable. */
  async #round(): Promise<void> {
    const callers = this.#callers
    this.#callers = []
    const entries = this.#unsafe
    this.#unsafe = []
    try {
      this.check()
      await this.#makeDurable()
    } catch (error) {
      const failure = levelFailure(error, 'making chunks durable')
      this.fail(failure)
      for (const caller of callers) caller.reject(failure)
      return
    }
    for (const caller of callers) caller.resolve()
    await this.#index(entries).catch((error: unknown) => this.fail(levelFailure(error, 'writing the index')))
  }

  /**
   * A synced write syncs LevelDB's log of the moment alone, so it is enough only where nothing was written before without a sync;
   * else everything has to go to tables.
   */
  async #makeDurable(): Promise<void> {
    if (this.#waiting.size === 0 && this.#unsynced === this.#flushed && this.#open.bytes <= SYNC_BYTES) {
      await this.submit({ sync: true }).written
      return
    }
    this.submit()
    const covered = this.#unsynced
    await Promise.all([...this.#waiting].map(batch => batch.written))
    await flushToTables(this.#chunks)
    this.#flushed = covered
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
    await this.#book.checkpoint(this.#indexed)
  }
}
