import { fail } from '../errors/index.ts'
import type { z } from 'zod'
import type { FieldProblem } from './contract.ts'

/** Reads the parts of a request: its address, query and JSON body, all bounded. */

/** The largest JSON body: 10,000 edits with long paths. Files are sent as they are and have no such bound. Bytes. */
export const MAX_JSON_BYTES = 8 * 1024 * 1024
/** Deeper JSON serves nobody and exhausts the stack of whoever walks it. */
const MAX_JSON_DEPTH = 64
/** Wrong fields named in one answer. */
const MAX_PROBLEMS = 50

/** The path of an address as it was sent, still percent-encoded. */
export function rawPath(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return '/'
  const end = url.slice(start).search(/[?#]/)
  return end < 0 ? url.slice(start) : url.slice(start, start + end)
}

/** The `{…}` of a route's path, each percent-decoded exactly once; `{path}` takes the rest. @throws PATH_INVALID */
export function readParams(template: string, url: string): Record<string, string> {
  const sent = rawPath(url).split('/')
  const params: Record<string, string> = {}
  for (const [index, part] of template.split('/').entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name !== undefined) params[name] = decode(name === 'path' ? sent.slice(index).join('/') : sent[index] ?? '')
  }
  return params
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fail('PATH_INVALID', `the address holds "${text.slice(0, 200)}", which is not percent-encoded UTF-8`, { path: text.slice(0, 2000) })
  }
}

/** @throws FIELD_INVALID naming every wrong parameter */
export function readQuery(schema: z.ZodObject, url: string): unknown {
  const query: Record<string, string> = {}
  const problems: FieldProblem[] = []
  for (const [name, value] of new URL(url).searchParams) {
    if (Object.hasOwn(query, name)) problems.push({ in: 'query', field: name, detail: `the ${name} is given twice` })
    else Object.defineProperty(query, name, { value, enumerable: true, configurable: true, writable: true })
  }
  const read = schema.safeParse(query)
  if (!read.success) problems.push(...problemsOf('query', read.error, schema))
  refuse(problems)
  return read.data
}

/** @throws BODY_INVALID when it is not JSON, LIMIT_EXCEEDED, FIELD_INVALID naming every wrong field */
export async function readBody(schema: z.ZodType, request: Request): Promise<unknown> {
  const value = await readJson(request)
  const problem = hostilePart(value)
  if (problem !== undefined) fail('BODY_INVALID', `the body ${problem}`)
  const read = schema.safeParse(value)
  if (!read.success) refuse(problemsOf('body', read.error, schema))
  return read.data
}

async function readJson(request: Request): Promise<unknown> {
  const media = request.headers.get('content-type')
  if (media !== null && !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(media)) {
    fail('BODY_INVALID', `the body is announced as "${media.slice(0, 100)}"; this address takes application/json`)
  }
  const text = await readText(request)
  if (text === '') return {} // A body may be left out where every field may be.
  try {
    return JSON.parse(text)
  } catch (error) {
    return fail('BODY_INVALID', `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The bytes of a body as they come. @throws CANCELLED when the caller goes away before the end */
export async function* bodyBytes(request: Request): AsyncGenerator<Uint8Array> {
  if (request.body === null) return
  try {
    yield* request.body
  } catch (error) {
    fail('CANCELLED', 'the request broke off before its body was complete', {}, error)
  }
}

async function readText(request: Request): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > MAX_JSON_BYTES) tooLarge()
  for await (const part of bodyBytes(request)) {
    size += part.byteLength
    if (size > MAX_JSON_BYTES) tooLarge()
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch {
    return fail('BODY_INVALID', 'the body is not UTF-8 text')
  }
}

const tooLarge = (): never => fail('LIMIT_EXCEEDED', `the body is larger than ${MAX_JSON_BYTES} bytes`, { limit: MAX_JSON_BYTES })

/** What in a JSON value could harm whoever walks it; without recursion, for the depth is what is checked. */
function hostilePart(value: unknown): string | undefined {
  const open: { value: unknown, depth: number }[] = [{ value, depth: 0 }]
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (typeof item.value === 'string' && !item.value.isWellFormed()) return 'holds text that is not well-formed Unicode'
    if (typeof item.value !== 'object' || item.value === null) continue
    if (item.depth >= MAX_JSON_DEPTH) return `is nested deeper than ${MAX_JSON_DEPTH} levels`
    for (const [key, inner] of Object.entries(item.value)) {
      if (key === '__proto__') return 'holds the key "__proto__", which is not allowed'
      if (!key.isWellFormed()) return 'holds a key that is not well-formed Unicode'
      open.push({ value: inner, depth: item.depth + 1 })
    }
  }
  return undefined
}

function problemsOf(where: 'query' | 'body', error: z.ZodError, schema: z.ZodType): FieldProblem[] {
  return error.issues.flatMap(issue => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') return issue.keys.map(key => ({ in: where, field: [...path, key].join('.'), detail: `there is no field "${key}"${knownFields(path, schema)}` }))
    const field = path.join('.')
    return [{ in: where, field, detail: `${field === '' ? 'the body' : `the ${field}`}: ${plain(issue.message)}` }]
  })
}

/** The fields there are, where they are those of the whole body. */
const knownFields = (path: readonly string[], schema: z.ZodType): string =>
  path.length === 0 && 'shape' in schema ? `; there are ${Object.keys(schema.shape as object).join(', ') || 'none'}` : ''

const plain = (message: string): string => message.replace(/^Invalid input: /, '')

function refuse(problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return
  const shown = problems.slice(0, MAX_PROBLEMS)
  fail('FIELD_INVALID', shown.map(problem => problem.detail).join('; '), { field: shown[0]?.field, problems: shown })
}
