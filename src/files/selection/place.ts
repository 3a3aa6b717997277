import { blake3 } from '../../chunks/index.ts'

/** A number in [0, 1) that follows from a seed and a path, spread evenly: the same on every machine and in every run. */
export function placeOf(seed: number, path: string): number {
  const hash = blake3(Buffer.from(`${seed}\0${path}`))
  const bytes = Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength)
  // 53 bits: as many as a number holds exactly.
  return (bytes.readUInt32LE(0) * 2 ** 21 + (bytes.readUInt32LE(4) >>> 11)) / 2 ** 53
}
