import type { Catalog } from '../catalog/index.ts'
import type { Chunk, ChunkStore } from '../chunks/index.ts'
import type { Datasets } from '../datasets/index.ts'
import type { Hash } from '../model/index.ts'
import type { Clock, Log } from '../runtime/index.ts'

/** What upkeep stands on. */
export interface UpkeepDeps {
  readonly datasets: Datasets
  readonly catalog: Catalog
  readonly store: ChunkStore
  readonly clock: Clock
  readonly log: Log
  /** Chunks that no version names and somebody will come back for: uploads that were broken off. None when not given. */
  readonly pinned?: () => AsyncIterable<readonly Hash[]>
  /** Asks other nodes for chunks, for `verify --repair`; yields those it could get, in any order, not checked yet. Nothing is repaired when not given. */
  readonly fetchFromPeers?: (hashes: readonly Hash[], signal: AbortSignal | undefined) => AsyncIterable<Chunk>
}
