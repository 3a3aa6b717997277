import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { ShoalError, fail, isShoalError, toShoalError } from '../errors/index.ts'
import { deadline, type Log } from '../runtime/index.ts'
import { FrameStream, type ProtocolId } from '../wire/index.ts'
import { Gate, type Admission } from './gate.ts'
import { DIAL_MS, GUEST_MS, MAX_INBOUND_STREAMS, NEGOTIATE_MS, STOP_MS } from './limits.ts'
import { Traffic } from './traffic.ts'

export interface PeerNodeOptions {
  /** The device's Ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array
  /** Multiaddrs to listen on; none for a node that only dials. */
  readonly listen: readonly string[]
  /** Program and version. */
  readonly agent: string
  readonly admission: Admission
  readonly log: Log
  /** Milliseconds a stranger may stay; for tests. */
  readonly guestMs?: number
}

export interface ProtocolOptions {
  /** Whether peers that are no members may use it. */
  readonly guests: boolean
}

/** Serves one stream until it is done; what it throws is told to the other side. @param host the peer's host, for limits */
export type ProtocolHandler = (stream: FrameStream, peer: string, host: string) => Promise<void>

type PeerListener = (peer: string, connected: boolean) => void

/** This device on the network: listens, dials, opens and serves framed streams; only with peers the gate admits. */
export class PeerNode {
  readonly #options: PeerNodeOptions
  readonly #gate: Gate
  readonly #log: Log
  readonly #traffic = new Traffic()
  readonly #listeners = new Set<PeerListener>()
  readonly #handlers = new Map<ProtocolId, { handler: ProtocolHandler, options: ProtocolOptions }>()
  readonly #serving = new Set<Promise<void>>()
  readonly #streams = new Set<FrameStream>()
  #node: Libp2p | undefined
  #library: typeof import('./libp2p.ts') | undefined

  constructor(options: PeerNodeOptions) {
    this.#options = options
    this.#gate = new Gate(options.admission)
    this.#log = options.log
  }

  /** Serves a protocol. Call before `start`. */
  handle(protocol: ProtocolId, options: ProtocolOptions, handler: ProtocolHandler): void {
    this.#handlers.set(protocol, { handler, options })
  }

  /** Calls `listener` when a peer's first connection opens and its last one closes; returns a function that ends it. */
  onPeer(listener: PeerListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @throws FIELD_INVALID when no address can be listened on */
  async start(): Promise<void> {
    this.#library = await import('./libp2p.ts')
    const node = await this.#library.createNode({ ...this.#options, gater: this.#gate.gater })
    node.addEventListener('connection:open', event => this.#admit(event.detail))
    node.addEventListener('peer:connect', event => this.#tell(event.detail.toString(), true))
    node.addEventListener('peer:disconnect', event => this.#tell(event.detail.toString(), false))
    for (const [protocol, { handler, options }] of this.#handlers) {
      await node.handle(protocol, (stream, connection) => this.#serve(stream, connection, handler, options), { maxInboundStreams: MAX_INBOUND_STREAMS })
    }
    try {
      await node.start()
    } catch (error) {
      fail('FIELD_INVALID', `this node can not listen on ${this.#options.listen.join(', ')}: ${reasonOf(error)}`, { field: 'listen' }, error)
    }
    this.#node = node
  }

  /** Ends all streams and connections; when this resolves nothing of the network keeps the process. */
  async stop(): Promise<void> {
    const node = this.#node
    if (node === undefined) return
    this.#node = undefined
    const stopping = new ShoalError('CANCELLED', 'the node stops')
    for (const stream of this.#streams) stream.abort(stopping)
    await Promise.allSettled(this.#serving)
    for (const connection of node.getConnections()) connection.abort(stopping)
    const late = new ShoalError('TIMED_OUT', `the network did not stop within ${STOP_MS} ms`)
    await within(STOP_MS, Promise.resolve(node.stop()), late).catch((error: unknown) => this.#log.warn('the network did not stop cleanly', { error }))
  }

  /** Multiaddrs this node can be dialled at, with its peer id. */
  addresses(): readonly string[] {
    return this.#node?.getMultiaddrs().map(String) ?? []
  }

  connected(): readonly string[] {
    return this.#node?.getPeers().map(String) ?? []
  }

  isConnected(peer: string): boolean {
    return this.#connections(peer).length > 0
  }

  /** Milliseconds; undefined while it is not known. */
  roundTrip(peer: string): number | undefined {
    return this.#connections(peer).map(connection => connection.rtt).find(rtt => rtt !== undefined)
  }

  traffic(peer: string): { readonly in: number, readonly out: number } {
    return this.#traffic.of(peer)
  }

  /** Connects, unless connected. @throws PEER_UNREACHABLE, CANCELLED */
  async dial(peer: string, addresses: readonly string[], signal?: AbortSignal): Promise<void> {
    const { node, library } = this.#running()
    if (this.isConnected(peer)) return
    const targets = library.dialTargets(peer, addresses)
    if (targets.length === 0) fail('PEER_UNREACHABLE', `no address of ${short(peer)} is known`, { peer })
    try {
      await node.dial(targets, { signal: deadline(DIAL_MS, signal) })
    } catch (error) {
      if (signal?.aborted === true) throw toShoalError(signal.reason)
      fail('PEER_UNREACHABLE', `${short(peer)} can not be reached at ${addresses.slice(0, 4).join(', ')}: ${reasonOf(error)}`, { peer }, error)
    }
  }

  /** Opens a stream to a connected peer. @throws PEER_UNREACHABLE, PEER_INCOMPATIBLE when it does not serve the protocol */
  async open(peer: string, protocol: ProtocolId, signal?: AbortSignal): Promise<FrameStream> {
    const connection = this.#connections(peer)[0] ?? fail('PEER_UNREACHABLE', `${short(peer)} is not connected`, { peer })
    try {
      return this.#framed(await connection.newStream(protocol, { signal: deadline(NEGOTIATE_MS, signal) }), peer)
    } catch (error) {
      if (signal?.aborted === true) throw toShoalError(signal.reason)
      const unknown = error instanceof Error && error.name === 'UnsupportedProtocolError'
      return fail(unknown ? 'PEER_INCOMPATIBLE' : 'PEER_UNREACHABLE', `${short(peer)} did not open ${protocol}: ${reasonOf(error)}`, { peer }, error)
    }
  }

  /** Closes every connection to a peer. */
  disconnect(peer: string, why: string): void {
    for (const connection of this.#connections(peer)) connection.abort(new ShoalError('NOT_ALLOWED', why))
  }

  /** Closes connections to peers that are members no more. Call when the members changed. */
  dropStrangers(): void {
    for (const peer of this.connected()) {
      if (!this.#gate.admits(peer)) this.disconnect(peer, 'no member any more')
    }
  }

  #running(): { node: Libp2p, library: typeof import('./libp2p.ts') } {
    if (this.#node === undefined || this.#library === undefined) return fail('PEER_UNREACHABLE', 'the network of this node is not running')
    return { node: this.#node, library: this.#library }
  }

  #connections(peer: string): readonly Connection[] {
    return this.#node?.getConnections().filter(connection => connection.remotePeer.toString() === peer && connection.status === 'open') ?? []
  }

  /** A connection is open: strangers that came in get a little time, and little room. Ones this node dialled are its own choice. */
  #admit(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (connection.direction === 'outbound' || this.#gate.isMember(peer)) return
    if (!this.#gate.enter(peer)) return connection.abort(new ShoalError('NOT_ALLOWED', 'no member'))
    const timer = setTimeout(() => {
      if (!this.#gate.isMember(peer)) connection.abort(new ShoalError('NOT_ALLOWED', 'no member'))
    }, this.#options.guestMs ?? GUEST_MS)
    connection.addEventListener('close', () => {
      clearTimeout(timer)
      this.#gate.leave(peer)
    })
  }

  #tell(peer: string, connected: boolean): void {
    for (const listener of this.#listeners) listener(peer, connected)
  }

  #framed(stream: Stream, peer: string): FrameStream {
    const framed = new FrameStream(stream, { peer: short(peer), onBytes: (direction, bytes) => this.#traffic.add(peer, direction, bytes) })
    this.#streams.add(framed)
    stream.addEventListener('close', () => this.#streams.delete(framed))
    return framed
  }

  #serve(raw: Stream, connection: Connection, handler: ProtocolHandler, options: ProtocolOptions): void {
    const peer = connection.remotePeer.toString()
    const stream = this.#framed(raw, peer)
    const work = this.#answer(stream, peer, hostOf(connection), handler, options).finally(() => this.#serving.delete(work))
    this.#serving.add(work)
  }

  async #answer(stream: FrameStream, peer: string, host: string, handler: ProtocolHandler, options: ProtocolOptions): Promise<void> {
    try {
      // The gate has asked already; a member may have been removed since, and guests pass it for the join protocol only.
      if (!options.guests && !this.#gate.isMember(peer)) fail('NOT_ALLOWED', 'only members of the workspace may ask this')
      await handler(stream, peer, host)
      await stream.close()
    } catch (error) {
      const quiet = isShoalError(error, 'CANCELLED') || isShoalError(error, 'PEER_UNREACHABLE') || isShoalError(error, 'NOT_ALLOWED')
      this.#log[quiet ? 'debug' : 'warn']('a stream ended with a failure', { peer, error })
      await stream.refuse(error)
    }
  }
}

/** A peer id as people see it in sentences: its last characters, which tell ids apart. */
export const short = (peer: string): string => `peer …${peer.slice(-8)}`

function hostOf(connection: Connection): string {
  const [, , host] = connection.remoteAddr.toString().split('/')
  return host ?? ''
}

/** What a person can use of a dial's failure. A peer whose gate refuses simply hangs up. */
function reasonOf(error: unknown): string {
  const causes = error instanceof AggregateError ? error.errors : [error]
  return [...new Set(causes.map(textOf))].slice(0, 3).join('; ')
}

/** What libp2p reports when the other side hangs up during the handshake. */
const HUNG_UP: ReadonlySet<string> = new Set(['UnexpectedEOFError', 'EncryptionFailedError'])

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return HUNG_UP.has(cause.name) ? 'it hung up: it may not know this device' : cause.message
}

async function within<T>(ms: number, work: Promise<T>, late: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(late), ms) })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
