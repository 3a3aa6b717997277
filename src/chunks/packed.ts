import { HASH_BYTES } from '../model/index.ts'
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
