/** Figures as people read them in a shell; programs use --json. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** 1536 → `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`
}

/** 125 → `2m 5s`. @param seconds */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`
}

// Not toLocaleString: setting up the locales takes 20 ms.
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 file`, `2 files`. @param nouns where an s does not do */
export const counted = (count: number, noun: string, nouns = `${noun}s`): string => `${formatCount(count)} ${count === 1 ? noun : nouns}`

/** `2026-01-31 12:00` in UTC, as all times Shoal prints. */
export const formatTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)}`

/** Rows under headings, columns as wide as they need; numbers (right) to the right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[], right: readonly string[] = []): string {
  const widths = headings.map((heading, i) => Math.max(heading.length, ...rows.map(row => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]): string => cells.map((cell, i) => {
    const width = widths[i] ?? 0
    return right.includes(headings[i] ?? '') ? cell.padStart(width) : cell.padEnd(width)
  }).join('  ').trimEnd()
  return [line(headings), ...rows.map(line)].join('\n')
}
