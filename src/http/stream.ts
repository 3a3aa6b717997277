import { toShoalError } from '../errors/index.ts'
import type { Caller } from './guard/caller.ts'
import { problemOf } from './problem.ts'

/** Answers that are streamed, at the pace they are read. */

/** Lines are sent in pieces of about this size: one by one they would cost more than what they say. Characters. */
const PIECE_LENGTH = 64 * 1024

/**
 * A body from a source of bytes. The first piece is read before this resolves, so that a failure up to there is answered as a
 * problem; a later one breaks the connection off, so that nobody takes a part for the whole.
 * @throws what the source throws before its first bytes
 */
export async function bodyFrom(source: AsyncIterable<Uint8Array>, caller: Caller): Promise<ReadableStream<Uint8Array>> {
  const iterator = source[Symbol.asyncIterator]()
  let first: IteratorResult<Uint8Array> | undefined = await iterator.next()
  return new ReadableStream<Uint8Array>({
    pull: async controller => {
      try {
        const step = first ?? await iterator.next()
        first = undefined
        if (step.done === true) controller.close()
        else controller.enqueue(step.value)
      } catch (error) {
        breakOff(caller, controller, error)
      }
    },
    cancel: async () => {
      await iterator.return?.()
    }
  }, { highWaterMark: 0 })
}

/** Over a socket: ends the connection. In this process: hands the failure on. */
function breakOff(caller: Caller, controller: ReadableStreamDefaultController<Uint8Array>, error: unknown): void {
  const { outgoing } = caller.connection
  if (outgoing === undefined) return controller.error(error)
  outgoing.destroy()
  controller.close()
}

/** Values as newline-delimited JSON. A failure on the way is told in a last line, `{"problem": …}`, before the stream breaks off. */
export async function* linesOf(items: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  let lines = ''
  let sent = false
  try {
    for await (const item of items) {
      lines += `${JSON.stringify(item)}\n`
      if (lines.length < PIECE_LENGTH) continue
      yield Buffer.from(lines)
      sent = true
      lines = ''
    }
  } catch (error) {
    if (!sent && lines === '') throw error
    yield Buffer.from(`${lines}${JSON.stringify({ problem: problemOf(toShoalError(error)) })}\n`)
    throw error
  }
  if (lines !== '') yield Buffer.from(lines)
}

/** @throws what `items` throws before the first one */
export const linesResponse = async (items: AsyncIterable<unknown>, caller: Caller): Promise<Response> =>
  new Response(await bodyFrom(linesOf(items), caller), { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } })
