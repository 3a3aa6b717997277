import { type Checked, type Rules, longText, right, shortText, shown, wrong } from './field.ts'
import { MAX_DESCRIPTION, MAX_LINE, readTags } from './dataset.ts'
import { type JsonObject, readJsonObject } from './json.ts'
import { type MaskLabels, readMaskLabels } from './mask-labels.ts'
import { isVersionNumber, readVersionNumber } from './version-number.ts'

/** The name of the draft people work on. */
export const CURRENT = 'Current'
/** Stands for the highest published number in references, so no version may be called that. */
export const LATEST = 'latest'

/** What a version's id looks like: 128 bits in base32. */
const ID = /^[a-z2-7]{26}$/
/** A time of day, the only place where a name may hold colons: elsewhere they end the reference. */
const TIME_OF_DAY = /T\d{2}:\d{2}:\d{2}/g

/** Reads a version's name: one line that can't be mistaken for a number, an id, `latest` or a path. '' for none. */
export function readVersionName(value: unknown): Checked<string> {
  const line = shortText(MAX_LINE)(value)
  if (!line.ok) return line
  const name = line.value
  if (/[/\\]/.test(name) || name === '.' || name === '..') return wrong(`${shown(name)} must not hold slashes or be dots`)
  if (name.replace(TIME_OF_DAY, '').includes(':')) return wrong(`${shown(name)} must not hold a colon, except in a time such as 2026-01-31T12:00:00Z`)
  if (name.toLowerCase() === LATEST) return wrong(`${shown(name)} is taken: it stands for the highest published number`)
  if (isVersionNumber(name)) return wrong(`${shown(name)} is a number; give it as the version's number`)
  if (ID.test(name)) return wrong(`${shown(name)} looks like the id of a version`)
  return right(name)
}

/** Everything a user may state about a version, in stored form. */
export interface VersionInput {
  readonly number: string
  readonly name: string
  readonly description: string
  readonly comment: string
  readonly metadata: JsonObject
  readonly maskLabels: MaskLabels
  readonly tags: readonly string[]
}

/** How each field of a version is read. */
export const VERSION_RULES: Rules<VersionInput> = {
  number: readVersionNumber,
  name: readVersionName,
  description: longText(MAX_DESCRIPTION),
  comment: longText(MAX_DESCRIPTION),
  metadata: readJsonObject,
  maskLabels: readMaskLabels,
  tags: readTags
}
