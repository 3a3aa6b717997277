import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who sent a request, as far as the connection tells. */

const TRUSTED = Symbol('in process')

/** What the server hands to the app beside the request. */
export interface Connection {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
  /** Fires when the server begins to stop. */
  readonly stopping?: AbortSignal
  readonly [TRUSTED]?: true
}

/** The environment of requests made by this very process, without a socket: the command line's. No socket can bring the symbol along. */
export const IN_PROCESS: Connection = { [TRUSTED]: true }

export interface Caller {
  readonly kind: 'process' | 'loopback' | 'remote'
  /** It sent the right token. */
  readonly hasToken: boolean
  readonly connection: Connection
}

export const isInProcess = (connection: Connection): boolean => connection[TRUSTED] === true

const LOOPBACK = /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/

/** Whether an address is this machine's own. @param address an IP address, or undefined where the socket is gone: then it is not */
export const isLoopback = (address: string | undefined): boolean => address !== undefined && LOOPBACK.test(address)
