/** What a column holds: its type, and how its values spread. */

export type ColumnType = 'number' | 'truth' | 'time' | 'text' | 'empty'

export interface ColumnStats {
  readonly type: ColumnType
  readonly missing: number
  readonly distinct: number
  /** Heights of a histogram, 0 to 1: of numbers by value, of words by how often. */
  readonly bars: readonly number[]
  /** What the bars mean, in words. */
  readonly text: string
}

/** Bars that fit over a narrow column. */
const MAX_BARS = 14
/** Beyond this many, distinct values are not counted on. */
const MAX_DISTINCT = 10_000

const shown = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 })

const isTime = (text: string): boolean => /^\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d|$)/.test(text) && !Number.isNaN(Date.parse(text))

/** @param values as they are shown; an empty one is missing */
export function statsOf(values: readonly string[]): ColumnStats {
  const present = values.filter(value => value !== '')
  const counts = new Map<string, number>()
  for (const value of present) if (counts.size < MAX_DISTINCT || counts.has(value)) counts.set(value, (counts.get(value) ?? 0) + 1)
  const common = { missing: values.length - present.length, distinct: counts.size }
  if (present.length === 0) return { ...common, type: 'empty', bars: [], text: 'no values' }
  if (present.every(value => value.trim() !== '' && Number.isFinite(Number(value)))) return { ...common, type: 'number', ...spread(present.map(Number), value => shown.format(value)) }
  if (present.every(isTime)) return { ...common, type: 'time', ...spread(present.map(value => Date.parse(value)), value => new Date(value).toISOString().slice(0, 10)) }
  const type = present.every(value => /^(?:true|false)$/i.test(value)) ? 'truth' : 'text'
  return { ...common, type, ...common.distinct === present.length && present.length > 1 ? { bars: [], text: 'each value once' } : most(counts, present.length) }
}

function spread(numbers: readonly number[], show: (value: number) => string): { bars: number[], text: string } {
  let [min, max] = [Infinity, -Infinity]
  for (const number of numbers) {
    min = Math.min(min, number)
    max = Math.max(max, number)
  }
  if (min === max) return { bars: [1], text: `all ${show(min)}` }
  const bins = Array.from({ length: MAX_BARS }, () => 0)
  for (const number of numbers) {
    const bin = Math.min(MAX_BARS - 1, Math.floor((number - min) / (max - min) * MAX_BARS))
    bins[bin] = (bins[bin] ?? 0) + 1
  }
  const most = Math.max(...bins)
  return { bars: bins.map(count => count / most), text: `${show(min)} – ${show(max)}` }
}

function most(counts: ReadonlyMap<string, number>, total: number): { bars: number[], text: string } {
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  const [top] = sorted
  const highest = top?.[1] ?? 1
  const text = top === undefined ? '' : sorted.length === 1 ? `all ${clip(top[0])}` : `${clip(top[0])} ${Math.round(highest / total * 100)} %, ${sorted.length} values`
  return { bars: sorted.slice(0, MAX_BARS).map(([, count]) => count / highest), text }
}

const clip = (text: string): string => text.length > 24 ? `${text.slice(0, 24)}…` : text
