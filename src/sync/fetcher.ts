import { toShoalError, type ShoalError } from '../errors/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import type { DatasetId, DeviceId, Hash } from '../model/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { FrameStream, ProgressLimits } from '../wire/index.ts'
import { ChunkSink } from './chunk-sink.ts'
import { ChunkSource } from './chunk-source.ts'
import { Rate } from './rate.ts'
import type { SourceView } from './service.ts'
import { WantQueue, type Waiting, type Wanted } from './want-queue.ts'

export interface FetcherDeps {
  readonly store: ChunkStore
  readonly clock: Clock
  /** Opens a greeted stream of the chunk protocol to a connected peer. */
  readonly open: (peer: string, signal: AbortSignal) => Promise<FrameStream>
  /** Waits until so many bytes more may come in. */
  readonly pace: (bytes: number) => Promise<void>
  /** A peer failed as a source. */
  readonly lost: (peer: string, error: ShoalError) => void
  readonly progress?: ProgressLimits
}

export interface WantedChunk {
  readonly hash: Hash
  /** Bytes, where known. */
  readonly size?: number | undefined
}

export interface FetchOptions {
  /** The dataset the chunks are of: peers give them to those only who may see it. */
  readonly dataset: DatasetId
  readonly signal: AbortSignal
  /** Called for each chunk that is in the store now. */
  readonly onStored?: (bytes: number) => void
}

interface Tally { chunks: number, readonly rate: Rate }

/** Brings chunks from all connected peers at once into the store: each chunk from one of them, moved to another when it fails. */
export class Fetcher {
  readonly #deps: FetcherDeps
  readonly #queue = new WantQueue()
  readonly #sink: ChunkSink
  readonly #sources = new Map<string, ChunkSource>()
  readonly #tallies = new Map<string, Tally>()

  constructor(deps: FetcherDeps) {
    this.#deps = deps
    this.#sink = new ChunkSink(deps.store)
  }

  get peers(): readonly string[] { return [...this.#sources.keys()] }

  /** What each peer that can be asked gave. */
  sources(): readonly SourceView[] {
    return this.peers.flatMap(peer => {
      const tally = this.#tallies.get(peer)
      return tally === undefined ? [] : [{ peer: peer as DeviceId, chunks: tally.chunks, bytes: tally.rate.total, bytesPerSecond: tally.rate.perSecond }]
    })
  }

  /** A peer can be asked from now on. */
  add(peer: string): void {
    if (this.#sources.has(peer)) return
    const tally: Tally = { chunks: 0, rate: new Rate(this.#deps.clock) }
    this.#tallies.set(peer, tally)
    const source: ChunkSource = new ChunkSource({
      peer,
      queue: this.#queue,
      clock: this.#deps.clock,
      open: signal => this.#deps.open(peer, signal),
      arrived: (wanted, bytes) => {
        tally.chunks++
        tally.rate.add(bytes.byteLength)
        return this.#arrived(wanted, bytes)
      },
      pace: this.#deps.pace,
      settle: () => this.#sink.settle(),
      refused: wanted => {
        this.#queue.refuse(wanted, peer, this.peers)
        this.#pump()
      },
      lost: error => {
        if (this.#sources.get(peer) !== source) return
        this.#forget(peer)
        this.#deps.lost(peer, error)
      },
      ...this.#deps.progress === undefined ? {} : { progress: this.#deps.progress }
    })
    this.#sources.set(peer, source)
    if (this.#queue.size > 0) source.pump()
  }

  /** A peer is gone; what it was asked for goes to the others. */
  async remove(peer: string): Promise<void> {
    const source = this.#sources.get(peer)
    this.#forget(peer)
    await source?.stop()
    this.#pump()
  }

  async stop(): Promise<void> {
    await Promise.all(this.peers.map(peer => this.remove(peer)))
  }

  /**
   * Brings chunks into the store (durable after its next barrier).
   * @returns those no connected peer has
   * @throws DISK_FULL, CANCELLED
   */
  async fetch(chunks: readonly WantedChunk[], options: FetchOptions): Promise<readonly Hash[]> {
    options.signal.throwIfAborted()
    if (chunks.length === 0) return []
    if (this.#sources.size === 0) return chunks.map(chunk => chunk.hash)
    const batch = new Batch(chunks.length, options.onStored)
    const cancel = (): void => batch.failed(toShoalError(options.signal.reason))
    options.signal.addEventListener('abort', cancel, { once: true })
    for (const chunk of chunks) this.#queue.add(options.dataset, chunk.hash, batch, chunk.size)
    this.#pump()
    try {
      return await batch.done
    } finally {
      options.signal.removeEventListener('abort', cancel)
      this.#queue.drop(batch)
    }
  }

  #pump(): void {
    if (this.#queue.size === 0) return
    for (const source of this.#sources.values()) source.pump()
  }

  #forget(peer: string): void {
    this.#sources.delete(peer)
    this.#tallies.delete(peer)
    this.#queue.giveUp(this.peers)
    this.#pump()
  }

  #arrived(wanted: Wanted, bytes: Uint8Array): Promise<void> {
    this.#queue.learn(bytes.byteLength)
    return this.#sink.add({
      hash: wanted.hash,
      bytes,
      stored: () => {
        for (const waiting of this.#queue.finish(wanted)) waiting.stored(bytes.byteLength)
      },
      failed: error => {
        for (const waiting of this.#queue.finish(wanted)) waiting.failed(toShoalError(error))
      }
    })
  }
}

/** One call's chunks: ends when each is stored or missing, or with the first failure. */
class Batch implements Waiting {
  readonly done: Promise<readonly Hash[]>
  readonly #missing: Hash[] = []
  readonly #onStored: ((bytes: number) => void) | undefined
  #left: number
  #resolve!: (missing: readonly Hash[]) => void
  #reject!: (error: Error) => void

  constructor(count: number, onStored: ((bytes: number) => void) | undefined) {
    this.#left = count
    this.#onStored = onStored
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  stored(bytes: number): void {
    this.#onStored?.(bytes)
    this.#count()
  }

  missing(hash: Hash): void {
    this.#missing.push(hash)
    this.#count()
  }

  failed(error: Error): void {
    this.#reject(error)
  }

  #count(): void {
    if (--this.#left === 0) this.#resolve(this.#missing)
  }
}
