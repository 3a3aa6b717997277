import type { BigIntStats } from 'node:fs'
import type { FileStat } from '../rows/index.ts'

/** What a stat of the system says, as rows remember it. */
export const statOf = (stat: BigIntStats): FileStat => ({
  size: Number(stat.size), mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs, ino: BigInt.asUintN(64, stat.ino), executable: (stat.mode & 0o100n) !== 0n
})

export const sameStat = (a: FileStat, b: FileStat): boolean =>
  a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino && a.executable === b.executable

/** The system's code of an error, e.g. `EACCES`; undefined for errors that are not the system's. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : undefined

/** Nothing is there (any more). */
export const isGone = (code: string | undefined): boolean => code === 'ENOENT' || code === 'ENOTDIR'

/** A file system that counts in seconds (FAT: two of them) shows it in its times. Nanoseconds. */
const COARSE_TICK_NS = 2_000_000_000n
/** A tick of the clock that files get their times from is 10 ms or less. Nanoseconds. */
const FINE_TICK_NS = 100_000_000n
const FINE_UNIT_NS = 1_000_000n

/**
 * Whether a file that was looked at `now` may change once more without its times telling.
 * @param now milliseconds since 1970
 */
export function isRacy(stat: FileStat, now: number): boolean {
  const isFine = stat.ctimeNs % FINE_UNIT_NS !== 0n || stat.mtimeNs % FINE_UNIT_NS !== 0n
  const line = BigInt(Math.floor(now)) * 1_000_000n - (isFine ? FINE_TICK_NS : COARSE_TICK_NS)
  return stat.mtimeNs > line || stat.ctimeNs > line
}
