import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blake3, chooseProfile, SPLIT_SIZES, splitBytes } from '../../../src/chunks/index.ts'
import { CHECKPOINT_KEY, DISCARD_KEY, chunkKey, placeValue } from '../../../src/chunks/level/keys.ts'
import { MAX_CHUNK_BYTES } from '../../../src/chunks/level/limits.ts'
import { PROFILE_SAMPLE_BYTES } from '../../../src/chunks/profile.ts'
import { GEAR, GEAR_SEED } from '../../../src/chunks/split.ts'
import { hashToHex } from '../../../src/model/index.ts'
import { inventBytes } from '../../support/invented-data.ts'

const text = readFileSync(new URL('../../../src/chunks/FORMAT.md', import.meta.url), 'utf8')

/** The rows of the table whose head starts with `head`, without the head. */
function table(head: string): string[][] {
  const lines = text.split('\n')
  const at = lines.findIndex(line => line.startsWith(`| ${head} |`))
  expect(at, `FORMAT.md has a table that starts with "${head}"`).toBeGreaterThan(0)
  const end = lines.findIndex((line, i) => i > at && !line.startsWith('|'))
  return lines.slice(at + 2, end).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('FORMAT.md and the code', () => {
  it('have the same sizes and thresholds', () => {
    const rows = table('value')
    expect(rows.map(([name]) => name)).toEqual(['whole', 'min', 'normal', 'max', 'strict', 'loose'])
    for (const [i, profile] of (['binary', 'text'] as const).entries()) {
      const documented = Object.fromEntries(rows.map(row => [row[0], Number(row[i + 1])]))
      expect(SPLIT_SIZES[profile]).toEqual(documented)
    }
    expect(text).toContain(`first ${PROFILE_SAMPLE_BYTES} bytes`)
    expect(text).toContain(`1 to ${MAX_CHUNK_BYTES.toLocaleString('en')} bytes`)
    expect(text).toContain(`at most ${SPLIT_SIZES.binary.max.toLocaleString('en')} bytes`)
  })

  it('have the same gear table', () => {
    expect(text).toContain(`\`${GEAR_SEED}\``)
    const rows = table('b')
    expect(rows.length).toBe(4)
    for (const [byte, value] of rows) expect((GEAR[Number(byte)]! >>> 0).toString(16).padStart(8, '0')).toBe(value)
    expect(new Set(GEAR).size).toBe(256)
  })

  const vectors = table('input')
  it('have six test vectors', () => expect(vectors.length).toBe(6))
  it.each(vectors)('split %s alike', (input, profile, ends, first) => {
    const [, kind, seed, length] = /^(bytes|letters)\((\d+), (\d+)\)$/.exec(input!)!
    const bytes = inventBytes(Number(seed), Number(length)).map(byte => kind === 'bytes' ? byte : 97 + byte % 26)
    expect(chooseProfile(bytes)).toBe(profile)
    const found = splitBytes(bytes, chooseProfile(bytes))
    expect(found.join(' ')).toBe(ends)
    expect(hashToHex(blake3(bytes.subarray(0, found[0])))).toBe(first)
  })

  it('lay out keys and values alike', () => {
    const hash = new Uint8Array(32).fill(0xab)
    const sequence = 2 ** 32 + 5
    expect(hex(chunkKey(sequence, hash))).toBe(`0000000100000005${'ab'.repeat(32)}`)
    expect(hex(placeValue({ sequence, length: 258 }))).toBe('000000010000000500000102')
    expect(table('key (ASCII)').map(([key]) => key)).toEqual([CHECKPOINT_KEY, DISCARD_KEY].map(key => `\`${Buffer.from(key).toString('latin1')}\``))
  })
})
