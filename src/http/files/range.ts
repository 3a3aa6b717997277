import { fail } from '../../errors/index.ts'

/** Ranges and conditions of requests for a file (RFC 9110, sections 13 and 14). */

/** Bytes `from` (included) to `to` (excluded). */
export interface ByteRange { readonly from: number, readonly to: number }

/**
 * The part of a file a Range header asks for. Undefined means all of it: no header, another unit, or several ranges, which a
 * server may answer whole.
 * @throws RANGE_INVALID when it lies outside the file
 */
export function readRange(header: string | null, size: number): ByteRange | undefined {
  const set = /^bytes=(.+)$/i.exec(header?.trim() ?? '')?.[1]
  if (set === undefined) return undefined
  const ranges = set.split(',').map(part => readOne(part.trim(), size))
  if (ranges.includes('malformed')) return undefined
  const inside = ranges.filter(range => typeof range === 'object')
  if (inside.length === 0) fail('RANGE_INVALID', `the file has ${size} bytes; "${header?.slice(0, 100)}" lies outside`, { size })
  return ranges.length === 1 ? inside[0] : undefined
}

function readOne(text: string, size: number): ByteRange | 'outside' | 'malformed' {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(text) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'malformed'
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'outside' : { from: size - length, to: size }
  }
  const from = Number(first)
  if (last !== '' && Number(last) < from) return 'malformed'
  if (from >= size) return 'outside'
  return { from, to: last === '' ? size : Math.min(Number(last) + 1, size) }
}

/** The entity tags of a condition, without quotes; `*` stands for any. */
export function readTags(header: string | null): readonly { tag: string, weak: boolean }[] {
  return [...(header ?? '').matchAll(/(W\/)?"([^"]*)"|\*/g)].map(match => ({ tag: match[2] ?? '*', weak: match[1] !== undefined }))
}

/** If-None-Match: whether the caller has this already. Weak comparison. */
export const isKnown = (header: string | null, tag: string): boolean => readTags(header).some(given => given.tag === tag || given.tag === '*')

/** If-Range: whether the range is of what the caller has the rest of. Strong comparison; a date never is. */
export const isSameFile = (header: string | null, tag: string): boolean =>
  header === null || readTags(header).some(given => given.tag === tag && !given.weak)
