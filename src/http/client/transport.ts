import { FAILURES, fail, ShoalError, toShoalError, type FailureCode } from '../../errors/index.ts'
import { deadline } from '../../runtime/index.ts'

/** Sends requests to a node and turns its problem details back into `ShoalError`s. */

export type Fetch = (url: string, init: RequestInit) => Promise<Response>
export type QueryValue = string | number | boolean | undefined

export interface Send {
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, streamed. */
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the answer's headers and JSON must be here; undefined where bytes are streamed. */
  readonly within?: number | undefined
}

/** Answers that are not streams come soon: no request waits for a job longer than this. Milliseconds. */
export const ANSWER_WITHIN_MS = 60_000

export interface Transport {
  /** The answer, which is not a failure. @throws ShoalError as the node reported it, NODE_UNREACHABLE, CANCELLED, TIMED_OUT */
  send(method: string, path: string, options?: Send): Promise<Response>
  json<T>(method: string, path: string, options?: Send): Promise<T>
}

/** @param baseUrl e.g. `http://127.0.0.1:7420`; paths follow it as they are */
export function createTransport(options: { baseUrl: string, fetch?: Fetch | undefined, token?: string | undefined }): Transport {
  const base = options.baseUrl.replace(/\/+$/, '')
  const fetcher: Fetch = options.fetch ?? ((url, init) => fetch(url, init))

  const send = async (method: string, path: string, request: Send = {}): Promise<Response> => {
    const headers = headersOf(request, options.token)
    const signal = request.within === undefined ? request.signal : deadline(request.within, request.signal)
    const body = bodyOf(request)
    const init: RequestInit = { method, headers, ...body === undefined ? {} : { body, duplex: 'half' }, ...signal === undefined ? {} : { signal } }
    const response = await fetcher(base + path + queryOf(request.query), init).catch((error: unknown) => unreachable(error, base))
    if (response.status < 400) return response
    throw await problemOf(response)
  }
  return {
    send,
    json: async <T>(method: string, path: string, request: Send = {}): Promise<T> => {
      const response = await send(method, path, { within: ANSWER_WITHIN_MS, ...request })
      if (response.status === 204) return undefined as T
      return await response.json().catch((error: unknown) => unreachable(error, base)) as T
    }
  }
}

function headersOf(request: Send, token: string | undefined): Headers {
  const headers = new Headers()
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  if (request.json !== undefined) headers.set('content-type', 'application/json')
  for (const [name, value] of Object.entries(request.headers ?? {})) if (value !== undefined) headers.set(name, value)
  return headers
}

type Body = NonNullable<RequestInit['body']>

function bodyOf(request: Send): Body | undefined {
  if (request.json !== undefined) return JSON.stringify(request.json)
  if (request.body === undefined) return undefined
  if (request.body instanceof Uint8Array) return new Uint8Array(request.body)
  return ReadableStream.from(request.body) as Body
}

function queryOf(query: Send['query']): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) pairs.set(name, String(value))
  return pairs.size === 0 ? '' : `?${pairs.toString()}`
}

/** A request or stream that broke, as a `ShoalError`. */
export function unreachable(error: unknown, base: string): never {
  const failure = toShoalError(error)
  if (failure.code !== 'INTERNAL') throw failure
  fail('NODE_UNREACHABLE', `${base} does not answer: ${reasonOf(error)}`, { address: base }, error)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause)
}

const MEMBERS = new Set(['type', 'title', 'status', 'detail', 'code', 'advice'])

/** A failed response as the error the node threw. */
async function problemOf(response: Response): Promise<ShoalError> {
  const text = await response.text().catch(() => '')
  return fromProblem(parsed(text)) ?? new ShoalError('NODE_UNREACHABLE', `the answer is not one of a Shoal node: status ${response.status}`, { status: response.status })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not JSON: the caller says so.
  }
}

/** Problem details as the error they came from; undefined where they are none. */
export function fromProblem(value: unknown): ShoalError | undefined {
  if (typeof value !== 'object' || value === null || !('code' in value) || !('detail' in value)) return undefined
  const known = typeof value.code === 'string' && Object.hasOwn(FAILURES, value.code)
  const facts = Object.fromEntries(Object.entries(value).filter(([name]) => !MEMBERS.has(name)))
  return new ShoalError(known ? value.code as FailureCode : 'INTERNAL', String(value.detail), facts)
}
