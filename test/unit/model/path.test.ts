import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPath, comparePaths, isInside, nameOf, parentOf, parseDatasetRef, parseFileRef, parseVersionRef } from '../../../src/model/index.ts'

const name = fc.string({ unit: fc.constantFrom('a', 'B', '0', '-', ' ', '.', 'é', '一', '😀', '\uffee'), minLength: 1, maxLength: 6 }).filter(name => name !== '.' && name !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/'))

/** The law of the order, said another way: UTF-8 bytes with the slash lowest. */
const bytesOf = (text: string): Uint8Array => Buffer.from(text).map(byte => byte === 0x2f ? 0 : byte)

describe('paths', () => {
  it.each(['../x', '/abs', 'a//b', 'a/', '', '.', 'a/../b', 'a\\b', 'a\u0000b', '\ud800', 'a'.repeat(256), 'a/'.repeat(600) + 'a'])('L2: %j is refused', bad => {
    expect(() => checkPath(bad)).toThrow(expect.objectContaining({ code: 'PATH_INVALID' }))
  })

  it.each(['CON', 'a:b', 'a b', '.hidden', '...', 'é/一'])('L2: %j is accepted', good => {
    expect(checkPath(good)).toBe(good)
  })

  it('A3: paths are ordered by their bytes with the slash lowest', () => {
    fc.assert(fc.property(path, path, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(Buffer.compare(bytesOf(a), bytesOf(b))))
    }), { numRuns: 2000 })
  })

  it('L2: a path is its folder and its name', () => {
    fc.assert(fc.property(path, path => {
      const folder = parentOf(path)
      expect(folder === '' ? nameOf(path) : `${folder}/${nameOf(path)}`).toBe(path)
      expect(isInside(path, folder)).toBe(true)
      expect(isInside(path, path)).toBe(false)
    }))
  })
})

describe('references', () => {
  it('reads datasets, versions and files', () => {
    expect(parseDatasetRef('vision/pets')).toEqual({ namespace: 'vision', name: 'pets' })
    expect(parseVersionRef('vision/pets@latest')).toEqual({ namespace: 'vision', name: 'pets', version: 'latest' })
    expect(parseFileRef('vision/pets@snapshot 2026-01-31T12:00:00.123456Z:a/b.png')).toEqual({ namespace: 'vision', name: 'pets', version: 'snapshot 2026-01-31T12:00:00.123456Z', path: 'a/b.png' })
    expect(parseFileRef('vision/pets:')).toEqual({ namespace: 'vision', name: 'pets', path: '' })
  })

  it.each(['pets', 'a/b/c', '/b', 'a/', 'a b/c', '../b', 'a/b..c', 'a/b@', '-a/b', ''])('refuses %j', text => {
    expect(() => parseVersionRef(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })
})
