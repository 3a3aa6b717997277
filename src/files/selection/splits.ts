import { fail } from '../../errors/index.ts'
import { isInside, shown } from '../../model/index.ts'
import { placeOf } from './place.ts'
import { splitName, splitOfPath } from './split-names.ts'

/** K4: a version says in this file at its top which file belongs to which split; without it, names of folders and files say so. */
export const SPLITS_FILE = 'splits.json'

/** A list of paths and folders for each million files fits. Bytes. */
export const MAX_SPLITS_BYTES = 64 * 1024 * 1024
/** More parts than anyone makes of a dataset. */
const MAX_SPLITS = 100

/** What `splits.json` holds: shares of all files, or the files and folders of each split. */
export type SplitsFile =
  | { readonly ratios: { readonly [split: string]: number }, readonly seed?: number }
  | { readonly files: { readonly [split: string]: readonly string[] } }

/** Tells the split of a path. */
export interface Splits {
  readonly source: 'names' | 'ratios' | 'list'
  readonly file: SplitsFile | null
  of(path: string): string | undefined
}

/** By the names of folders and files. */
export const SPLITS_BY_NAME: Splits = { source: 'names', file: null, of: splitOfPath }

/** @param text content of `splits.json` @throws FIELD_INVALID naming what is wrong with it */
export function readSplits(text: string): Splits {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    fail('FIELD_INVALID', `${SPLITS_FILE} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { field: SPLITS_FILE })
  }
  return splitsFrom(checkSplits(value))
}

/** @throws FIELD_INVALID */
export function checkSplits(value: unknown): SplitsFile {
  if (!isRecord(value)) return wrong(`must be an object such as {"ratios": {"train": 0.8, "test": 0.2}, "seed": 1}, not ${shown(value)}`)
  if ('ratios' in value) return checkRatios(value)
  if (!('files' in value) || !isRecord(value.files)) return wrong('must hold "ratios" (shares) or "files" (paths of each split)')
  const files = Object.entries(value.files)
  if (files.length === 0 || files.length > MAX_SPLITS) wrong(`must name 1 to ${MAX_SPLITS} splits`)
  for (const [name, paths] of files) {
    checkName(name)
    if (!Array.isArray(paths) || paths.some(path => typeof path !== 'string' || path === '')) wrong(`must list paths for ${shown(name)}`)
  }
  return { files: value.files as { readonly [split: string]: readonly string[] } }
}

function checkRatios({ ratios, seed }: { readonly ratios?: unknown, readonly seed?: unknown }): SplitsFile {
  if (!isRecord(ratios)) return wrong('must give ratios such as {"train": 0.8, "test": 0.2}')
  const shares = Object.entries(ratios)
  if (shares.length === 0 || shares.length > MAX_SPLITS) wrong(`must name 1 to ${MAX_SPLITS} splits`)
  for (const [name, share] of shares) {
    checkName(name)
    if (typeof share !== 'number' || !(share > 0 && share <= 1)) wrong(`must give ${shown(name)} a share above 0 and up to 1, not ${shown(share)}`)
  }
  const sum = shares.reduce((sum, [, share]) => sum + Number(share), 0)
  // Shares are decimals: 0.7 + 0.2 + 0.1 is not quite 1.
  if (sum > 1 + 1e-9) wrong(`must give shares of at most 1 in all, not ${sum}`)
  if (seed !== undefined && !Number.isSafeInteger(seed)) wrong(`must have a whole number as its seed, not ${shown(seed)}`)
  return { ratios: ratios as { readonly [split: string]: number }, ...seed === undefined ? {} : { seed: Number(seed) } }
}

function checkName(name: string): void {
  if (!/^[\w.-]{1,64}$/.test(name) || name === '__proto__') wrong(`must name splits with 1 to 64 letters, digits, dots and dashes, not ${shown(name)}`)
}

function splitsFrom(file: SplitsFile): Splits {
  return 'ratios' in file ? { source: 'ratios', file, of: byRatio(file.ratios, file.seed ?? 0) } : { source: 'list', file, of: byList(file.files) }
}

/** Each file's place follows from the seed and its path alone: files that come later move none of the others. */
function byRatio(ratios: { readonly [split: string]: number }, seed: number): (path: string) => string | undefined {
  let end = 0
  const ends = Object.entries(ratios).map(([name, share]) => ({ name: splitName(name), end: end += share }))
  const isWhole = end > 1 - 1e-9
  return path => {
    if (path === SPLITS_FILE) return undefined
    const place = placeOf(seed, path)
    return (ends.find(split => place < split.end) ?? (isWhole ? ends.at(-1) : undefined))?.name
  }
}

/** A path itself, or the nearest of its folders, that is listed. */
function byList(files: { readonly [split: string]: readonly string[] }): (path: string) => string | undefined {
  const listed = new Map(Object.entries(files).flatMap(([name, paths]) => paths.map(path => [path.replace(/\/+$/, ''), splitName(name)] as const)))
  return path => {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const split = listed.get(at)
      if (split !== undefined && (at === path || isInside(path, at))) return split
    }
    return undefined
  }
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null && !Array.isArray(value)

const wrong = (detail: string): never => fail('FIELD_INVALID', `${SPLITS_FILE} ${detail}`, { field: SPLITS_FILE })
