import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Answer, AnswerReader, Fetch, FetchInit } from '../http/index.ts'

/**
 * A `fetch` for the client of a running node. The platform's own takes longer to be loaded and to be ended than most commands run: its
 * parser is WebAssembly, which Node compiles once more, for speed, before it lets the process go.
 */
export interface Sockets {
  readonly fetch: Fetch
  /** Ends all connections. */
  close(): void
}

/** An idle connection is given up well before the node does it (20 s), so that no request meets one that is just being closed. Milliseconds. */
const IDLE_MS = 10_000

/** Got when a node runs, others do without; not imported: from Node 22 on an import looks at all there is of it, and so loads the platform's fetch. */
const http = () => process.getBuiltinModule('node:http')

export function overSockets(): Sockets {
  const { Agent } = http()
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS })
  return { fetch: (url, init) => exchange(agent, url, init), close: () => agent.destroy() }
}

/** One request and its answer. @throws what broke the connection, what the body threw, the signal's reason */
function exchange(agent: Agent, url: string, { method, headers, body, signal }: FetchInit): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const sent = http().request(url, { agent, method, headers: { ...headers, ...lengthOf(body) } })
    let answer: IncomingMessage | undefined
    const stop = (): void => void (answer ?? sent).destroy(signal?.reason as Error)
    signal?.addEventListener('abort', stop, { once: true })
    sent.once('close', () => signal?.removeEventListener('abort', stop))
    sent.on('error', reject)
    sent.once('response', incoming => {
      answer = incoming
      // Answered before everything was sent, the rest is not wanted.
      incoming.once('end', () => { if (!sent.writableFinished) sent.destroy() })
      resolve(answerOf(incoming))
    })
    if (isStream(body)) stream(body, sent)
    else sent.end(body)
  })
}

/** Sends a body as it comes. One that breaks off breaks the request off, and the other way round. */
function stream(body: ReadableStream<Uint8Array>, sent: ClientRequest): void {
  const source = Readable.from(body)
  source.on('error', error => sent.destroy(error))
  sent.once('close', () => source.destroy())
  source.pipe(sent)
}

// Not by its class, which takes a while to load.
const isStream = (body: FetchInit['body']): body is ReadableStream<Uint8Array> => typeof body === 'object' && !(body instanceof Uint8Array)

/** A known length is told, also with a method that seldom has a body. */
const lengthOf = (body: FetchInit['body']): Readonly<Record<string, number>> =>
  body === undefined || isStream(body) ? {} : { 'content-length': Buffer.byteLength(body) }

function answerOf(incoming: IncomingMessage): Answer {
  return {
    status: incoming.statusCode ?? 0,
    headers: { get: name => incoming.headersDistinct[name]?.join(', ') ?? null },
    body: { getReader: () => readerOf(incoming) },
    text: () => text(incoming)
  }
}

function readerOf(incoming: IncomingMessage): AnswerReader {
  const parts: AsyncIterator<Uint8Array, undefined> = incoming[Symbol.asyncIterator]()
  return {
    read: () => parts.next(),
    cancel: async () => void incoming.destroy()
  }
}
