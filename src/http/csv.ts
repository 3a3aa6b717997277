/** Tables as CSV (RFC 4180), for spreadsheets. */

/** W5: columns of a version list as CSV, in the order they are asked for. */
export const VERSION_COLUMNS = [
  'number', 'name', 'state', 'id', 'ref', 'description', 'comment', 'parents', 'tags', 'files', 'links', 'bytes', 'added', 'modified', 'removed', 'metadata', 'archived', 'createdAt', 'createdBy', 'updatedAt', 'publishedAt', 'message'
] as const

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** W5: one cell. A text that a spreadsheet would run gets an apostrophe before it, which spreadsheets take for "this is text". */
export function csvCell(value: string | number | boolean | null): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvLine = (cells: readonly (string | number | boolean | null)[]): string => `${cells.map(csvCell).join(',')}\r\n`
