import { fail } from '../errors/index.ts'

/** A BLAKE3-256 digest: the name of a chunk, a file, a tree or a commit. */
export type Hash = Uint8Array

export const HASH_BYTES = 32

const view = (hash: Hash): Buffer => Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength)

/** A string to key maps and sets by; one character a byte, not for people. */
export const hashKey = (hash: Hash): string => view(hash).toString('latin1')

export const hashToHex = (hash: Hash): string => view(hash).toString('hex')

/** @throws REFERENCE_INVALID when `hex` is not 64 lower-case hexadecimal digits */
export function hashFromHex(hex: string): Hash {
  if (!/^[0-9a-f]{64}$/.test(hex)) fail('REFERENCE_INVALID', `"${hex}" is not a BLAKE3 hash of 64 hexadecimal digits`)
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** A hash as people and scripts see it: `blake3:<64 hex>`, what `b3sum` prints behind the colon. */
export const formatHash = (hash: Hash): string => `blake3:${hashToHex(hash)}`

/** @throws REFERENCE_INVALID */
export const parseHash = (text: string): Hash => hashFromHex(text.startsWith('blake3:') ? text.slice(7) : text)

export const compareHashes = (a: Hash, b: Hash): number => Buffer.compare(a, b)

export const sameHash = (a: Hash, b: Hash): boolean => compareHashes(a, b) === 0
