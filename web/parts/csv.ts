/** Rows as a CSV file (RFC 4180), harmless when a spreadsheet opens it. */

/** What spreadsheets take for a formula. */
const FORMULA = /^[=+\-@\t\r]/

type Cell = string | number | null

function cell(value: Cell): string {
  const text = value === null ? '' : String(value)
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const csvOf = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [columns, ...rows].map(row => row.map(cell).join(',')).join('\r\n').concat('\r\n')
