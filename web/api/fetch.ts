import type { FieldProblem, Problem } from './types.ts'

/** A request that has not been answered by then will not be. Milliseconds. */
const ANSWER_WITHIN_MS = 30_000

/** What the node said is wrong, or that it said nothing. */
export class ProblemError extends Error {
  readonly code: string
  readonly status: number
  readonly title: string
  /** What the reader can do about it; one sentence. */
  readonly advice: string
  /** What is wrong with which field of the request. */
  readonly fields: ReadonlyMap<string, string>

  constructor(problem: Pick<Problem, 'code' | 'status' | 'title' | 'detail' | 'advice'> & Readonly<Record<string, unknown>>) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.code = problem.code
    this.status = problem.status
    this.title = problem.title
    this.advice = problem.advice
    this.fields = fieldsOf(problem)
  }
}

function fieldsOf(problem: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const { problems, field, detail } = problem
  if (Array.isArray(problems)) return new Map((problems as readonly FieldProblem[]).map(one => [one.field.split('.')[0] ?? '', one.detail]))
  return new Map(typeof field === 'string' ? [[field, String(detail)]] : [])
}

const unreachable = (): ProblemError => new ProblemError({
  code: 'NODE_UNREACHABLE', status: 0, title: 'The node does not answer', detail: 'The node behind this page does not answer', advice: 'Start it again with `npx shoal start`; this page goes on by itself.'
})

const unreadable = (status: number): ProblemError => new ProblemError({
  code: 'INTERNAL', status, title: 'The node answered something unknown', detail: `The node answered with status ${status} and nothing this page understands`, advice: 'Load the page again; it may be older than the node.'
})

const replaced = (): ProblemError => new ProblemError({
  code: 'EDIT_CONFLICT', status: 412, title: 'The file was just replaced', detail: 'The file was replaced while it was being read', advice: 'It is shown anew in a moment.'
})

interface Options {
  readonly method?: string
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly cache?: RequestCache
  readonly body?: string
}

/** @throws ProblemError */
async function send(address: string, { signal, headers = {}, cache = 'default', method = 'GET', body }: Options): Promise<Response> {
  const deadline = AbortSignal.timeout(ANSWER_WITHIN_MS)
  let response: Response
  try {
    response = await fetch(address, { method, headers, cache, ...body === undefined ? {} : { body }, signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw unreachable()
  }
  if (!response.ok) throw await problemOf(response)
  return response
}

async function problemOf(response: Response): Promise<ProblemError> {
  try {
    return new ProblemError(await response.json() as Problem)
  } catch {
    return unreadable(response.status)
  }
}

/** @throws ProblemError */
export async function getJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  const response = await send(address, { signal, headers: { accept: 'application/json' } })
  return await response.json() as T
}

/**
 * Up to `length` bytes of a file from `from` on; fewer where it ends. Never out of the browser's cache: that one cuts a file that was
 * replaced by a longer one to the length it had.
 * @param hash what the file must have @throws ProblemError
 */
export async function getBytes(address: string, hash: string, from: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await send(address, { signal, cache: 'no-store', headers: { range: `bytes=${from}-${from + length - 1}` } })
  if (response.headers.get('etag') !== `"${hash}"`) throw replaced()
  return new Uint8Array(await response.arrayBuffer())
}

/**
 * A whole file as it comes. The deadline is for its first byte: how long the rest takes is up to who reads it, and to `signal`.
 * @param hash what the file must have @throws ProblemError
 */
export async function getStream(address: string, hash: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const started = new AbortController()
  const timer = window.setTimeout(() => started.abort(), ANSWER_WITHIN_MS)
  let response: Response
  try {
    response = await fetch(address, { cache: 'no-store', signal: AbortSignal.any([signal, started.signal]) })
  } catch (error) {
    if (signal.aborted) throw error
    throw unreachable()
  } finally {
    window.clearTimeout(timer)
  }
  if (!response.ok) throw await problemOf(response)
  if (response.headers.get('etag') !== `"${hash}"` || response.body === null) throw replaced()
  return response.body
}

/** Changes something on the node. @param body JSON; none where it is undefined @returns undefined where the node has nothing to say @throws ProblemError */
export async function sendJson<T = undefined>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', address: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  const response = await send(address, body === undefined ? { method, headers } : { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** The lines of an NDJSON answer as they come, in batches. @throws ProblemError */
export async function* getLines<T>(address: string, signal: AbortSignal): AsyncGenerator<T[]> {
  const response = await send(address, { signal, headers: { accept: 'application/x-ndjson' } })
  let rest = ''
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  for (;;) {
    const { done, value } = await reader?.read() ?? { done: true, value: undefined }
    const lines = (rest + decoder.decode(value, { stream: !done })).split('\n')
    rest = done ? '' : lines.pop() ?? ''
    const items = lines.filter(line => line !== '').map(line => JSON.parse(line) as T)
    if (items.length > 0) yield items
    if (done) return
  }
}

/** What went wrong, as the page shows it. */
export const problemOfError = (error: unknown): ProblemError => error instanceof ProblemError ? error : new ProblemError({
  code: 'INTERNAL', status: 0, title: 'Something on this page is broken', detail: error instanceof Error ? error.message : String(error), advice: 'Load the page again.'
})
