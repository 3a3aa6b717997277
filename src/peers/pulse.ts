import type { Connection, Stream } from '@libp2p/interface'
import { ShoalError, toShoalError } from '../errors/index.ts'
import { deadline } from '../runtime/index.ts'
import { MOVING_BYTES, PING_EVERY_MS, PING_MS } from './limits.ts'
import type { TrafficView } from './traffic.ts'

/** The protocol libp2p measures round trips with; every node serves it. */
const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

/** Milliseconds a timer may be late until this process itself counts as having stood still: then silence says nothing of the other side. */
const LATE_MS = 1_000

export interface PulseDeps {
  /** Connections that are open now. */
  readonly connections: () => readonly Connection[]
  readonly traffic: (peer: string) => TrafficView
}

/**
 * Asks every connection for a sign of life and cuts those that give none: a machine whose cable was pulled says no farewell, and TCP
 * alone notices after a quarter of an hour. A connection on which data moves needs no sign: on a slow line a ping waits behind it.
 */
export class Pulse {
  readonly #deps: PulseDeps
  readonly #asked = new WeakSet<Connection>()
  /** Bytes that had come in when last somebody looked and there were more, and when that was. */
  readonly #heard = new WeakMap<Connection, { readonly bytes: number, readonly at: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(deps: PulseDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const connection of this.#deps.connections()) {
        this.#silentFor(connection)
        void this.ask(connection)
      }
    }, PING_EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Notes how long the answer took; cuts the connection when none comes. @param ms milliseconds it may take */
  async ask(connection: Connection, ms: number = PING_MS): Promise<void> {
    if (this.#asked.has(connection)) return
    this.#asked.add(connection)
    try {
      connection.rtt = await this.#answer(connection, ms)
    } catch (error) {
      if (connection.status === 'open') connection.abort(new ShoalError('PEER_UNREACHABLE', 'it gives no sign of life', {}, { cause: error }))
    } finally {
      this.#asked.delete(connection)
    }
  }

  /** One from which bytes came meanwhile, or to which many went, has as long again. @returns milliseconds @throws when there was no sign of life */
  async #answer(connection: Connection, ms: number): Promise<number> {
    const sent = (): number => this.#deps.traffic(connection.remotePeer.toString()).out
    this.#heard.delete(connection)
    for (let left = ms - this.#silentFor(connection); ;) {
      const [begun, before] = [performance.now(), sent()]
      try {
        return await roundTrip(connection, deadline(left))
      } catch (error) {
        const isLate = performance.now() - begun > left + LATE_MS
        left = isLate || sent() - before > MOVING_BYTES ? ms : ms - this.#silentFor(connection)
        if (left <= 0 || connection.status !== 'open') throw error
      }
    }
  }

  /** Milliseconds since this last found that bytes had come in. */
  #silentFor(connection: Connection): number {
    const bytes = this.#deps.traffic(connection.remotePeer.toString()).in
    const heard = this.#heard.get(connection)
    if (heard !== undefined && heard.bytes === bytes) return performance.now() - heard.at
    this.#heard.set(connection, { bytes, at: performance.now() })
    return 0
  }
}

/** @returns milliseconds */
async function roundTrip(connection: Connection, signal: AbortSignal): Promise<number> {
  const stream = await connection.newStream(PING_PROTOCOL, { signal, runOnLimitedConnection: true })
  try {
    const begun = performance.now()
    await echo(stream, signal)
    return performance.now() - begun
  } finally {
    stream.abort(new ShoalError('CANCELLED', 'only a sign of life was asked for'))
  }
}

function echo(stream: Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.addEventListener('message', () => resolve(), { once: true })
    stream.addEventListener('close', () => reject(new ShoalError('PEER_UNREACHABLE', 'it ended the ping')), { once: true })
    signal.addEventListener('abort', () => reject(toShoalError(signal.reason)), { once: true })
    stream.send(new Uint8Array(PING_BYTES))
  })
}
