/** Numbers, sizes and times as the reader's locale writes them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

const counts = new Intl.NumberFormat()
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 })
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
/** Words stand in sentences of the page: in its language, not in that of the browser. */
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

export const showCount = (count: number): string => counts.format(count)

/** `1 file`, `2 files`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${showCount(count)} ${count === 1 ? one : many}`

/** 1536 → `1.5 KiB`, as the command line prints it. */
export function showBytes(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10)))
  const value = bytes / 1024 ** unit
  return `${unit === 0 || Math.abs(value) >= 100 ? whole.format(value) : tenths.format(value)} ${UNITS[unit]}`
}

/** 0.32 → `32 %`, as the locale writes it. */
export const showShare = (share: number): string => percent.format(share)

/** With its sign: `+1.5 KiB`, `−3 B`. */
export const showChange = (value: number, show: (value: number) => string): string => `${value > 0 ? '+' : value < 0 ? '−' : '±'}${show(Math.abs(value))}`

export const showTime = (iso: string): string => dateTime.format(new Date(iso))

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `3 minutes ago`; the date where it was more than a week ago. */
export function showAgo(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000
  const past = Math.abs(seconds)
  if (past < MINUTE) return seconds > 0 ? 'in a moment' : 'just now'
  if (past < HOUR) return relative.format(Math.round(seconds / MINUTE), 'minute')
  if (past < DAY) return relative.format(Math.round(seconds / HOUR), 'hour')
  if (past < 7 * DAY) return relative.format(Math.round(seconds / DAY), 'day')
  return date.format(new Date(iso))
}

/** The first characters of a hash, without the name of its kind. */
export const shortHash = (hash: string): string => hash.replace(/^blake3:/, '').slice(0, 12)
