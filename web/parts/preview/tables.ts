import Papa from 'papaparse'

/** Tables out of texts: CSV, TSV, JSON and JSON lines. */

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns in which every value is a number. */
  readonly numeric: readonly boolean[]
  /** There is more than this. */
  readonly isCut: boolean
}

/** Read into memory at most; shown page by page. */
const MAX_ROWS = 20_000
const MAX_COLUMNS = 100
/** A cell shows a value, not a document. Characters. */
const MAX_CELL = 300

const clip = (text: string): string => text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text

function tableOf(columns: readonly string[], rows: readonly (readonly string[])[], isCut: boolean): Table {
  const shown = rows.slice(0, MAX_ROWS).map(row => row.slice(0, MAX_COLUMNS).map(clip))
  const names = columns.slice(0, MAX_COLUMNS).map(clip)
  const numeric = names.map((_, i) => shown.some(row => (row[i] ?? '') !== '') && shown.every(row => row[i] === undefined || row[i] === '' || (row[i]?.trim() !== '' && Number.isFinite(Number(row[i])))))
  return { columns: names, rows: shown, numeric, isCut: isCut || rows.length > MAX_ROWS || columns.length > MAX_COLUMNS }
}

/** @param isWhole false where the text is the beginning of a longer one: then its last line may be half of one */
export function readDelimited(text: string, isWhole: boolean): Table {
  const { data, meta } = Papa.parse<string[]>(text.replace(/^\ufeff/, ''), { preview: MAX_ROWS + 2, skipEmptyLines: true })
  const isEnd = isWhole && !meta.truncated
  const rows = isEnd || data.length > MAX_ROWS + 1 ? data : data.slice(0, -1)
  const [columns = [], ...body] = rows
  return tableOf(columns, body, !isEnd)
}

/** Undefined where it is no list of objects. */
export function readJson(text: string, isWhole: boolean, isLines: boolean): Table | undefined {
  const values = isLines ? lines(text, isWhole) : isWhole ? parsed(text) : undefined
  if (!Array.isArray(values) || values.length === 0) return undefined
  const items: readonly unknown[] = values.slice(0, MAX_ROWS)
  if (!items.every(isRecord)) return undefined
  const columns = [...new Set(items.flatMap(Object.keys))]
  return tableOf(columns, items.map(item => columns.map(column => cellText(item[column]))), !isWhole || values.length > MAX_ROWS)
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value as a cell shows it. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return clip(value)
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'not a time' : value.toISOString()
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return clip(JSON.stringify(value, (_, inner: unknown) => typeof inner === 'bigint' ? Number(inner) : inner))
}

function lines(text: string, isWhole: boolean): unknown {
  const all = text.split('\n')
  const whole = (isWhole ? all : all.slice(0, -1)).filter(line => line.trim() !== '').slice(0, MAX_ROWS + 1).map(parsed)
  return whole.includes(undefined) ? undefined : whole
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A JSON text with line ends and spaces where people expect them; as it was where it is none. */
export function laidOut(text: string): string {
  const value = parsed(text)
  return value === undefined ? text : JSON.stringify(value, null, 2)
}
