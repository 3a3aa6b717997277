import { fail } from '../errors/index.ts'

/** What is wrong with one field of an input, and what would be right. */
export interface Problem { readonly field: string, readonly detail: string }

/** A value a rule let through (in its stored form), or why it did not. */
export type Checked<T> = { readonly ok: true, readonly value: T } | { readonly ok: false, readonly detail: string }

/** Reads one field from a caller who may have sent anything. */
export type Rule<T> = (value: unknown) => Checked<T>

export type Rules<T> = { readonly [K in keyof T]-?: Rule<NonNullable<T[K]>> }

export const right = <T>(value: T): Checked<T> => ({ ok: true, value })
export const wrong = (detail: string): { readonly ok: false, readonly detail: string } => ({ ok: false, detail })

/** A value as an error message shows it: never longer than a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

export interface ReadFields<T> { readonly values: Partial<T>, readonly problems: readonly Problem[] }

/** Whether a value is an object with keys of its own, rather than a list or nothing. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads the fields that are there (undefined counts as absent) and collects what is wrong with each.
 * @param kind what the fields belong to, for messages: `dataset`, `version`
 */
export function readFields<T extends object>(input: object, rules: Rules<T>, kind: string): ReadFields<T> {
  const values: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const [field, value] of Object.entries(input)) {
    if (value === undefined) continue
    const rule = Object.hasOwn(rules, field) ? rules[field as keyof T] : undefined
    if (rule === undefined) {
      problems.push({ field, detail: `${shown(field)} is not a field of a ${kind}; there are ${Object.keys(rules).join(', ')}` })
      continue
    }
    const checked = rule(value)
    if (checked.ok) values[field] = checked.value
    else problems.push({ field, detail: `the ${field} ${checked.detail}` })
  }
  return { values: values as Partial<T>, problems }
}

/** Ends with one error that names every wrong field; returns when there is none. @throws FIELD_INVALID (facts: field, problems) */
export function refuseProblems(problems: readonly Problem[]): void {
  const first = problems[0]
  if (first === undefined) return
  fail('FIELD_INVALID', problems.map(problem => problem.detail).join('; '), { field: first.field, problems })
}

/** The characters no text may hold: control characters other than tab and line ends. */
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL_OR_BREAK = /[\u0000-\u001f\u007f]/

/** Text of several lines, kept as it is. @param limit characters */
export const longText = (limit: number): Rule<string> => value => {
  if (typeof value !== 'string') return wrong(`must be text, not ${shown(value)}`)
  if (value.length > limit) return wrong(`has ${value.length} characters; at most ${limit} are kept`)
  if (!value.isWellFormed() || CONTROL.test(value)) return wrong('holds characters that are not text')
  return right(value)
}

/** One line, without spaces around it; may be empty. @param limit characters */
export const shortText = (limit: number): Rule<string> => value => {
  if (typeof value !== 'string') return wrong(`must be text, not ${shown(value)}`)
  const text = value.trim()
  if (text.length > limit) return wrong(`has ${text.length} characters; at most ${limit} are kept`)
  if (!text.isWellFormed() || CONTROL_OR_BREAK.test(text)) return wrong('must be one line of plain text')
  return right(text)
}

export const oneOf = <const T extends string>(choices: readonly T[]): Rule<T> => value => {
  const choice = choices.find(choice => choice === value)
  return choice === undefined ? wrong(`must be one of ${choices.join(', ')}, not ${shown(value)}`) : right(choice)
}

export const flag: Rule<boolean> = value => typeof value === 'boolean' ? right(value) : wrong(`must be true or false, not ${shown(value)}`)
