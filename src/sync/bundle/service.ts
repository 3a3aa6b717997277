import type { DatasetView, VersionView } from '../../catalog/index.ts'
import type { VersionRef } from '../../model/index.ts'

export interface BundleImported {
  readonly dataset: DatasetView
  readonly version: VersionView
  /** Signed changes of the catalog that were not here. */
  readonly envelopes: number
  /** Chunks in the bundle, how many of them were not here, and the bytes of all. */
  readonly chunks: number
  readonly newChunks: number
  readonly bytes: number
}

/** S9: versions that travel as one file. */
export interface Bundles {
  /** One file with the version's catalog entry, signatures, tree and chunks, as it is read. @throws DATASET_NOT_FOUND, VERSION_NOT_FOUND, CHUNK_MISSING, CHUNK_DAMAGED */
  export(ref: VersionRef): AsyncIterable<Uint8Array>
  /** Takes a bundle in, all or nothing. @throws BUNDLE_INVALID, DISK_FULL */
  import(source: AsyncIterable<Uint8Array>): Promise<BundleImported>
}
