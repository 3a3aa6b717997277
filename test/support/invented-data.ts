/** Bytes and tables invented from a seed: the same on every machine. */
import { Buffer } from 'node:buffer'

/** `length` incompressible bytes: the upper bytes of x → 1664525·x + 1013904223 mod 2^32, which starts with the seed. 64 MiB take 0.2 s. */
export function inventBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let x = seed | 0
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    bytes[i] = x >>> 24
  }
  return bytes
}

/** The same numbers as `inventBytes` draws on, each in [0, 1). */
export function inventNumbers(seed: number): () => number {
  let x = seed | 0
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    return (x >>> 0) / 2 ** 32
  }
}

const COLOURS = ['red', 'green', 'blue', 'amber']

/** Rows of a table as a sensor or a shop would write it, about 55 bytes each, with a line feed at the end. */
export function inventRows(seed: number, count: number): string[] {
  const next = inventNumbers(seed)
  return Array.from({ length: count }, (_, i) => {
    const day = `2026-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 10)}`
    return `${i},${day},user${Math.floor(next() * 1e6)},${(next() * 1e4).toFixed(3)},${(next() * 100).toFixed(5)},${COLOURS[Math.floor(next() * 4)]},${next() < 0.5}\n`
  })
}

/** A CSV file of at least `length` bytes (up to one row more). */
export function inventTable(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const rows = inventRows(seed, Math.ceil(length / 45))
  return new Uint8Array(Buffer.from(rows.join('')).subarray(0, length))
}

/** `bytes` with `inserted` put in at an offset. */
export function withInserted(bytes: Uint8Array, at: number, inserted: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length + inserted.length)
  result.set(bytes.subarray(0, at))
  result.set(inserted, at)
  result.set(bytes.subarray(at), at + inserted.length)
  return result
}

/** `bytes` with others written over them at an offset. */
export function withReplaced(bytes: Uint8Array, at: number, replacement: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes)
  result.set(replacement, at)
  return result
}
