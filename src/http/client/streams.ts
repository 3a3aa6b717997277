import { ShoalError, fail, toShoalError } from '../../errors/index.ts'
import type { EventItem } from '../contract.ts'
import { type Answer, fromProblem } from './transport.ts'

/** Reads streamed answers: bytes, lines of JSON, server-sent events. */

/** A line of JSON or of an event is small; a longer one is not from a Shoal node. Characters. */
const MAX_LINE = 16 * 1024 * 1024

/** The bytes of an answer. Ending the iteration early, or `signal`, ends the request. @throws what broke the stream; CANCELLED, TIMED_OUT as `signal` says */
export async function* bytesOf(answer: Answer, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader()
  if (reader === undefined) return
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => undefined) // What waits for bytes learns it from the signal.
  signal?.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      signal?.throwIfAborted()
      const step = await reader.read()
      signal?.throwIfAborted()
      if (step.done) return
      yield step.value
    }
  } catch (error) {
    const failure = toShoalError(error)
    if (failure.code !== 'INTERNAL') throw failure
    fail('NODE_UNREACHABLE', `the node broke off its answer: ${failure.message}`, {}, error)
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

/** Lines without their ends; the last one may lack it. */
async function* linesOf(answer: Answer, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of bytesOf(answer, signal)) {
    rest += decoder.decode(bytes, { stream: true })
    let start = 0
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
      yield rest.slice(start, end)
      start = end + 1
    }
    rest = rest.slice(start)
    if (rest.length > MAX_LINE) fail('LIMIT_EXCEEDED', `a line of the answer is longer than ${MAX_LINE} characters`)
  }
  if (rest !== '') yield rest
}

/** Newline-delimited JSON. A node that fails on the way sends the problem as its last line. @throws that problem as a ShoalError */
export async function* itemsOf<T>(answer: Answer, signal?: AbortSignal): AsyncGenerator<T> {
  for await (const line of linesOf(answer, signal)) {
    if (line === '') continue
    const value: unknown = JSON.parse(line)
    const problem = typeof value === 'object' && value !== null && 'problem' in value ? fromProblem(value.problem) : undefined
    if (problem instanceof ShoalError) throw problem
    yield value as T
  }
}

/** Server-sent events; heartbeats are left out. */
export async function* eventsOf(answer: Answer, signal?: AbortSignal): AsyncGenerator<EventItem> {
  let data = ''
  for await (const raw of linesOf(answer, signal)) {
    const line = raw.replace(/\r$/, '')
    if (line.startsWith('data:')) data += line.slice(5).trimStart()
    if (line !== '' || data === '') continue
    yield JSON.parse(data) as EventItem
    data = ''
  }
}
