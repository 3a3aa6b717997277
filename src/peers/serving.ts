import type { Connection, Stream } from '@libp2p/interface'
import { ShoalError, fail, isShoalError, toShoalError } from '../errors/index.ts'
import { FrameStream, isFault, type ProtocolId } from '../wire/index.ts'
import { hostOf } from './addresses.ts'
import type { Gate } from './gate.ts'
import { MAX_INBOUND_STREAMS } from './limits.ts'
import type { Offences } from './offences.ts'
import type { Traffic } from './traffic.ts'

export interface ProtocolOptions {
  /** Whether peers that are no members may use it. */
  readonly guests: boolean
}

/** Serves one stream until it is done; what it throws is told to the other side. @param host the peer's host, for limits */
export type ProtocolHandler = (stream: FrameStream, peer: string, host: string) => Promise<void>

export interface ServingDeps {
  readonly gate: Gate
  readonly traffic: Traffic
  readonly offences: Offences
  /** A peer broke the protocol. */
  readonly fault: (peer: string, error: ShoalError) => void
}

/** Answers peers' streams, each with its protocol's handler, and knows all streams that are open. */
export class Serving {
  readonly #deps: ServingDeps
  readonly #handlers = new Map<ProtocolId, { handler: ProtocolHandler, options: ProtocolOptions }>()
  readonly #running = new Set<Promise<void>>()
  readonly #streams = new Set<FrameStream>()
  /** Streams that are answered, by peer and protocol. */
  readonly #open = new Map<string, number>()

  constructor(deps: ServingDeps) {
    this.#deps = deps
  }

  handle(protocol: ProtocolId, options: ProtocolOptions, handler: ProtocolHandler): void {
    this.#handlers.set(protocol, { handler, options })
  }

  get protocols(): readonly ProtocolId[] { return [...this.#handlers.keys()] }

  /** A peer opened a stream. */
  accept(protocol: ProtocolId, raw: Stream, connection: Connection): void {
    const { handler, options } = this.#handlers.get(protocol) ?? fail('INTERNAL', `nobody serves ${protocol}`)
    const peer = connection.remotePeer.toString()
    const line = `${peer} ${protocol}`
    const open = this.#open.get(line) ?? 0
    if (open >= MAX_INBOUND_STREAMS) {
      this.#deps.offences.note('a peer opens too many streams of one protocol; more are refused', peer, { protocol })
      return raw.abort(new ShoalError('LIMIT_EXCEEDED', 'too many streams'))
    }
    this.#open.set(line, open + 1)
    const work = this.#answer(this.framed(raw, peer), peer, hostOf(connection.remoteAddr.toString()), handler, options).finally(() => {
      this.#running.delete(work)
      const left = (this.#open.get(line) ?? 1) - 1
      if (left > 0) this.#open.set(line, left)
      else this.#open.delete(line)
    })
    this.#running.add(work)
  }

  /** Frames over a stream, counted. */
  framed(raw: Stream, peer: string): FrameStream {
    const stream = new FrameStream(raw, { peer: short(peer), onBytes: (direction, bytes) => this.#deps.traffic.add(peer, direction, bytes) })
    this.#streams.add(stream)
    raw.addEventListener('close', () => this.#streams.delete(stream))
    return stream
  }

  /** Cuts every stream; resolves when no handler runs any more. */
  async stop(why: ShoalError): Promise<void> {
    for (const stream of this.#streams) stream.abort(why)
    await Promise.allSettled(this.#running)
  }

  async #answer(stream: FrameStream, peer: string, host: string, handler: ProtocolHandler, options: ProtocolOptions): Promise<void> {
    try {
      // The gate has asked already; a member may have been removed since, and guests pass it for the join protocol only.
      if (!options.guests && !this.#deps.gate.isMember(peer)) fail('NOT_ALLOWED', 'only members of the workspace may ask this')
      await handler(stream, peer, host)
      await stream.close()
    } catch (error) {
      const failure = toShoalError(error)
      if (!QUIET.some(code => isShoalError(failure, code))) this.#deps.offences.note('a stream ended with a failure', peer, { host, error: failure })
      await stream.refuse(failure)
      if (isFault(failure)) this.#deps.fault(peer, failure)
    }
  }
}

/** What happens every day: nodes stop, lines break, members are removed. */
const QUIET = ['CANCELLED', 'PEER_UNREACHABLE', 'NOT_ALLOWED'] as const

/** A peer id as people see it in sentences: its last characters, which tell ids apart. */
export const short = (peer: string): string => `peer …${peer.slice(-8)}`
