import type { VersionRef } from '../model/index.ts'
import type { Watched } from '../datasets/index.ts'

export interface VerifyReport {
  readonly chunks: number
  readonly bytes: number
  /** Damaged or missing files, by version. */
  readonly damaged: readonly { readonly version: string, readonly path: string, readonly problem: 'missing' | 'damaged', readonly hash: string }[]
  readonly repaired: number
}

export interface CollectReport { readonly chunks: number, readonly bytes: number, readonly dryRun: boolean, readonly kept: number }

export interface Upkeep {
  /** Reads back and hashes every chunk of a version, or of all. */
  verify(ref: VersionRef | undefined, options?: Watched & { repair?: boolean }): Promise<VerifyReport>
  /** Removes chunks nothing needs any more; what came in within the grace time stays. */
  collect(options?: Watched & { dryRun?: boolean, graceMs?: number }): Promise<CollectReport>
}
