import { existsSync } from 'node:fs'
import { fail } from '../../errors/index.ts'
import { hashToHex, type Hash } from '../../model/index.ts'
import { Mutex, systemChance, throwIfAborted, type Log } from '../../runtime/index.ts'
import { type LiveSet, MAX_OPEN_SWEEPS, type SweepResult, type SweepToken } from '../store.ts'
import { MAX_TABLE_BYTES, type Databases } from './databases.ts'
import type { ChunkLog } from './chunk-log.ts'
import { discard, type Doomed } from './discard.ts'
import { listEntries, type Listing } from './entries.ts'
import { HashTable } from './hash-table.ts'
import type { IndexBook } from './index-book.ts'
import { sequenceKey, sequenceOf } from './keys.ts'
import { SequenceSet } from './sequence-set.ts'
import { checkTable, tablesOf } from './table-file.ts'
import type { Writer } from './writer.ts'

/** Deleted and compacted in one step: about a table, so that little more disk is needed and others wait little. Bytes as stored. */
const WINDOW_BYTES = MAX_TABLE_BYTES
/** Windows grow in steps of so many sequence numbers. */
const WINDOW_STEP = 1024

interface Sweep { /** Chunks from this number on came later. */ readonly below: number, readonly touched: SequenceSet }

/** Removes chunks nobody needs, while others are put in, and put in again. */
export class Sweeper {
  readonly #databases: Databases
  readonly #book: IndexBook
  readonly #writer: Writer
  readonly #chunkLog: ChunkLog
  readonly #log: Log
  readonly #turn = new Mutex()
  readonly #sweeps = new Map<SweepToken, Sweep>()
  /** A token of an earlier opening must not be taken for one of this. */
  readonly #opening = hashToHex(systemChance.bytes(8))
  #lastToken = 0
  /** On their way out: who asks for one of these is told that it is not here. */
  readonly #leaving = new Set<number>()
  /** Tables that were checked: LevelDB writes a table once, and never another under its name. */
  readonly #sound = new Set<string>()

  constructor(databases: Databases, book: IndexBook, writer: Writer, chunkLog: ChunkLog, log: Log) {
    this.#databases = databases
    this.#book = book
    this.#writer = writer
    this.#chunkLog = chunkLog
    this.#log = log
  }

  begin(): SweepToken {
    const token = `${this.#opening} ${++this.#lastToken}`
    const [oldest] = this.#sweeps.keys()
    if (this.#sweeps.size >= MAX_OPEN_SWEEPS && oldest !== undefined) this.#sweeps.delete(oldest)
    this.#sweeps.set(token, { below: this.#writer.sequence, touched: new SequenceSet() })
    return token
  }

  /** Has a chunk stay that somebody was told is here. False when it is too late for that. */
  keep(sequence: number): boolean {
    if (this.#leaving.has(sequence)) return false
    for (const sweep of this.#sweeps.values()) if (sequence < sweep.below) sweep.touched.add(sequence)
    return true
  }

  async sweep(token: SweepToken, live: LiveSet, options: { dryRun: boolean, reuse: boolean, signal: AbortSignal }): Promise<SweepResult> {
    return this.#turn.run(async () => {
      const sweep = this.#sweeps.get(token) ?? fail('INTERNAL', `"${token}" is not a sweep that is open in this store`, { token })
      try {
        return await this.#run(sweep, live, options)
      } finally {
        if (!options.reuse) this.#sweeps.delete(token)
      }
    })
  }

  async #run(sweep: Sweep, live: LiveSet, options: { dryRun: boolean, signal: AbortSignal }): Promise<SweepResult> {
    await this.#writer.settle()
    const lives = new HashTable(live.hashes)
    const wants = (hash: Hash, { sequence }: { sequence: number }): boolean => !sweep.touched.has(sequence) && !lives.has(hash)
    const result = { chunks: 0, bytes: 0 }
    for (let from: number | undefined = 0; from !== undefined;) {
      const dead: Listing = await listEntries(this.#databases.index, { from, below: sweep.below }, wants, options.signal)
      await this.#sweepListed(dead, sweep, options, result)
      from = dead.next
    }
    return result
  }

  async #sweepListed(dead: Listing, sweep: Sweep, options: { dryRun: boolean, signal: AbortSignal }, result: { chunks: number, bytes: number }): Promise<void> {
    for (let from = 0; from < dead.count;) {
      throwIfAborted(options.signal)
      const bound = options.dryRun ? Infinity : await this.#windowEnd(dead.sequences[from]!, sweep.below)
      let to = from
      while (to < dead.count && dead.sequences[to]! < bound) to++
      const doomed = options.dryRun ? this.#candidates(dead, from, to, sweep) : await this.#doom(dead, from, to, sweep)
      result.chunks += doomed.length
      for (const { length } of doomed) result.bytes += length
      from = to
    }
  }

  /** The dead chunks of a window that nobody was told of since they were listed. */
  #candidates(dead: Listing, from: number, to: number, sweep: Sweep): Doomed[] {
    const candidates: Doomed[] = []
    for (let i = from; i < to; i++) {
      const [sequence, hash, length] = [dead.sequences[i]!, dead.hash(i), dead.lengths[i]!]
      if (!sweep.touched.has(sequence) && this.#writer.fresh(hash) === undefined) candidates.push({ sequence, hash, length })
    }
    return candidates
  }

  async #doom(dead: Listing, from: number, to: number, sweep: Sweep): Promise<Doomed[]> {
    if (!await this.#isSound(dead.sequences[from]!, dead.sequences[to - 1]!)) {
      this.#log.warn('a damaged part of the store is not swept', { from: dead.sequences[from], to: dead.sequences[to - 1] })
      return []
    }
    const hashes = Array.from({ length: to - from }, (_, k) => dead.hash(from + k))
    // A repair may have given a hash another number since it was listed.
    const moved = new Set<number>()
    for (const [k, place] of (await this.#book.find(hashes)).entries()) if (place?.sequence !== dead.sequences[from + k]) moved.add(dead.sequences[from + k]!)
    const doomed = this.#candidates(dead, from, to, sweep).filter(({ sequence }) => !moved.has(sequence))
    for (const { sequence } of doomed) this.#leaving.add(sequence)
    if (doomed.length > 0) await discard(this.#databases.chunks, this.#chunkLog, this.#book, doomed)
    // A lookup that began before they left the index must still find them here.
    await this.#book.settled()
    this.#leaving.clear()
    return doomed
  }

  /** Where the window from `start` on ends: wherever enough is stored up to there. */
  async #windowEnd(start: number, below: number): Promise<number> {
    let end = start + WINDOW_STEP
    while (end < below && await this.#databases.chunks.approximateSize(sequenceKey(start), sequenceKey(end)) < WINDOW_BYTES) end += WINDOW_STEP
    return end
  }

  /**
   * Whether the tables that compacting from `first` to `last` touches are sound. A damaged one makes the compaction fail, and from then on every
   * write, or ends the process: so nothing may be deleted there, or a later compaction would come to it.
   */
  async #isSound(first: number, last: number): Promise<boolean> {
    const tables = tablesOf(this.#databases.chunks).map(table => ({ path: table.path, first: sequenceOf(table.first), last: sequenceOf(table.last) }))
    const between = (from: number, to: number): typeof tables => tables.filter(table => table.first <= to && table.last >= from)
    const touched = between(first, last)
    const [from, to] = [Math.min(first, ...touched.map(table => table.first)), Math.max(last, ...touched.map(table => table.last))]
    for (const { path } of between(from, to)) {
      if (this.#sound.has(path) || !existsSync(path)) continue
      if (await checkTable(path) !== 'sound') return false
      this.#sound.add(path)
    }
    return true
  }
}
