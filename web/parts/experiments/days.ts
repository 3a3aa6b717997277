import type { UsageItem } from '../../api/types.ts'

/** Days of use for a chart: every day of the time shown, and several as one column where there are many. */

type Day = UsageItem['days'][number]

/** One column of a chart: a day, or a week of them. */
export interface Span {
  /** First and last day: `2026-03-01`. */
  readonly from: string
  readonly to: string
  readonly text: string
  readonly reads: number
  readonly downloads: number
  readonly experiments: number
}

const DAY_MS = 86_400_000
/** Columns that can still be told apart on a phone. */
const MAX_COLUMNS = 95
const WEEK = 7

/** The last `reach` days up to `now` (milliseconds since 1970), those without any use too; oldest first. UTC, as the node counts. */
export function daysOf(used: readonly Day[], reach: number, now: number): Day[] {
  const known = new Map(used.map(day => [day.day, day]))
  return Array.from({ length: reach }, (_, i) => {
    const day = new Date(now - (reach - 1 - i) * DAY_MS).toISOString().slice(0, 10)
    return known.get(day) ?? { day, reads: 0, downloads: 0, bytes: 0, experiments: 0 }
  })
}

/** The columns of a chart, oldest first; the oldest week may be short. */
export function spansOf(days: readonly Day[]): Span[] {
  const length = days.length > MAX_COLUMNS ? WEEK : 1
  const first = days.length % length
  const starts = [...first === 0 ? [] : [0], ...Array.from({ length: Math.floor(days.length / length) }, (_, i) => first + i * length)]
  return starts.map((start, i) => {
    const part = days.slice(start, starts[i + 1] ?? days.length)
    const [from, to] = [part[0]?.day ?? '', part.at(-1)?.day ?? '']
    const sum = (key: 'reads' | 'downloads' | 'experiments'): number => part.reduce((total, day) => total + day[key], 0)
    return { from, to, text: from === to ? from : `${from} to ${to}`, reads: sum('reads'), downloads: sum('downloads'), experiments: sum('experiments') }
  })
}
