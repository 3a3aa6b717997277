import { FAILURES, fail, ShoalError, toShoalError, type FailureCode } from '../../errors/index.ts'
import { deadline } from '../../runtime/index.ts'

/** Sends requests to a node and turns its problem details back into `ShoalError`s. */

/** What the client needs of a `fetch`; the platform's does it. */
export type Fetch = (url: string, init: FetchInit) => Promise<Answer>

export interface FetchInit {
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
  /** Comes with a stream: it is sent before the answer is looked at. */
  readonly duplex?: 'half'
  /** Ends the request, also while its answer's body is read. */
  readonly signal?: AbortSignal
}

/** What the client needs of a `Response`. */
export interface Answer {
  readonly status: number
  /** @param name in lower case */
  readonly headers: { get(name: string): string | null }
  readonly body: { getReader(): AnswerReader } | null
  text(): Promise<string>
}

export interface AnswerReader {
  read(): Promise<{ readonly done?: false, readonly value: Uint8Array } | { readonly done: true }>
  /** Ends the request. */
  cancel(reason?: unknown): Promise<void>
}

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
  send(method: string, path: string, options?: Send): Promise<Answer>
  json<T>(method: string, path: string, options?: Send): Promise<T>
}

/** @param baseUrl e.g. `http://127.0.0.1:7420`; paths follow it as they are */
export function createTransport(options: { baseUrl: string, fetch?: Fetch | undefined, token?: string | undefined }): Transport {
  const base = options.baseUrl.replace(/\/+$/, '')
  const fetcher: Fetch = options.fetch ?? ((url, init) => fetch(url, init))

  const send = async (method: string, path: string, request: Send = {}): Promise<Answer> => {
    const headers = headersOf(request, options.token)
    const signal = request.within === undefined ? request.signal : deadline(request.within, request.signal)
    const body = bodyOf(request)
    const init: FetchInit = { method, headers, ...body === undefined ? {} : { body, duplex: 'half' }, ...signal === undefined ? {} : { signal } }
    const answer = await fetcher(base + path + queryOf(request.query), init).catch((error: unknown) => unreachable(error, base))
    if (answer.status < 400) return answer
    throw await problemOf(answer)
  }
  return {
    send,
    json: async <T>(method: string, path: string, request: Send = {}): Promise<T> => {
      const answer = await send(method, path, { within: ANSWER_WITHIN_MS, ...request })
      try {
        const text = await answer.text()
        return (answer.status === 204 ? undefined : JSON.parse(text)) as T
      } catch (error) {
        unreachable(error, base)
      }
    }
  }
}

function headersOf(request: Send, token: string | undefined): Record<string, string> {
  const authorization = token === undefined ? undefined : `Bearer ${token}`
  const type = request.json === undefined ? undefined : 'application/json'
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries({ authorization, 'content-type': type, ...request.headers })) {
    if (value === undefined) continue
    if (!FIELD_VALUE.test(value)) fail('FIELD_INVALID', `the header ${name} holds characters that no header can`, { field: name })
    headers[name] = value
  }
  return headers
}

/** What a header may hold (RFC 9110, 5.5). */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

function bodyOf(request: Send): FetchInit['body'] {
  if (request.json !== undefined) return JSON.stringify(request.json)
  if (request.body === undefined) return undefined
  if (request.body instanceof Uint8Array) return new Uint8Array(request.body)
  return ReadableStream.from(request.body)
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

/** An answer that is a failure as the error the node threw. */
async function problemOf(answer: Answer): Promise<ShoalError> {
  const text = await answer.text().catch(() => '')
  return fromProblem(parsed(text)) ?? new ShoalError('NODE_UNREACHABLE', `the answer is not one of a Shoal node: status ${answer.status}`, { status: answer.status })
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
