import { fail, isShoalError, type ShoalError } from '../../errors/index.ts'
import { hashKey, hashToHex, type Hash } from '../../model/index.ts'
import { Mutex, throwIfAborted, type Log } from '../../runtime/index.ts'
import { checkChunk } from '../blake3.ts'
import type { Chunk, Damage, LiveSet, StoreStats, SweepResult, SweepToken } from '../store.ts'
import { ChunkLog } from './chunk-log.ts'
import { openDatabases, type Databases } from './databases.ts'
import { listEntries, type Listing } from './entries.ts'
import { IndexBook } from './index-book.ts'
import { ABOVE_ALL, sequenceKey, type Checkpoint } from './keys.ts'
import { MAX_CHUNK_BYTES, type StoreLimits } from './limits.ts'
import { Reader, damagedFailure } from './reader.ts'
import { recover } from './recovery.ts'
import { Space } from './space.ts'
import { Sweeper } from './sweeper.ts'
import { Writer } from './writer.ts'

/** So few new bytes are copied and kept back, for the next barrier to write in one synced batch; more are written at once. */
const KEPT_BYTES = 256 * 1024
/** Chunks a scrub reads at a time. */
const SCRUB_STEP = 128

/** What an engine that failed leaves for the next. */
export interface Leftovers {
  /** Not written yet. */
  readonly kept: readonly Chunk[]
  /** Written, and so in what the next engine opens. */
  readonly written: readonly Hash[]
}

export interface ScrubOptions {
  readonly hashes?: readonly Hash[] | undefined
  readonly signal: AbortSignal
  readonly onProgress?: (chunks: number, bytes: number) => void
}

export interface EngineOptions {
  readonly folder: string
  readonly limits: StoreLimits
  readonly space: Space
  readonly log: Log
  /** Whether the index has to be built anew. */
  readonly isIndexDamaged: boolean
  /** Called once, when a write has failed and nothing more can be written. */
  readonly onFailure: (failure: ShoalError) => void
}

/** The store on its two databases, from their opening to their closing or to the first write that fails. */
export class Engine {
  readonly #databases: Databases
  readonly #book: IndexBook
  readonly #chunkLog: ChunkLog
  readonly #writer: Writer
  readonly #reader: Reader
  readonly #sweeper: Sweeper
  readonly #space: Space
  readonly #repairs = new Mutex()
  readonly #start: number
  readonly #limits: StoreLimits
  readonly #log: Log
  #putBytes = 0

  private constructor(databases: Databases, start: Checkpoint, { limits, space, log, onFailure }: EngineOptions) {
    this.#databases = databases
    this.#limits = limits
    this.#space = space
    this.#log = log
    this.#start = start.sequence
    this.#book = new IndexBook(databases.index, start, failure => this.#chunkLog.fail(failure))
    this.#chunkLog = new ChunkLog(databases.chunks, onFailure)
    this.#writer = new Writer(this.#chunkLog, this.#book, start.sequence, limits)
    this.#reader = new Reader(databases.chunks, this.#book, this.#writer)
    this.#sweeper = new Sweeper(databases, this.#book, this.#writer, this.#chunkLog, log)
  }

  /** @throws HOME_IN_USE, HOME_TOO_NEW, DISK_FULL, STORE_DAMAGED */
  static async open(options: EngineOptions): Promise<Engine> {
    const databases = await openDatabases(options.folder, options.limits.bufferBytes, options.isIndexDamaged)
    try {
      if (databases.isIndexLost) options.log.warn('the index of the store was lost or damaged and is built anew', { folder: options.folder })
      return new Engine(databases, await recover(databases, options.log), options)
    } catch (error) {
      await closeDatabases(databases)
      throw error
    }
  }

  /**
   * @param isOwned whether the bytes are the store's to keep; else they are copied or written before this resolves
   * @returns how many were new
   * @throws DISK_FULL, STORE_DAMAGED, LIMIT_EXCEEDED
   */
  async put(chunks: readonly Chunk[], isOwned: boolean): Promise<number> {
    for (const { hash, bytes } of chunks) {
      if (bytes.length > MAX_CHUNK_BYTES) fail('LIMIT_EXCEEDED', `a chunk of ${bytes.length} bytes is longer than ${MAX_CHUNK_BYTES}`, { hash: hashToHex(hash) })
    }
    this.#chunkLog.check()
    await this.#writer.ready()
    const places = await this.#book.find(chunks.map(chunk => chunk.hash))
    this.#chunkLog.check()
    const [added, healing, waits] = [new Map<string, Chunk>(), [] as Chunk[], new Set<Promise<void>>()]
    let bytes = 0
    for (const [i, chunk] of chunks.entries()) {
      const key = hashKey(chunk.hash)
      const known: { sequence: number } | undefined = this.#writer.fresh(chunk.hash) ?? places[i]
      if (known !== undefined && this.#sweeper.keep(known.sequence)) {
        const fresh = this.#writer.fresh(chunk.hash)
        if (fresh !== undefined && fresh.bytes === undefined) waits.add(fresh.batch.written)
        if (this.#reader.damaged.has(key)) healing.push({ hash: chunk.hash, bytes: chunk.bytes.slice() })
      } else if (!added.has(key)) {
        added.set(key, chunk)
        bytes += chunk.bytes.length
      }
    }
    if (added.size > 0) this.#space.check(bytes)
    this.#putBytes += bytes
    const isKept = bytes <= KEPT_BYTES
    for (const { hash, bytes } of added.values()) this.#writer.add({ hash, bytes: isKept && !isOwned ? bytes.slice() : bytes }, { isKept, isNew: true })
    if (!isKept) waits.add(this.#writer.submit())
    await Promise.all(waits)
    for (const chunk of healing) await this.repair(chunk)
    return added.size
  }

  async has(hashes: readonly Hash[]): Promise<boolean[]> {
    const places = await this.#book.find([...hashes])
    return hashes.map((hash, i) => {
      const known = this.#writer.fresh(hash) ?? places[i]
      return known !== undefined && this.#sweeper.keep(known.sequence)
    })
  }

  /** @throws CHUNK_DAMAGED naming the first that is damaged */
  async get(hashes: readonly Hash[]): Promise<(Uint8Array<ArrayBuffer> | undefined)[]> {
    const found = await this.#reader.read(hashes)
    return found.map((item, i) => {
      if (item.kind === 'damaged') throw damagedFailure(hashes[i]!, item.cause)
      return item.kind === 'chunk' ? item.bytes : undefined
    })
  }

  async barrier(): Promise<void> {
    await this.#writer.barrier()
    if (this.#putBytes < this.#limits.bufferBytes) return
    this.#putBytes = 0
    // A store that never held much can be opened with what the floor left free.
    void this.#space.takeBallast().catch((error: unknown) => this.#log.warn('the ballast could not be written', { error }))
  }

  beginSweep(): SweepToken {
    return this.#sweeper.begin()
  }

  sweep(token: SweepToken, live: LiveSet, options: { dryRun: boolean, reuse: boolean, signal: AbortSignal }): Promise<SweepResult> {
    return this.#watched(() => this.#sweeper.sweep(token, live, options))
  }

  async scrub(options: ScrubOptions): Promise<Damage[]> {
    const damage: Damage[] = []
    const counts = { chunks: 0, bytes: 0 }
    if (options.hashes !== undefined) {
      const { hashes } = options
      await this.#scrubListed({ count: hashes.length, hash: i => hashes[i]! }, options, counts, damage)
      return damage
    }
    await this.#writer.settle()
    for (let from: number | undefined = 0; from !== undefined;) {
      const listing: Listing = await listEntries(this.#databases.index, { from, below: Infinity }, () => true, options.signal)
      await this.#scrubListed(listing, options, counts, damage)
      from = listing.next
    }
    return damage
  }

  async #scrubListed(listed: Pick<Listing, 'count' | 'hash'>, options: ScrubOptions, counts: { chunks: number, bytes: number }, damage: Damage[]): Promise<void> {
    for (let at = 0; at < listed.count; at += SCRUB_STEP) {
      throwIfAborted(options.signal)
      const step = Array.from({ length: Math.min(SCRUB_STEP, listed.count - at) }, (_, k) => listed.hash(at + k))
      for (const [i, item] of (await this.#reader.read(step)).entries()) {
        counts.chunks++
        if (item.kind === 'chunk') counts.bytes += item.bytes.length
        else damage.push({ hash: step[i]!.slice(), problem: item.kind })
      }
      options.onProgress?.(counts.chunks, counts.bytes)
    }
  }

  /**
   * Puts a chunk in anew under another number, where it is damaged. What is there stays there: deleting it would bring LevelDB to read it.
   * @throws CONTENT_MISMATCH, DISK_FULL, STORE_DAMAGED
   */
  async repair(chunk: Chunk): Promise<void> {
    checkChunk(chunk.hash, chunk.bytes)
    this.#space.check(chunk.bytes.length)
    await this.#repairs.run(() => this.#watched(async () => {
      const [found] = await this.#reader.read([chunk.hash])
      if (found?.kind !== 'chunk') {
        await this.#writer.settle()
        const [place] = await this.#book.find([chunk.hash])
        this.#writer.add({ hash: chunk.hash, bytes: chunk.bytes.slice() }, { isKept: true, isNew: place === undefined })
      }
      await this.#writer.settle()
      this.#reader.damaged.delete(hashKey(chunk.hash))
    }))
  }

  async stats(): Promise<StoreStats> {
    const sizes = await Promise.all([this.#databases.chunks, this.#databases.index].map(database => database.approximateSize(sequenceKey(0), ABOVE_ALL)))
    const { chunks, bytes } = this.#book.counted
    const fresh = this.#writer.uncounted
    return {
      chunks: chunks + fresh.length,
      bytes: bytes + fresh.reduce((sum, entry) => sum + entry.length, 0),
      storedBytes: sizes.reduce((sum, size) => sum + size, 0)
    }
  }

  leftovers(): Leftovers {
    const kept: Chunk[] = []
    const written: Hash[] = []
    for (const { hash, bytes } of this.#writer.freshChunks) {
      if (bytes === undefined) written.push(hash)
      else kept.push({ hash, bytes })
    }
    return { kept, written }
  }

  async close(): Promise<void> {
    try {
      if (this.#writer.sequence !== this.#start) {
        await this.#writer.settle()
        // What is in the log only would have to be read again at the next start.
        await this.#chunkLog.flush()
      }
    } finally {
      await closeDatabases(this.#databases)
    }
  }

  /** A write that fails outside the writer ends the engine too. */
  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (isShoalError(error, 'DISK_FULL') || isShoalError(error, 'STORE_DAMAGED')) this.#chunkLog.fail(error)
      throw error
    }
  }
}

async function closeDatabases({ chunks, index }: Databases): Promise<void> {
  await Promise.all([chunks.close(), index.close()])
}
