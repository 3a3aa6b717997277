import { blake3 } from './blake3.ts'
import { SPLIT_SIZES, type SplitProfile, type SplitSizes } from './profile.ts'

/** What the gear table is derived from; another text would be another format. */
export const GEAR_SEED = 'shoal split gear 1'

/** The rolling hash forgets a byte after so many steps: its bits have been shifted out. */
const WINDOW_BYTES = 32

/** One number per byte value: the first four bytes (little-endian, signed) of BLAKE3(GEAR_SEED ‖ byte). */
export const GEAR = Int32Array.from({ length: 256 }, (_, byte) => {
  const hash = blake3(Buffer.concat([Buffer.from(GEAR_SEED, 'latin1'), Uint8Array.of(byte)]))
  return Buffer.from(hash).readInt32LE(0)
})

/** The smallest int32 plus the threshold: one signed comparison then tells whether the hash's upper bits make a cut. */
const limitOf = (threshold: number): number => (-(2 ** 31) + threshold) | 0

interface Rules extends SplitSizes { readonly strictLimit: number, readonly looseLimit: number }

const rules = (sizes: SplitSizes): Rules => ({ ...sizes, strictLimit: limitOf(sizes.strict), looseLimit: limitOf(sizes.loose) })

const RULES: Readonly<Record<SplitProfile, Rules>> = { binary: rules(SPLIT_SIZES.binary), text: rules(SPLIT_SIZES.text) }

/** The first cut behind a byte in [from, to), or -1. The hash depends on the 32 bytes before a cut alone, so it can be warmed up anywhere. */
function findCut(bytes: Uint8Array, from: number, to: number, limit: number): number {
  const gear = GEAR
  let hash = 0
  for (let i = from - WINDOW_BYTES; i < from; i++) hash = ((hash << 1) + gear[bytes[i]!]!) | 0
  for (let i = from; i < to; i++) {
    hash = ((hash << 1) + gear[bytes[i]!]!) | 0
    if (hash < limit) return i + 1
  }
  return -1
}

/**
 * Where the chunk that starts at `start` ends.
 * @param end the end of the file, or of the bytes at hand: those must then be at least the profile's `max` from `start`
 * @returns an offset in (start, end]
 */
export function nextCut(bytes: Uint8Array, start: number, end: number, profile: SplitProfile): number {
  const { min, normal, max, strictLimit, looseLimit } = RULES[profile]
  if (end - start <= min) return end
  const last = Math.min(end, start + max)
  const middle = Math.min(last, start + normal)
  const strict = findCut(bytes, start + min, middle, strictLimit)
  if (strict >= 0) return strict
  const loose = findCut(bytes, middle, last, looseLimit)
  return loose >= 0 ? loose : last
}

/** The ends of the chunks of a whole file held in memory. An empty file has none. */
export function splitBytes(bytes: Uint8Array, profile: SplitProfile): number[] {
  if (bytes.length === 0) return []
  if (bytes.length <= SPLIT_SIZES[profile].whole) return [bytes.length]
  const ends: number[] = []
  for (let start = 0; start < bytes.length;) ends.push(start = nextCut(bytes, start, bytes.length, profile))
  return ends
}
