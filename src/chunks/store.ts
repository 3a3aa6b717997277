import type { MessagePort } from 'node:worker_threads'
import type { Hash } from '../model/index.ts'

/** Bytes and their name. */
export interface Chunk { readonly hash: Hash, readonly bytes: Uint8Array }

export interface StoreStats {
  readonly chunks: number
  /** Bytes of all chunks as they were put in. */
  readonly bytes: number
  /** Bytes the store's files take on disk. */
  readonly storedBytes: number
}

export interface SweepResult { readonly chunks: number, readonly bytes: number }

/** What a scrub found wrong with one chunk. */
export interface Damage { readonly hash: Hash, readonly problem: 'missing' | 'damaged' }

/**
 * Holds chunks by hash. Two implementations (LevelDB in a worker thread, memory), one contract: test/contract/chunk-store.
 * Every method may be called while others run.
 */
export interface ChunkStore {
  /**
   * Takes chunks in; ones it has are skipped. A chunk is readable as soon as this resolves, and *durable* after the next barrier.
   * The caller must not change the bytes afterwards. The hash is trusted: who got bytes from elsewhere checks them first.
   * @returns how many were new
   * @throws DISK_FULL; reads go on, and puts go on by themselves once there is space
   */
  putMany(chunks: readonly Chunk[]): Promise<number>
  /** In the order of `hashes`. */
  hasMany(hashes: readonly Hash[]): Promise<boolean[]>
  /**
   * In the order of `hashes`; undefined for what is not here. Every returned chunk's bytes were hashed on the way out. All of them are in
   * memory at once, so ask for some MiB at a time.
   * @throws CHUNK_DAMAGED naming the hash
   */
  getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]>
  /** Resolves when everything put before the call survives power loss (group-committed: calls at the same time share one flush). */
  barrier(): Promise<void>
  /**
   * Removes every chunk that was in the store when the sweep began and is not `live`, and gives its space back. Chunks put in (again)
   * since `beginSweep`, or reported as here by `hasMany`, stay: so a mark that ran in between can't lose what came in meanwhile. The mark must
   * begin after everybody who had put chunks in before `beginSweep` has committed what names them. Several may be begun, the older spares more;
   * of more than `MAX_OPEN_SWEEPS` the oldest lapses.
   */
  beginSweep(): Promise<SweepToken>
  /** @param options.reuse the token stays good for another sweep @throws INTERNAL (facts: token) when the token was used, has lapsed, or is of another opening of the store */
  sweep(token: SweepToken, live: LiveSet, options?: { dryRun?: boolean, reuse?: boolean, signal?: AbortSignal }): Promise<SweepResult>
  /** Reads and hashes every chunk (or those given); reports damaged ones. Damaged ones stay until replaced by `repair`. */
  scrub(options?: { hashes?: readonly Hash[], signal?: AbortSignal, onProgress?: (chunks: number, bytes: number) => void }): Promise<Damage[]>
  /** Puts the right bytes of a damaged chunk in place of what is there. @throws CONTENT_MISMATCH when the bytes are not the chunk's */
  repair(chunk: Chunk): Promise<void>
  stats(): Promise<StoreStats>
  /** A port for another thread, which speaks to this store through `connectStore(port)`; undefined where the store lives in this thread only. */
  connect(): MessagePort | undefined
  close(): Promise<void>
}

/** Sweeps open at once; each takes a bit a chunk that is put again while it is. */
export const MAX_OPEN_SWEEPS = 8

/** Marks the moment a sweep began. */
export type SweepToken = string

/** What must stay: hashes as 32-byte runs in one array, so that it crosses threads without copies. */
export interface LiveSet { readonly hashes: Uint8Array }
