declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** 128 random bits in base32; made once, by the device that creates the dataset. */
export type DatasetId = Branded<'DatasetId'>
/** 128 random bits in base32; never changes, not even by publishing. */
export type VersionId = Branded<'VersionId'>
/** The libp2p peer id of a device: its Ed25519 public key. */
export type DeviceId = Branded<'DeviceId'>
/** BLAKE3 of the founder's signed genesis, in base32. */
export type WorkspaceId = Branded<'WorkspaceId'>

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** RFC 4648 base32 in lower case without padding: safe in file names, addresses and host names. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += ALPHABET[(value >>> bits) & 31]
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text
}

/** @param bytes 16 random bytes */
export const datasetId = (bytes: Uint8Array): DatasetId => toBase32(bytes) as DatasetId
/** @param bytes 16 random bytes */
export const versionId = (bytes: Uint8Array): VersionId => toBase32(bytes) as VersionId
