import * as fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { compareNumbers, highestNumber, isVersionNumber, nextNumber, readVersionNumber } from '../../../src/model/index.ts'

const part = fc.integer({ min: 0, max: 999_999 })
const suffix = fc.constantFrom('', '-rc.1', '-alpha', '+5', '-rc.2+build.7')
const number = fc.tuple(part, part, part, suffix).map(([a, b, c, s]) => `${a}.${b}.${c}${s}`)

describe('version numbers', () => {
  it.each(['1.0.0', '0.0.1', '10.20.30', '1.0.0-rc.1', '1.0.0+5', '1.0.0-a.b+c'])('K5: %s is a number', value => {
    expect(readVersionNumber(value)).toEqual({ ok: true, value })
  })

  it.each([
    ['1.2', '1.2.0'], ['v1.2.3', '1.2.3'], ['1', '1.0.0'], ['=1.2.3', '1.2.3'], [' 1.2.3', '1.2.3'], ['abc', '1.0.0'], ['', '1.0.0'],
    ['1.2.3.4', '1.2.3'], ['latest', '1.0.0']
  ])('K1: %j is refused and %s proposed', (value, proposed) => {
    const checked = readVersionNumber(value)
    expect(checked.ok).toBe(false)
    expect(checked.ok ? '' : checked.detail).toContain(`such as ${proposed}`)
  })

  it.each([undefined, null, 1, {}, ['1.0.0'], '1'.repeat(5000), '99999999999.0.0', '01.0.0', '1.0.0-'])('K1: %j is refused', value => {
    expect(readVersionNumber(value).ok).toBe(false)
  })

  it('K5: exactly what the grammar allows is a number', () => {
    const grammar = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'a', 'v', ' '), maxLength: 14 }), text => {
      expect(isVersionNumber(text)).toBe(grammar.test(text) && !/\d{10}/.test(text.split(/[-+]/)[0]!))
    }), { numRuns: 2000 })
  })

  it('C2: the order is total and agrees with semver', () => {
    fc.assert(fc.property(number, number, number, (a, b, c) => {
      expect(Math.sign(compareNumbers(a, b))).toBe(-Math.sign(compareNumbers(b, a)) + 0)
      if (compareNumbers(a, b) === 0) expect(a).toBe(b)
      if (semver.lt(a, b)) expect(compareNumbers(a, b)).toBeLessThan(0)
      if (compareNumbers(a, b) <= 0 && compareNumbers(b, c) <= 0) expect(compareNumbers(a, c)).toBeLessThanOrEqual(0)
    }))
  })

  it('C2: the highest does not depend on the order and passes over what is no number', () => {
    fc.assert(fc.property(fc.array(number, { minLength: 1 }), numbers => {
      const highest = highestNumber([...numbers, 'rubbish', '1.2'])
      expect(highestNumber(numbers.toReversed())).toBe(highest)
      for (const other of numbers) expect(compareNumbers(highest!, other)).toBeGreaterThanOrEqual(0)
    }))
    expect(highestNumber([])).toBeUndefined()
  })

  it('K5: the next number is valid, above all others and so unused', () => {
    fc.assert(fc.property(fc.array(number), numbers => {
      const next = nextNumber(numbers)
      expect(isVersionNumber(next)).toBe(true)
      for (const other of numbers) expect(semver.gt(next, other)).toBe(true)
    }))
    expect(nextNumber([])).toBe('1.0.0')
    expect(nextNumber(['1.0.0', '1.4.2'])).toBe('1.5.0')
    expect(nextNumber(['1.999999999.0'])).toBe('2.0.0')
  })
})
