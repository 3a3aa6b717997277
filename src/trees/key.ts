import { isUtf8 } from 'node:buffer'
import { MAX_PATH_BYTES } from '../model/index.ts'
import { refuse } from './bytes.ts'
import { BOUNDARY_MASK } from './limits.ts'

/** A path as UTF-8, the form nodes order and store it in. */
export type Key = Uint8Array

const SLASH = 0x2f
const DOT = 0x2e
const BACKSLASH = 0x5c
/** Bytes of one part of a path, as `checkPath` has it. */
const MAX_NAME_BYTES = 255

export const encodeKey = (path: string): Key => Buffer.from(path, 'utf8')

export const decodeKey = (key: Key): string => Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8')

/** `comparePaths` on the UTF-8 bytes: the slash below every other byte. */
export function compareKeys(a: Key, b: Key): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a[i] as number
    const y = b[i] as number
    if (x !== y) return weight(x) - weight(y)
  }
  return a.length - b.length
}

const weight = (byte: number): number => byte === SLASH ? 0 : byte

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Whether `key` lies below the path `folder`. Content of a path follows directly behind it, so neighbours are all that must be asked. */
export function liesInside(key: Key, folder: Key): boolean {
  if (key.length <= folder.length || key[folder.length] !== SLASH) return false
  for (let i = 0; i < folder.length; i++) if (key[i] !== folder[i]) return false
  return true
}

/** How many first bytes two keys share. */
export function sharedLength(a: Key, b: Key): number {
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a[i] === b[i]) i++
  return i
}

const FNV_START = 0x811c9dc5
const FNV_PRIME = 0x01000193
const LEVEL_STEP = 0x9e3779b1

/**
 * Whether an item of a level's nodes with this path begins a new node: FNV-1a of the path, mixed with the level by MurmurHash3's last
 * step. Paths can be chosen to fool any public hash, so a stronger one would buy nothing: the least and most items of a node bound that.
 */
export function isBoundary(key: Key, level: number): boolean {
  let hash = FNV_START
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ (key[i] as number), FNV_PRIME)
  hash ^= Math.imul(level, LEVEL_STEP)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) & BOUNDARY_MASK) === 0
}

/**
 * `checkPath` for the bytes of a path read from a node (a test holds the two together): foreign trees must not name `../x`.
 * @throws FORMAT_INVALID
 */
export function checkKey(key: Key): void {
  if (key.length > MAX_PATH_BYTES) refuse('a path is too long')
  let start = 0
  let ascii = true
  for (let i = 0; i <= key.length; i++) {
    const byte = i < key.length ? key[i] as number : SLASH
    if (byte === SLASH) {
      checkName(key, start, i)
      start = i + 1
    } else if (byte < 0x20 || byte === 0x7f || byte === BACKSLASH) refuse('a path holds a control character or a backslash')
    else if (byte > 0x7f) ascii = false
  }
  if (!ascii && !isUtf8(key)) refuse('a path is not UTF-8')
}

function checkName(key: Key, start: number, end: number): void {
  const length = end - start
  if (length === 0) refuse('a path has an empty part')
  if (length > MAX_NAME_BYTES) refuse('a part of a path is too long')
  if (key[start] === DOT && (length === 1 || (length === 2 && key[start + 1] === DOT))) refuse('a path has a part . or ..')
}
