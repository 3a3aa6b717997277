import { MAX_PATH_BYTES } from '../model/index.ts'
import { BOUNDARY_MASK } from './limits.ts'

/** A path as UTF-8, the form nodes order and store it in. */
export type Key = Uint8Array

export const SLASH = 0x2f
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
    if (x !== y) return orderOf(x) - orderOf(y)
  }
  return a.length - b.length
}

/** A byte's place in the order of paths. */
export const orderOf = (byte: number): number => byte === SLASH ? 0 : byte

/** Plain order of bytes, for choices that only have to be the same everywhere. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)

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

export const FNV_START = 0x811c9dc5 | 0
const FNV_PRIME = 0x01000193
const LEVEL_STEP = 0x9e3779b1

/** One more byte of FNV-1a. */
export const fnvStep = (hash: number, byte: number): number => Math.imul(hash ^ byte, FNV_PRIME)

/**
 * Whether an item of a level's nodes with this path begins a new node: FNV-1a of the path, mixed with the level by MurmurHash3's last
 * step. Paths can be chosen to fool any public hash, so a stronger one would buy nothing: the least and most items of a node bound that.
 */
export function isBoundary(key: Key, level: number): boolean {
  let hash = FNV_START
  for (let i = 0; i < key.length; i++) hash = fnvStep(hash, key[i] as number)
  return isBoundaryHash(hash, level)
}

/** `isBoundary` from the path's FNV-1a. */
export function isBoundaryHash(pathHash: number, level: number): boolean {
  let hash = pathHash ^ Math.imul(level, LEVEL_STEP)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) & BOUNDARY_MASK) === 0
}

/*
 * `checkPath` for the bytes of a path (a test holds the two together): paths read from nodes may come from anyone and must not name
 * `../x`, and those written are bytes already.
 */

/** What is wrong with a byte in a path, if anything is. */
export const byteProblem = (byte: number): string | undefined =>
  byte < 0x20 || byte === 0x7f || byte === BACKSLASH ? 'holds a control character or a backslash' : undefined

/** What is wrong with the part of a path from `start` to `end`, if anything is. */
export function nameProblem(bytes: Uint8Array, start: number, end: number): string | undefined {
  const length = end - start
  if (length === 0) return 'has an empty part'
  if (length > MAX_NAME_BYTES) return 'has a part that is too long'
  return bytes[start] === DOT && (length === 1 || (length === 2 && bytes[start + 1] === DOT)) ? 'has a part . or ..' : undefined
}

/** Whether a key is plainly a valid path: of ASCII, with nothing to object to. Where it is not, `checkPath` tells. */
export function isPlainKey(key: Key): boolean {
  let start = 0
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] as number
    if (byte === SLASH) {
      if (nameProblem(key, start, i) !== undefined) return false
      start = i + 1
    } else if (byte > 0x7f || byteProblem(byte) !== undefined) return false
  }
  return key.length <= MAX_PATH_BYTES && nameProblem(key, start, key.length) === undefined
}
