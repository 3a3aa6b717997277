import type { IncomingMessage } from 'node:http'
import type { App } from '../../../src/http/index.ts'

/** Requests as if they came over a socket, without one. */

export const PORT = 7420
export const ORIGIN = `http://127.0.0.1:${PORT}`
export const TOKEN = 'a-token-of-thirty-two-characters'

/** What the server would hand to the app for a connection from `address`. */
export const connectionFrom = (address: string, local = '127.0.0.1'): { incoming: IncomingMessage } =>
  ({ incoming: { socket: { remoteAddress: address, localAddress: local, localPort: PORT } } as IncomingMessage })

export type Ask = (method: string, path: string, options?: { json?: unknown, body?: BodyLike, headers?: Record<string, string>, from?: string }) => Promise<Response>
type BodyLike = NonNullable<RequestInit['body']>

/** Calls an app as a program on this machine does: a right Host, no Origin, no token. */
export const asker = (app: App): Ask => async (method, path, { json, body, headers = {}, from = '127.0.0.1' } = {}) => {
  const sent = json === undefined ? body : JSON.stringify(json)
  const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' }
  const init: RequestInit = { method, headers: { host: `127.0.0.1:${PORT}`, ...type, ...headers }, ...sent === undefined ? {} : { body: sent, duplex: 'half' } }
  return await app.fetch(new Request(ORIGIN + path, init), connectionFrom(from))
}

export const WITH_TOKEN = { authorization: `Bearer ${TOKEN}` }
