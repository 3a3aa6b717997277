import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Names, windowsProblem } from '../../../src/files/checkout/names.ts'
import { comparePaths } from '../../../src/model/index.ts'
import { invented } from './trees.ts'

const problems = (names: Names, paths: readonly string[]): string[] => paths.toSorted(comparePaths).filter(path => names.problemOf(path) !== undefined)

describe('names that a file system can not hold', () => {
  it('are those it takes for another of the same folder', () => {
    const paths = ['A.txt', 'a.txt', 'b/x', 'B/x', 'B/y', 'b/X', 'c/a', 'd/a', '\u00e4', 'a\u0308', '\u00c4', 'Stra\u00dfe', 'STRASSE']
    expect(problems(new Names({ case: false, form: false }), paths)).toEqual([])
    expect(problems(new Names({ case: true, form: false }), paths)).toEqual(['Stra\u00dfe', 'a.txt', 'b/X', 'b/x', '\u00e4'])
    expect(problems(new Names({ case: false, form: true }), paths)).toEqual(['\u00e4'])
    expect(problems(new Names({ case: true, form: true }), paths)).toContain('\u00e4')
  })

  it('leave one path of each kind, whatever there is', () => {
    fc.assert(fc.property(invented, tree => {
      const names = new Names({ case: true, form: true })
      const kept = Object.keys(tree).map(path => path.replace(/\/$/, '')).sort(comparePaths).filter(path => names.problemOf(path) === undefined)
      const folded = kept.map(path => path.normalize('NFC').toLowerCase())
      expect(new Set(folded).size).toBe(kept.length)
    }))
  })

  it.each(['CON', 'con.txt', 'a/NUL', 'Com1.tar.gz', 'lpt9', 'COM¹', 'aux ', 'a:b', 'a?', 'what*', 'a<b', '"x"', 'a|b', 'dot.', 'space ', 'a/dot./b', 'CONIN$'])('on Windows: %s', path => {
    expect(windowsProblem(path)).toMatch(/^Windows can not hold a file named "/)
    expect(new Names({ case: false, form: false }, 'win32').problemOf(path)).toBeDefined()
    expect(new Names({ case: false, form: false }, 'linux').problemOf(path)).toBeUndefined()
  })

  it.each(['console', 'com', 'com10', 'null', 'a.con', '.con', 'a b', 'ü', '😀'])('not on Windows: %s', path => expect(windowsProblem(path)).toBeUndefined())

  it.each(['.shoal-checkout', '.shoal-checkout.next', '.shoal-drafts/1'])('anywhere: %s', path => {
    expect(new Names({ case: false, form: false }, 'linux').problemOf(path)).toBeDefined()
    expect(new Names({ case: false, form: false }, 'linux').problemOf(`a/${path}`)).toBeUndefined()
  })
})
