import { blake3 as digest, Blake3Hasher } from 'blake3'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, hashToHex, sameHash, type Hash } from '../model/index.ts'

/** The BLAKE3-256 of `bytes`; about 3 µs, and 0.25 ns a byte more. */
export const blake3 = (bytes: Uint8Array): Hash => digest(bytes)

/** BLAKE3 of bytes that come in pieces. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** The hash of everything so far; the hasher then starts anew. */
  finish(): Hash
}

/** A hasher that can be used again and again: making one costs as much as hashing 40 KiB. */
export function createHasher(): Hasher {
  const hasher = new Blake3Hasher()
  return {
    update: bytes => { hasher.update(bytes) },
    finish: () => {
      const hash = hasher.digestBuffer()
      hasher.reset()
      return hash
    }
  }
}

/** Whether `bytes` are the chunk that `hash` names. */
export const isChunk = (hash: Hash, bytes: Uint8Array): boolean => hash.length === HASH_BYTES && sameHash(blake3(bytes), hash)

/** @throws CONTENT_MISMATCH when `bytes` are not the chunk that `hash` names */
export function checkChunk(hash: Hash, bytes: Uint8Array): void {
  if (!isChunk(hash, bytes)) fail('CONTENT_MISMATCH', `${bytes.length} bytes are not the chunk ${hashToHex(hash)}`, { hash: hashToHex(hash) })
}
