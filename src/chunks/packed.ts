import { HASH_BYTES, type Hash } from '../model/index.ts'
import type { Chunk, ChunkStore } from './store.ts'

/** Chunks one behind the other in one buffer: how they cross threads without being copied one by one. */
export interface Packed {
  /** The chunks' bytes from its beginning; may be longer than they are. */
  readonly buffer: ArrayBuffer
  /** Hash i is bytes 32·i … 32·i+31. */
  readonly hashes: Uint8Array
  readonly lengths: Uint32Array
}

/** A store that takes packed chunks: the buffer moves there, and a large one comes back for reuse once they are in. */
export interface PackedSink {
  putPacked(packed: Packed): Promise<ArrayBuffer | undefined>
}

/** Chunks that were read into a buffer: views on it, or undefined for what the store doesn't hold. Good until it is read into again. */
export interface ReadChunks { readonly chunks: readonly (Uint8Array | undefined)[], readonly buffer: ArrayBuffer }

/** A store that reads into a buffer, which goes there and comes back: a fresh one for every chunk would keep the garbage collector busy. */
export interface PackedSource {
  /** @param buffer the store's until this resolves; where it has no room another comes back @throws CHUNK_DAMAGED naming the first that is damaged */
  getPacked(hashes: readonly Hash[], buffer: ArrayBuffer): Promise<ReadChunks>
}

/** `store` as such a source. One that can't read into a buffer leaves it alone. */
export function packedSource(store: ChunkStore | (ChunkStore & PackedSource)): PackedSource {
  if ('getPacked' in store) return store
  return { getPacked: async (hashes, buffer) => ({ chunks: await store.getMany(hashes), buffer }) }
}

/** Copies chunks into one buffer. */
export function pack(chunks: readonly Chunk[]): Packed {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0))
  const hashes = new Uint8Array(chunks.length * HASH_BYTES)
  const lengths = new Uint32Array(chunks.length)
  let at = 0
  for (const [i, chunk] of chunks.entries()) {
    bytes.set(chunk.bytes, at)
    hashes.set(chunk.hash, i * HASH_BYTES)
    lengths[i] = chunk.bytes.length
    at += chunk.bytes.length
  }
  return { buffer: bytes.buffer, hashes, lengths }
}

/** The chunks as views into the packed buffer. */
export function unpack({ buffer, hashes, lengths }: Packed): Chunk[] {
  let at = 0
  return Array.from(lengths, (length, i) => {
    const chunk = { hash: hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES), bytes: new Uint8Array(buffer, at, length) }
    at += length
    return chunk
  })
}

/** `store` as a sink. One that takes no packed chunks gets copies, because the buffer will be written to again. */
export function packedSink(store: ChunkStore | (ChunkStore & PackedSink)): PackedSink {
  if ('putPacked' in store) return store
  return {
    putPacked: async packed => {
      await store.putMany(unpack(packed).map(chunk => ({ hash: chunk.hash, bytes: chunk.bytes.slice() })))
      return packed.buffer
    }
  }
}
