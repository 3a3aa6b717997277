import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import { type Row, RowReader, RowWriter } from '../../../src/files/rows/index.ts'
import { comparePaths } from '../../../src/model/index.ts'

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const stat = fc.record({
  size: fc.nat(), mtimeNs: fc.bigInt(-(2n ** 62n), 2n ** 62n), ctimeNs: fc.bigInt(0n, 2n ** 62n), ino: fc.bigInt(0n, 2n ** 64n - 1n), executable: fc.boolean()
})
const content = fc.oneof(
  fc.constant({ kind: 'whole' as const }),
  bytes(32).map(root => ({ kind: 'list' as const, root })),
  fc.integer({ min: 2, max: 8 }).chain(count => fc.record({ kind: fc.constant('inline' as const), chunks: fc.record({
    hashes: bytes(32 * count), lengths: fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { minLength: count, maxLength: count }).map(list => Uint32Array.from(list))
  }) }))
)
const held = fc.record({ size: fc.maxSafeNat(), hash: bytes(32), executable: fc.boolean(), profile: fc.constantFrom('text' as const, 'binary' as const), content })
const path = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map(name => name.replaceAll(/\p{Cc}|[/\\]/gu, '_').toWellFormed()), { minLength: 1, maxLength: 4 })
  .map(names => names.join('/'))
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.record({ path, kind: fc.constant('file' as const), stat: fc.option(stat, { nil: undefined }), held }),
  fc.record({ path, kind: fc.constantFrom('folder' as const, 'link' as const), stat: fc.constant(undefined), held: fc.constant(undefined) })
)
const rows = fc.uniqueArray(row, { selector: one => one.path, maxLength: 60 }).map(list => list.sort((a, b) => comparePaths(a.path, b.path)))

describe('rows', () => {
  let folder: string
  let file: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shoal-rows-'))
    file = join(folder, 'rows')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const save = (list: readonly Row[], facts = {}): void => {
    const writer = new RowWriter(`${file}.next`)
    for (const one of list) writer.add(one)
    writer.finish(file, facts)
  }
  const load = (): Row[] => {
    const reader = RowReader.open(file)
    const list: Row[] = []
    try {
      for (; reader?.path !== undefined; reader.advance()) list.push(reader.row())
      return list
    } finally {
      reader?.close()
    }
  }

  it('gives back what was written', () => {
    fc.assert(fc.property(rows, list => {
      save(list, { tree: 'abc', whole: true })
      expect(load()).toEqual(list)
      const reader = RowReader.open(file)
      expect(reader?.facts).toMatchObject({ tree: 'abc', whole: true, rows: list.length })
      reader?.close()
    }), { numRuns: 60 })
  })

  const many = (count: number): Row[] => Array.from({ length: count }, (_, i) => ({
    path: `folder-${String(i >> 8).padStart(4, '0')}/file-${String(i).padStart(6, '0')}.jpg`, kind: 'file',
    stat: { size: i, mtimeNs: BigInt(i) << 30n, ctimeNs: 7n, ino: BigInt(i), executable: i % 2 === 0 },
    held: { size: i, hash: new Uint8Array(32).fill(i), executable: false, profile: 'binary', content: { kind: 'whole' } }
  }))

  /** A long list in few words: comparing objects one by one takes seconds. */
  const short = (list: readonly Row[]): string => list.map(({ path, kind, stat, held }) => `${path} ${kind} ${stat?.ino} ${held?.size} ${held?.hash[0]}`).join('\n')

  it('goes on from where a reader stands, in front and behind', () => {
    const list = many(5000)
    save(list)
    for (const at of [0, 1, 700, 2500, 4999, 5000]) {
      const reader = RowReader.open(file)
      for (let i = 0; i < at; i++) reader?.advance()
      const writer = new RowWriter(`${file}.copy`)
      writer.copy(reader as RowReader, 'passed')
      const branch = writer.branch(`${file}.branch`)
      branch.copy(reader as RowReader, 'left')
      reader?.close()
      branch.finish(file, {})
      expect(short(load())).toEqual(short(list))
      writer.finish(`${file}.copy`, {})
      const passed = RowReader.open(`${file}.copy`)
      expect(passed?.facts['rows']).toBe(at)
      passed?.close()
    }
  })

  it('takes about 70 bytes for a file', () => {
    save(many(10_000))
    expect(statSync(file).size).toBeLessThan(10_000 * 90)
  })

  it('reads as far as it was written what was never finished', () => {
    const writer = new RowWriter(file)
    const list = many(2000)
    for (const [i, one] of list.entries()) {
      writer.add(one)
      if (i === 1989) writer.flush()
    }
    expect(short(load())).toEqual(short(list.slice(0, 1990)))
    writer.drop()
    expect(RowReader.open(file)).toBeUndefined()
  })

  it('never gives out a flipped bit', () => {
    const list = many(40)
    save(list)
    const whole = readFileSync(file)
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 7 }), fc.boolean(), (at, bit, isCut) => {
      const broken = Buffer.from(isCut ? whole.subarray(0, at) : whole)
      if (!isCut) broken[at]! ^= 1 << bit
      writeFileSync(file, broken)
      let found: Row[] = []
      try {
        found = load()
      } catch (error) {
        expect(isShoalError(error, 'FORMAT_INVALID')).toBe(true)
        return
      }
      expect(found.length === 0 || found.length === list.length).toBe(true)
      expect(found).toEqual(list.slice(0, found.length))
    }), { numRuns: 300 })
  })

  it('believes no path that leads elsewhere', () => {
    save([{ path: '../../x', kind: 'folder', stat: undefined, held: undefined }])
    expect(() => RowReader.open(file, given => !given.includes('..'))).toThrow('damaged')
  })
})
