/** How a file is split; recorded in its tree entry so that every node splits a changed file the same way. Values: FORMAT.md. */
export type SplitProfile = 'binary' | 'text'

/** Sizes in bytes. A threshold t means: a position is a cut with a chance of t in 2^32. */
export interface SplitSizes {
  /** A file up to this size is one chunk. */
  readonly whole: number
  /** No chunk but a file's last is shorter. */
  readonly min: number
  /** Up to here the strict threshold holds, beyond it the loose one: that keeps chunks near this size. */
  readonly normal: number
  readonly max: number
  readonly strict: number
  readonly loose: number
}

const KiB = 1024

/**
 * Part of the format: other values would split equal files differently. Chosen by measuring: `binary` averages 76 KiB and stores about 90 KiB
 * anew for a small edit; `text` averages 9.5 KiB and stores about 10 KiB anew for a row inserted into a table.
 */
export const SPLIT_SIZES: Readonly<Record<SplitProfile, SplitSizes>> = {
  binary: { whole: 128 * KiB, min: 32 * KiB, normal: 64 * KiB, max: 256 * KiB, strict: 2 ** 14, loose: 2 ** 18 },
  text: { whole: 8 * KiB, min: 4 * KiB, normal: 8 * KiB, max: 32 * KiB, strict: 2 ** 17, loose: 2 ** 21 }
}

/** The longest chunk a file is split into. Bytes. */
export const MAX_FILE_CHUNK_BYTES = SPLIT_SIZES.binary.max

/** So many bytes from a file's beginning decide its profile (all of them, where it is shorter). */
export const PROFILE_SAMPLE_BYTES = 4 * KiB

/** A text in an old one-byte encoding has few bytes above 127; more than one in this many, and not UTF-8, is not text. */
const HIGH_BYTES_DIVISOR = 4

/** Control characters that texts hold: tab, line feed, vertical tab, form feed, carriage return, escape (of coloured logs). */
const isTextControl = (byte: number): boolean => (byte >= 9 && byte <= 13) || byte === 27

/**
 * The profile for a file, from its content alone, so that equal files split equally whatever they are called.
 * @param start the file's beginning: at least `PROFILE_SAMPLE_BYTES`, or the whole file
 */
export function chooseProfile(start: Uint8Array): SplitProfile {
  const sample = start.subarray(0, PROFILE_SAMPLE_BYTES)
  let high = 0
  for (const byte of sample) {
    if (byte === 127 || (byte < 32 && !isTextControl(byte))) return 'binary'
    if (byte > 127) high++
  }
  return high * HIGH_BYTES_DIVISOR <= sample.length || isUtf8(sample) ? 'text' : 'binary'
}

/** Whether a sample is UTF-8, but for a character cut off at its end. */
function isUtf8(sample: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true })
    return true
  } catch {
    return false
  }
}
