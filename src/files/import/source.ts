import { lstatSync } from 'node:fs'
import { isShoalError, fail } from '../../errors/index.ts'
import { checkPath } from '../../model/index.ts'
import type { Notices } from '../notices.ts'
import { statOf, systemCode } from './disk.ts'
import { checkType } from '../kinds.ts'
import type { ImportRequest } from './request.ts'
import { type Found, Scanner } from './scanner.ts'

/** What an import takes in, in the order of paths. */
export interface Source {
  next(): Found | undefined
  /** See `Scanner`. */
  readonly unseen: string[]
}

/** One file as a source. @throws PATH_INVALID, SOURCE_UNREADABLE */
export function fileSource(full: string, path: string): Source {
  checkPath(path)
  let stat
  try {
    stat = statOf(lstatSync(full, { bigint: true }))
  } catch (error) {
    if (isShoalError(error)) throw error
    return fail('SOURCE_UNREADABLE', `${full} can not be read (${systemCode(error) ?? String(error)})`, { source: full }, error)
  }
  const left: Found[] = [{ path, full, stat }]
  return { next: () => left.shift(), unseen: [] }
}

/** @throws SOURCE_UNREADABLE, PATH_INVALID */
export function openSource({ source, fileName, into, except, typed }: Pick<ImportRequest, 'source' | 'fileName' | 'into' | 'except' | 'typed'>, notices: Notices): Source {
  if (fileName === undefined) return new Scanner(source, into, notices, except, typed)
  const path = into === '' ? fileName : `${into}/${fileName}`
  if (typed !== undefined) checkType(typed, path)
  return fileSource(source, path)
}
