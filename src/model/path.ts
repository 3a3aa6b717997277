import { fail } from '../errors/index.ts'

/** Longer paths exist on no file system people use; a bound keeps tree nodes bounded too. */
export const MAX_PATH_BYTES = 1024
/** The limit of ext4, NTFS and APFS for one part of a path. */
const MAX_NAME_BYTES = 255

// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/

/**
 * Checks a path inside a version: relative, single slashes, no `.` or `..`, no control characters or backslashes, well-formed
 * Unicode. Names Windows can't hold (`CON`, `a:b`) and names that differ only in case are accepted here and reported at checkout.
 * @returns the path itself
 * @throws PATH_INVALID naming the path and what is wrong with it
 */
export function checkPath(path: string): string {
  const problem = problemOf(path)
  if (problem !== undefined) fail('PATH_INVALID', `the path ${JSON.stringify(path.slice(0, 200))} ${problem}`, { path: path.slice(0, 2000) })
  return path
}

function problemOf(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (path.startsWith('/')) return 'is absolute; paths in a version are relative'
  if (path.endsWith('/')) return 'ends in a slash'
  if (FORBIDDEN.test(path)) return 'holds a control character or a backslash'
  if (!path.isWellFormed()) return 'is not well-formed Unicode'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`
  for (const name of path.split('/')) {
    if (name === '') return 'has an empty part (two slashes in a row)'
    if (name === '.' || name === '..') return `has the part "${name}"`
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `has a part longer than ${MAX_NAME_BYTES} bytes`
  }
  return undefined
}

/**
 * The order of paths in a tree: UTF-8 bytes, with the slash below every other byte, so that a folder's content follows
 * directly behind the folder's name and a depth-first walk with sorted names is in order.
 */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return weight(x) - weight(y)
  }
  return a.length - b.length
}

/** UTF-16 units in the order of the UTF-8 bytes they become: surrogates (4 bytes in UTF-8) above the rest of the plane. */
const weight = (unit: number): number => unit === 0x2f ? 0 : unit >= 0xd800 ? (unit < 0xe000 ? unit + 0x2000 : unit - 0x800) : unit

/** The folder a path lies in; '' at the top. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Whether `path` lies in `folder` (at any depth); every path lies in ''. */
export const isInside = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`)
