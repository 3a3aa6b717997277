import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Ingested, Ingester } from '../../chunks/index.ts'
import { isShoalError } from '../../errors/index.ts'
import type { FileStat } from '../rows/index.ts'
import { sameStat, statOf, systemCode } from './disk.ts'

/** A file that changes while it is read is read again so often. */
const READ_TRIES = 3

/** What became of reading a file. */
export type Reading =
  | { readonly kind: 'read', readonly ingested: Ingested, readonly stat: FileStat }
  /** It can't be read, or does not stand still. */
  | { readonly kind: 'left', readonly problem: 'unreadable' | 'changing' | 'symlink' | 'special', readonly detail: string }
  /** It is not there any more. */
  | { readonly kind: 'gone' }

export interface ReadingOptions {
  readonly signal: AbortSignal
  /** Called as bytes come in. */
  readonly onRead: (bytes: number) => void
  /** Called before each time the file is read. */
  readonly onTry: () => void
}

/**
 * Takes a file in as it is at one moment: its size, times and inode must be the same before and after. One that changes is read again.
 * @param expected how it looked in its folder
 * @throws what the store fails with, CANCELLED
 */
export async function readStanding(ingester: Ingester, full: string, expected: FileStat, options: ReadingOptions): Promise<Reading> {
  let before = expected
  try {
    for (let tries = 0; tries < READ_TRIES; tries++) {
      options.onTry()
      const attempt = await readOnce(ingester, full, options)
      if (attempt === undefined) return { kind: 'left', problem: 'special', detail: 'it is no file any more' }
      if (sameStat(before, attempt.stat) && attempt.ingested.size === attempt.stat.size) return { kind: 'read', ...attempt }
      before = attempt.stat
    }
    return { kind: 'left', problem: 'changing', detail: `it changed each of the ${READ_TRIES} times it was read; import again when it stands still` }
  } catch (error) {
    return refusal(error)
  }
}

/** A pipe would wait for a writer, a link lead elsewhere: neither was there when the folder was looked at. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

async function readOnce(ingester: Ingester, full: string, { signal, onRead }: ReadingOptions): Promise<{ ingested: Ingested, stat: FileStat } | undefined> {
  const fd = openSync(full, OPEN_FLAGS)
  try {
    const begun = fstatSync(fd)
    if (!begun.isFile()) return undefined
    // A byte more shows that it grows; one that grows as fast as it is read would have no end.
    const ingested = await ingester.file(fd, { signal, onRead, most: begun.size + 1 })
    return { ingested, stat: statOf(fstatSync(fd, { bigint: true })) }
  } finally {
    closeSync(fd)
  }
}

function refusal(error: unknown): Reading {
  const code = isShoalError(error, 'SOURCE_UNREADABLE') ? String(error.facts['reason']) : isShoalError(error) ? undefined : systemCode(error)
  switch (code) {
    // Not of this file: the machine has run out of something.
    case undefined: case 'EMFILE': case 'ENFILE': case 'ENOMEM': throw error
    case 'ENOENT': case 'ENOTDIR': return { kind: 'gone' }
    case 'ELOOP': return { kind: 'left', problem: 'symlink', detail: 'it is a symbolic link now, which is not followed' }
    default: return { kind: 'left', problem: 'unreadable', detail: `it can not be read (${code})` }
  }
}
