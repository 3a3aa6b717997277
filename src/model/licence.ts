import { createRequire } from 'node:module'
import { type Checked, right, shown, wrong } from './field.ts'

interface Spdx {
  readonly ids: readonly string[]
  /** Ids by how they are spelled, see `spellingOf`. */
  readonly bySpelling: ReadonlyMap<string, string>
  readonly parse: typeof import('spdx-expression-parse')
  readonly correct: typeof import('spdx-correct')
}

let loaded: Spdx | undefined

/** The tables of SPDX, loaded when the first licence is read: most commands read none. */
function spdx(): Spdx {
  if (loaded !== undefined) return loaded
  // Required, not imported: at once, and Node 20 warns on stderr about every imported JSON module.
  const load = createRequire(import.meta.url)
  const ids = ['index', 'deprecated'].flatMap(list => load(`spdx-license-ids/${list}.json`) as string[])
  const bySpelling = new Map<string, string>()
  for (const id of ids) if (!bySpelling.has(spellingOf(id))) bySpelling.set(spellingOf(id), id)
  return loaded = { ids, bySpelling, parse: load('spdx-expression-parse') as Spdx['parse'], correct: load('spdx-correct') as Spdx['correct'] }
}

/** Short names in use that mean exactly one licence. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  proprietary: 'LicenseRef-Proprietary',
  cc0: 'CC0-1.0',
  odbl: 'ODbL-1.0',
  pddl: 'PDDL-1.0',
  'odc-by': 'ODC-By-1.0'
}

/** Expressions longer than this name no licence anyone reads. Characters. */
const MAX_LENGTH = 200

/** `CC BY 4.0`, `cc_by-4.0` and `Apache License, Version 2.0` differ from their ids only in what this takes away. */
const spellingOf = (text: string): string => text.toLowerCase()
  .replace(/[\s_,]+/g, '-')
  .replace(/(^|-)(the|licen[sc]e|version)(?=-|$)/g, '')
  .replace(/(^|-)v(?=\d)/g, '$1')
  .replace(/^-+|-+$/g, '')

/** The id a single free spelling stands for. Never a guess: a wrong licence on a dataset is worse than a question. */
function idOf(text: string): string | undefined {
  const spelling = spellingOf(text)
  if (Object.hasOwn(SHORT_NAMES, spelling)) return SHORT_NAMES[spelling]
  const { bySpelling } = spdx()
  return bySpelling.get(spelling) ?? bySpelling.get(`${spelling}.0`)
}

/**
 * Reads a licence: an SPDX id or expression, also in free spellings (`CC BY 4.0`, `apache 2.0`, `mit or CC0`), or `Proprietary`,
 * kept as `LicenseRef-Proprietary`.
 */
export function readLicence(value: unknown): Checked<string> {
  if (typeof value !== 'string' || value.trim() === '') return wrong(`must be a licence such as MIT or CC-BY-4.0, not ${shown(value)}`)
  const text = value.trim()
  if (text.length > MAX_LENGTH) return wrong(`is longer than ${MAX_LENGTH} characters`)
  const single = idOf(text)
  if (single !== undefined) return right(single)
  const expression = text.split(/(\(|\)|\s+(?:and|or|with)\s+|\s+)/i).reduce(joinWords, []).map(readPart).join('').trim()
  if (isExpression(expression)) return right(expression)
  const meant = suggestion(text)
  const instead = meant === undefined ? 'write one such as MIT or CC-BY-4.0' : `did you mean ${meant}?`
  return wrong(`${shown(text)} is not an SPDX licence; ${instead} (for terms of your own: LicenseRef-<name>)`)
}

/** Puts the words of one licence back together (`CC`, ` `, `BY`), apart from operators and brackets. */
function joinWords(parts: readonly string[], part: string): string[] {
  const last = parts.at(-1)
  const joins = last !== undefined && !isOperator(last) && !isOperator(part)
  return joins ? [...parts.slice(0, -1), last + part] : [...parts, part]
}

const isOperator = (part: string): boolean => /^(\(|\)|\s+(and|or|with)\s+)$/i.test(part)

function readPart(part: string): string {
  if (isOperator(part)) return part.toUpperCase()
  return part.trim() === '' ? part : idOf(part) ?? part.trim()
}

function isExpression(text: string): boolean {
  try {
    spdx().parse(text)
    return true
  } catch {
    // The parser's only way to say no, also by TypeErrors on unfinished input.
    return false
  }
}

function suggestion(text: string): string | undefined {
  const { correct, ids } = spdx()
  const guess = correct(text)
  return guess !== null && ids.includes(guess) ? guess : undefined
}
