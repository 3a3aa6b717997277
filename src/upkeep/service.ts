import type { VersionRef } from '../model/index.ts'
import type { Watched } from '../datasets/index.ts'

export interface DamagedFile {
  /** Reference of the version. */
  readonly version: string
  /** '' for a part of the version's tree itself. */
  readonly path: string
  readonly problem: 'missing' | 'damaged'
  /** The chunk, hex. */
  readonly hash: string
}

export interface VerifyReport {
  /** Chunks checked and their bytes, each counted once. */
  readonly chunks: number
  readonly bytes: number
  /** Damaged or missing files, by version; what was repaired is no longer among them. */
  readonly damaged: readonly DamagedFile[]
  /** Chunks that were put right from a peer. */
  readonly repaired: number
}

export interface CollectReport {
  /** What was removed (or would be, in a dry run). */
  readonly chunks: number
  readonly bytes: number
  readonly dryRun: boolean
  /** Chunks that stay. */
  readonly kept: number
}

export interface Upkeep {
  /**
   * Reads back and hashes every chunk of a version, or of all and whatever else is in the store.
   * @throws DATASET_NOT_FOUND, VERSION_NOT_FOUND, CANCELLED
   */
  verify(ref: VersionRef | undefined, options?: Watched & { repair?: boolean }): Promise<VerifyReport>
  /**
   * Removes chunks nothing needs any more; what came in within the grace time (milliseconds; default one hour) stays, and so does what is
   * being imported, uploaded or fetched now, however long it takes.
   * @throws STORE_DAMAGED when a tree can't be read, so that it isn't known what is needed; TIMED_OUT when something under way does not end; CANCELLED
   */
  collect(options?: Watched & { dryRun?: boolean, graceMs?: number }): Promise<CollectReport>
}
