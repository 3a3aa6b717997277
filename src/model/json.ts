import { type Checked, isObject, right, shown, wrong } from './field.ts'

/** Any JSON object. */
export interface JsonObject { readonly [key: string]: JsonValue }
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** Metadata travels in the catalog, which every node loads; larger tables belong into a file of the version. Bytes as JSON. */
const MAX_JSON_BYTES = 64 * 1024
/** Deeper nesting is no one's metadata and a way to exhaust a reader's stack. */
const MAX_DEPTH = 32

/** Reads metadata: a JSON object of bounded size and depth, finite numbers, well-formed text, and no key that could alter a prototype. */
export function readJsonObject(value: unknown): Checked<JsonObject> {
  if (!isObject(value)) return wrong(`must be a JSON object such as {"source": "camera 3"}, not ${shown(value)}`)
  const problem = problemOf(value, 0)
  if (problem !== undefined) return wrong(problem)
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes > MAX_JSON_BYTES) return wrong(`takes ${bytes} bytes; at most ${MAX_JSON_BYTES} are kept, put larger tables into a file of the version`)
  return right(value as JsonObject)
}

function problemOf(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `holds ${value}, which JSON does not have`
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'holds text that is not well-formed Unicode'
  if (typeof value !== 'object') return `holds ${typeof value === 'bigint' ? 'a big integer' : `a ${typeof value}`}, which JSON does not have`
  if (depth >= MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return 'holds the key "__proto__", which is not allowed'
    const problem = key.isWellFormed() ? problemOf(item, depth + 1) : 'holds a key that is not well-formed Unicode'
    if (problem !== undefined) return problem
  }
  return undefined
}
