import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { ShoalError, fail } from '../errors/index.ts'
import { refuseUnreadable, type App } from './app.ts'
import { isLoopback } from './guard/caller.ts'

/** Serves the app over sockets. */

export interface ServeOptions {
  /** An address of this machine; default 127.0.0.1. */
  readonly host?: string | undefined
  /** 0 takes any free one. */
  readonly port: number
  /** The token the app checks; without one, only loopback may be listened on. */
  readonly token?: string | undefined
  /** Milliseconds for a request's head; default 10 s. */
  readonly headWithinMs?: number | undefined
  /** Milliseconds without a byte after which a connection that should move is cut; default 60 s. */
  readonly stalledAfterMs?: number | undefined
}

export interface Serving {
  readonly host: string
  readonly port: number
  /** `http://127.0.0.1:7420`. */
  readonly url: string
  /** Takes no new connections, lets running requests end, and cuts what still runs after `withinMs` (default 5,000). */
  stop(withinMs?: number): Promise<void>
}

/** A request's head comes at once or not at all. Milliseconds. */
const HEAD_WITHIN_MS = 10_000
/** Heads are checked on this often within their time. */
const HEAD_CHECKS = 5
/** A connection on which nothing moves while somebody should send or read. Milliseconds. */
const STALLED_AFTER_MS = 60_000
/** Below what proxies and clients keep idle connections for. Milliseconds. */
const KEEP_ALIVE_MS = 20_000
/** Browsers open six, a busy script some dozens; bounds memory and files under attack. */
const MAX_CONNECTIONS = 1000
/** Bytes of one request's head: room for long paths, percent-encoded. */
const MAX_HEAD_BYTES = 32 * 1024
const STOP_WITHIN_MS = 5000
const SWEEP_EVERY_MS = 25

/** @throws TOKEN_REQUIRED beyond loopback without a token, PORT_IN_USE */
export async function serve(app: App, options: ServeOptions): Promise<Serving> {
  const host = options.host ?? '127.0.0.1'
  if (!isLoopbackHost(host) && (options.token ?? '') === '') fail('TOKEN_REQUIRED', `listening on ${host}, which other machines can reach, is refused without a token`, { host })
  const stopping = new AbortController()
  const listener = getRequestListener((request, env) => app.fetch(request, { ...env as { incoming: IncomingMessage, outgoing: ServerResponse }, stopping: stopping.signal }), { errorHandler: refuseUnreadable })
  const headWithin = options.headWithinMs ?? HEAD_WITHIN_MS
  const server = createServer({
    headersTimeout: headWithin,
    connectionsCheckingInterval: headWithin / HEAD_CHECKS,
    requestTimeout: 0, // A large file may take hours; what stands still is cut below.
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEAD_BYTES
  }, (incoming, outgoing) => void listener(incoming, outgoing))
  server.maxConnections = MAX_CONNECTIONS
  cutStalled(server, options.stalledAfterMs ?? STALLED_AFTER_MS)
  await listen(server, host, options.port)
  const { port } = server.address() as AddressInfo
  return { host, port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, stop: withinMs => stop(server, stopping, withinMs ?? STOP_WITHIN_MS) }
}

const isLoopbackHost = (host: string): boolean => host.toLowerCase() === 'localhost' || isLoopback(host)

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, host, port)))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): ShoalError {
  if (error.code === 'EADDRINUSE') return new ShoalError('PORT_IN_USE', `port ${port} of ${host} is taken`, { port }, { cause: error })
  return new ShoalError('USAGE', `can not listen on ${host}:${port}: ${error.message}`, { host, port }, { cause: error })
}

/**
 * Cuts connections on which nothing moved for a while: a body that no longer comes, an answer nobody reads. One whose answer the node
 * is still working on may stay silent.
 */
function cutStalled(server: Server, afterMs: number): void {
  const current = new WeakMap<Socket, { incoming: IncomingMessage, outgoing: ServerResponse }>()
  server.on('request', (incoming, outgoing) => current.set(incoming.socket, { incoming, outgoing }))
  server.setTimeout(afterMs, socket => {
    const exchange = current.get(socket)
    const atWork = exchange !== undefined && exchange.incoming.complete && !exchange.outgoing.writableEnded && socket.writableLength === 0
    if (!atWork) socket.destroy()
  })
}

async function stop(server: Server, stopping: AbortController, withinMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  stopping.abort()
  server.closeIdleConnections()
  // Connections that were busy are idle once their answer is sent.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS)
  const cut = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}
