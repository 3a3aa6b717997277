import type { Hash } from '../model/index.ts'
import type { SplitProfile } from './profile.ts'

/** The chunks of one file in order, flat: hash i is bytes 32·i … 32·i+31 of `hashes`, its length in bytes is `lengths[i]`. */
export interface ChunkList { readonly hashes: Uint8Array, readonly lengths: Uint32Array }

/** One file's bytes, now in the store (durable after its next barrier). */
export interface Ingested {
  /** Bytes. */
  readonly size: number
  /** BLAKE3 of the whole file. */
  readonly hash: Hash
  readonly profile: SplitProfile
  readonly chunks: ChunkList
}
