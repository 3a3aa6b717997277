import { InvalidArgumentError } from 'commander'
import type { Json } from '../catalog/index.ts'

/** Readers of option values: each says in one line what would be right. */

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `30m`, `12h`, `1d` as milliseconds. */
export function durationValue(text: string): number {
  const match = /^(\d+)([smhd])$/.exec(text)
  const unit = UNIT_MS[match?.[2] ?? '']
  if (match === null || unit === undefined) throw new InvalidArgumentError('Use a number and s, m, h or d, e.g. 12h.')
  return Number(match[1]) * unit
}

export function wholeValue(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Use a whole number.')
  return Number(text)
}

const UNIT_BYTES: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/** `500KB`, `20MB`, `5MiB` as bytes a second. The word `none` stays as it is: commander takes a null for an option without a value. */
export function rateValue(text: string): number | 'none' {
  if (text === 'none') return 'none'
  const match = /^(\d{1,6})([KMG]i?B)$/.exec(text)
  const unit = UNIT_BYTES[match?.[2] ?? '']
  if (match === null || unit === undefined) throw new InvalidArgumentError('Use a number and KB, MB, GB, KiB, MiB or GiB (a second), e.g. 5MB; or none.')
  return Number(match[1]) * unit
}

/** 0 lets the system choose. */
export function portValue(text: string): number {
  const port = wholeValue(text)
  if (port > 65535) throw new InvalidArgumentError('Use a port from 0 to 65535.')
  return port
}

export function jsonObjectValue(text: string): { readonly [key: string]: Json } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('Use a JSON object, e.g. \'{"camera":"north"}\'.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidArgumentError('Use a JSON object, not another JSON value.')
  return value as { readonly [key: string]: Json }
}

export const listValue = (text: string): string[] => text.split(',').map(item => item.trim()).filter(item => item !== '')

/** `true` or `false`, also as `yes` and `no`. */
export function flagValue(text: string): boolean {
  if (text === 'true' || text === 'yes') return true
  if (text === 'false' || text === 'no') return false
  throw new InvalidArgumentError('Use true or false.')
}

/** Which content of a conflict stays. */
export function takeValue(text: string): 'ours' | 'theirs' | 'both' {
  if (text === 'ours' || text === 'theirs' || text === 'both') return text
  throw new InvalidArgumentError('Use ours, theirs or both.')
}

/** Options that were given, without those that were not: the API tells the two apart. */
export function given<T extends object>(values: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [Key in keyof T]: Exclude<T[Key], undefined> }
}
