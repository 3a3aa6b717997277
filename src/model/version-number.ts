// One by one: the whole of semver takes longer to load.
import type { SemVer } from 'semver'
import coerce from 'semver/functions/coerce.js'
import compareBuild from 'semver/functions/compare-build.js'
import inc from 'semver/functions/inc.js'
import parse from 'semver/functions/parse.js'
import { type Checked, right, shown, wrong } from './field.ts'

/** The number of a dataset's first version. */
export const FIRST_NUMBER = '1.0.0'

/** Longer numbers are nobody's wish, and a bound keeps records and file names short. Characters. */
const MAX_NUMBER_LENGTH = 64
/** Parts with more digits leave no room to count up safely. */
const PART_TOO_LONG = /\d{10}/

/**
 * Reads a version number: Semantic Versioning 2.0.0 as its grammar has it, so no leading `v`, no missing parts, no leading zeros.
 * Pre-releases (`1.0.0-rc.1`) and build data (`1.0.0+5`) are numbers too.
 */
export function readVersionNumber(value: unknown): Checked<string> {
  if (typeof value !== 'string') return wrong(`must be a semantic version such as 1.2.0, not ${shown(value)}`)
  const parsed = parse(value)
  const exact = parsed !== null && formatNumber(parsed) === value
  if (!exact) {
    return wrong(`${shown(value)} is not a semantic version; write three numbers such as ${nearestTo(value)}`)
  }
  if (value.length <= MAX_NUMBER_LENGTH && !PART_TOO_LONG.test(`${parsed.major}.${parsed.minor}.${parsed.patch}`)) return right(value)
  return wrong(`${shown(value)} is too long; use parts of at most nine digits and ${MAX_NUMBER_LENGTH} characters in all`)
}

/** What somebody may have meant: `1.2.0` for `v1.2`. */
function nearestTo(text: string): string {
  const meant = text.length > MAX_NUMBER_LENGTH ? null : coerce(text)
  return meant === null || PART_TOO_LONG.test(meant.version) ? FIRST_NUMBER : meant.version
}

const formatNumber = (parsed: SemVer): string => parsed.version + (parsed.build.length > 0 ? `+${parsed.build.join('.')}` : '')

export const isVersionNumber = (value: string): boolean => readVersionNumber(value).ok

/** Semver's order, made total: numbers that differ only in build data are ordered by it. Both must be valid. */
export const compareNumbers = (a: string, b: string): number => compareBuild(a, b)

/** The highest of some numbers; ones that are not valid (a peer may hold anything) are passed over. */
export function highestNumber(numbers: Iterable<string>): string | undefined {
  let highest: string | undefined
  for (const number of numbers) {
    if (isVersionNumber(number) && (highest === undefined || compareNumbers(number, highest) > 0)) highest = number
  }
  return highest
}

/** The number a new version gets when none is asked for: the next minor above the highest, or 1.0.0 when there is none. */
export function nextNumber(numbers: Iterable<string>): string {
  const highest = highestNumber(numbers)
  if (highest === undefined) return FIRST_NUMBER
  const minor = inc(highest, 'minor')
  if (minor !== null && isVersionNumber(minor)) return minor
  const major = inc(highest, 'major')
  return major !== null && isVersionNumber(major) ? major : FIRST_NUMBER
}
