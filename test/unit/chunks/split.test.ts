import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blake3, chooseProfile, nextCut, SPLIT_SIZES, splitBytes, type SplitProfile } from '../../../src/chunks/index.ts'
import { hashToHex } from '../../../src/model/index.ts'
import { inventBytes, inventNumbers, inventRows, inventTable, withInserted, withReplaced } from '../../support/invented-data.ts'

const names = (bytes: Uint8Array, profile: SplitProfile): string[] => {
  let start = 0
  return splitBytes(bytes, profile).map(end => hashToHex(blake3(bytes.subarray(start, start = end))))
}

/** Bytes of the chunks of `after` that `before` has not. */
function newBytes(before: Uint8Array, after: Uint8Array, profile: SplitProfile): number {
  const known = new Set(names(before, profile))
  const ends = splitBytes(after, profile)
  return names(after, profile).reduce((sum, name, i) => known.has(name) ? sum : sum + ends[i]! - (ends[i - 1] ?? 0), 0)
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 })
const profiles = fc.constantFrom<SplitProfile>('binary', 'text')

describe('splitting', () => {
  it('cuts a file into chunks that are the file, none too short or too long', () => {
    fc.assert(fc.property(profiles, seeds, fc.integer({ min: 0, max: 2_000_000 }), (profile, seed, length) => {
      const ends = splitBytes(inventBytes(seed, length), profile)
      const { whole, min, max } = SPLIT_SIZES[profile]
      expect(ends.at(-1) ?? 0).toBe(length)
      for (const [i, end] of ends.entries()) {
        const size = end - (ends[i - 1] ?? 0)
        expect(size).toBeGreaterThan(0)
        if (length > whole) expect(size).toBeLessThanOrEqual(max)
        if (i < ends.length - 1) expect(size).toBeGreaterThan(min)
      }
      if (length > 0 && length <= whole) expect(ends).toEqual([length])
    }), { numRuns: 25 })
  })

  it('finds the same cut with the longest chunk at hand as with the whole file', () => {
    fc.assert(fc.property(profiles, seeds, fc.integer({ min: 0, max: 400_000 }), (profile, seed, start) => {
      const bytes = inventBytes(seed, 1_000_000)
      const { max } = SPLIT_SIZES[profile]
      expect(nextCut(bytes, start, start + max, profile)).toBe(nextCut(bytes, start, bytes.length, profile))
    }), { numRuns: 40 })
  })

  it('cuts by content: wherever bytes stand, they are soon cut at the same places', () => {
    fc.assert(fc.property(profiles, seeds, fc.integer({ min: 1, max: 300_000 }), (profile, seed, shift) => {
      const bytes = inventBytes(seed, 4_000_000)
      const shifted = withInserted(bytes, 0, inventBytes(seed + 1, shift))
      const [own, others] = [new Set(splitBytes(bytes, profile)), splitBytes(shifted, profile).map(end => end - shift)]
      // Half are the same from 60 KB on, 99 of 100 from 570 KB on; each further 110 KB leaves a third of the rest.
      const late = others.filter(end => end > 3_000_000)
      expect(late.every(end => own.has(end))).toBe(true)
    }), { numRuns: 20 })
  })

  it('changes nearby chunks only when something is inserted or replaced', () => {
    const most = { binary: 0, text: 0 }
    fc.assert(fc.property(profiles, seeds, fc.integer({ min: 0, max: 1_990_000 }), fc.integer({ min: 1, max: 5000 }), fc.boolean(), (profile, seed, at, length, inserts) => {
      const bytes = inventBytes(seed, 2_000_000)
      const after = (inserts ? withInserted : withReplaced)(bytes, at, inventBytes(seed + 1, length))
      const stored = newBytes(bytes, after, profile) - length
      most[profile] = Math.max(most[profile], stored)
      expect(stored).toBeLessThan(10 * SPLIT_SIZES[profile].max)
    }), { numRuns: 40 })
    expect(most.binary).toBeGreaterThan(0)
  })

  it('averages near the normal size', () => {
    const bytes = inventBytes(1, 16_000_000)
    const average = (profile: SplitProfile): number => bytes.length / splitBytes(bytes, profile).length / 1024
    expect(average('binary')).toBeGreaterThan(64)
    expect(average('binary')).toBeLessThan(96)
    expect(average('text')).toBeGreaterThan(8)
    expect(average('text')).toBeLessThan(11)
  })

  it('stores little anew of a table with rows inserted here and there', () => {
    const rows = inventRows(1, 120_000)
    const next = inventNumbers(2)
    const chosen = new Set(Array.from({ length: 50 }, () => Math.floor(next() * rows.length)))
    const [before, after] = [rows, rows.map((row, i) => chosen.has(i) ? `an inserted row\n${row}` : row)].map(all => new Uint8Array(Buffer.from(all!.join(''))))
    expect(chooseProfile(before!)).toBe('text')
    expect(newBytes(before!, after!, 'text') / chosen.size).toBeLessThan(14_000)
  })

  it('puts long runs of one byte into chunks of the greatest length', () => {
    const { max } = SPLIT_SIZES.binary
    expect(splitBytes(new Uint8Array(3 * max + 5), 'binary')).toEqual([max, 2 * max, 3 * max, 3 * max + 5])
  })
})

describe('the profile', () => {
  const utf8 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value))
  it.each<[string, Uint8Array, SplitProfile]>([
    ['nothing', new Uint8Array(), 'text'],
    ['a table', inventTable(1, 100_000), 'text'],
    ['JSON lines', utf8('{"a":1}\r\n\t{"b":[2]}\n'), 'text'],
    ['Chinese', utf8('数据集的每一个版本'.repeat(300)), 'text'],
    ['Chinese cut off within a character', utf8('数据集的每一个版本'.repeat(300)).subarray(0, 4095), 'text'],
    ['Latin-1 German', new Uint8Array(Buffer.from('Stra\xdfe, Gr\xf6\xdfe; 12,5'.repeat(50), 'latin1')), 'text'],
    ['coloured log', utf8('\u001b[31merror\u001b[0m\n'), 'text'],
    ['UTF-16', new Uint8Array(Buffer.from('hello, world', 'utf16le')), 'binary'],
    ['random bytes', inventBytes(3, 5000), 'binary'],
    ['many high bytes that are no UTF-8', new Uint8Array(2000).fill(0xe9), 'binary'],
    ['a text with one zero at its beginning', utf8(`\u0000${'text '.repeat(2000)}`), 'binary']
  ])('of %s', (_what, bytes, profile) => expect(chooseProfile(bytes)).toBe(profile))

  it('is decided by the first 4096 bytes', () => {
    const bytes = inventTable(1, 10_000)
    const later = withReplaced(bytes, 4096, Uint8Array.of(0))
    expect(chooseProfile(later)).toBe('text')
    expect(chooseProfile(withReplaced(bytes, 4095, Uint8Array.of(0)))).toBe('binary')
  })
})
