import type { Connection } from '@libp2p/interface'
import { ShoalError, fail, toShoalError } from '../errors/index.ts'
import { deadline, systemClock, type Clock, type Log } from '../runtime/index.ts'
import type { FrameStream, ProtocolId } from '../wire/index.ts'
import { relayOf, relayedWays, tellable } from './addresses.ts'
import { Door } from './door.ts'
import { Gate, type Admission } from './gate.ts'
import type { Libp2pOptions, Node } from './libp2p.ts'
import { ADDRESS_DIAL_MS, DIAL_MS, GUEST_MS, MAX_CONNECTIONS_PER_PEER, MAX_STREAMS_PER_CONNECTION, NEGOTIATE_MS, PROBE_MS, STOP_MS } from './limits.ts'
import { bestFirst, linkView, overRelay, type LinkView } from './links.ts'
import { Offences } from './offences.ts'
import { Pulse } from './pulse.ts'
import { reasonOf } from './reasons.ts'
import { Serving, short, type ProtocolHandler, type ProtocolOptions } from './serving.ts'
import { within } from './within.ts'
import { Traffic, type TrafficView } from './traffic.ts'

export interface PeerNodeOptions extends Pick<Libp2pOptions, 'seed' | 'listen' | 'announce' | 'agent'> {
  /** Where to listen instead, where that is taken. */
  readonly listenElse?: readonly string[]
  readonly admission: Admission
  readonly log: Log
  readonly clock?: Clock
  /** Carries connections between members that can't reach each other. Default: no. */
  readonly relay?: boolean
  /** A peer broke the protocol on a stream it had opened. */
  readonly fault?: (peer: string, error: ShoalError) => void
  /** Milliseconds a stranger may stay; for tests. */
  readonly guestMs?: number
}

type PeerListener = (peer: string, connected: boolean) => void

/** Told of each address that was tried, and why it failed; undefined for the one that worked. */
export type TriedListener = (address: string, failure: unknown) => void

/** This device on the network: listens, dials, opens and serves framed streams; only with peers the gate admits. */
export class PeerNode {
  readonly #options: PeerNodeOptions
  readonly #gate: Gate
  readonly #log: Log
  readonly #traffic: Traffic
  readonly #offences: Offences
  readonly #serving: Serving
  readonly #pulse: Pulse
  readonly #listeners = new Set<PeerListener>()
  readonly #linkListeners = new Set<(peer: string) => void>()
  #node: Node | undefined
  #library: typeof import('./libp2p.ts') | undefined

  constructor(options: PeerNodeOptions) {
    const { clock = systemClock, log, admission, fault = () => undefined } = options
    this.#options = options
    this.#log = log
    this.#traffic = new Traffic(clock)
    this.#offences = new Offences(log, clock)
    this.#gate = new Gate(admission, new Door(this.#offences, clock))
    this.#pulse = new Pulse({ connections: () => this.#node?.getConnections() ?? [], traffic: peer => this.#traffic.of(peer) })
    this.#serving = new Serving({ gate: this.#gate, traffic: this.#traffic, offences: this.#offences, fault })
  }

  /** Serves a protocol. Call before `start`. */
  handle(protocol: ProtocolId, options: ProtocolOptions, handler: ProtocolHandler): void {
    this.#serving.handle(protocol, options, handler)
  }

  /** Calls `listener` when a peer's first connection opens and its last one closes; returns a function that ends it. */
  onPeer(listener: PeerListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls `listener` after any connection of a peer opened or closed; returns a function that ends it. */
  onLink(listener: (peer: string) => void): () => void {
    this.#linkListeners.add(listener)
    return () => this.#linkListeners.delete(listener)
  }

  /** @throws FIELD_INVALID when no address can be listened on */
  async start(): Promise<void> {
    const { listen, listenElse } = this.#options
    this.#library = await import('./libp2p.ts')
    try {
      this.#node = await this.#started(listen).catch((error: unknown) => {
        if (listenElse === undefined) throw error
        this.#log.info('the usual port for peers is taken; listening on another', { listen, error: reasonOf(error) })
        return this.#started(listenElse)
      })
    } catch (error) {
      fail('FIELD_INVALID', `this node can not listen on ${listen.join(', ')}: ${reasonOf(error)}`, { field: 'listen' }, error)
    }
    this.#node.services.ownAddresses.confirm()
    this.#pulse.start()
  }

  async #started(listen: readonly string[]): Promise<Node> {
    const library = this.#library ?? await import('./libp2p.ts')
    const node = await library.createNode({ ...this.#options, listen, relay: this.#options.relay ?? false, gater: this.#gate.gater })
    node.addEventListener('connection:open', event => this.#opened(event.detail))
    node.addEventListener('connection:close', event => this.#linkChanged(event.detail))
    node.addEventListener('peer:connect', event => this.#tell(event.detail.toString(), true))
    node.addEventListener('peer:disconnect', event => this.#tell(event.detail.toString(), false))
    for (const protocol of this.#serving.protocols) {
      await node.handle(protocol, (stream, connection) => this.#serving.accept(protocol, stream, connection), { maxInboundStreams: MAX_STREAMS_PER_CONNECTION })
    }
    await node.start()
    return node
  }

  /** Ends all streams and connections; when this resolves nothing of the network keeps the process. */
  async stop(): Promise<void> {
    const node = this.#node
    if (node === undefined) return
    this.#node = undefined
    this.#pulse.stop()
    const stopping = new ShoalError('CANCELLED', 'the node stops')
    await this.#serving.stop(stopping)
    for (const connection of node.getConnections()) connection.abort(stopping)
    const late = new ShoalError('TIMED_OUT', `the network did not stop within ${STOP_MS} ms`)
    await within(STOP_MS, Promise.resolve(node.stop()), late).catch((error: unknown) => this.#log.warn('the network did not stop cleanly', { error }))
    this.#offences.flush()
  }

  /** Multiaddrs this node can be dialled at, with its peer id; those other machines can reach first. */
  addresses(): readonly string[] {
    return tellable(this.#node?.getMultiaddrs().map(String) ?? [])
  }

  /** Ways to this node through members that relay for it, without its own id; those other machines can reach first. */
  relayedAddresses(): readonly string[] {
    return relayedWays(this.#node?.getMultiaddrs().map(String) ?? [])
  }

  /** Members this node holds a place on as relays. */
  relays(): readonly string[] {
    return [...new Set(this.relayedAddresses().flatMap(address => relayOf(address)?.relay ?? []))]
  }

  /** The machine moved or slept: looks at its addresses and whether its connections still live. */
  async surroundingsChanged(): Promise<void> {
    const node = this.#node
    if (node === undefined) return
    node.services.ownAddresses.confirm()
    await Promise.all(node.getConnections().map(connection => this.#pulse.ask(connection, PROBE_MS)))
  }

  connected(): readonly string[] {
    return this.#node?.getPeers().map(String) ?? []
  }

  isConnected(peer: string): boolean {
    return this.#connections(peer).length > 0
  }

  /** Undefined while not connected. */
  link(peer: string): LinkView | undefined {
    const [best] = this.#connections(peer)
    return best === undefined ? undefined : linkView(best)
  }

  traffic(peer: string): TrafficView {
    return this.#traffic.of(peer)
  }

  /**
   * Connects, unless connected directly: tries the addresses one after the other, then members that relay.
   * @throws PEER_UNREACHABLE, CANCELLED
   */
  async dial(peer: string, addresses: readonly string[], signal?: AbortSignal, tried: TriedListener = () => undefined): Promise<void> {
    const link = this.link(peer)
    if (link?.relayed === false) return
    const limit = deadline(DIAL_MS, signal)
    const relays = link === undefined ? await this.#relays(peer) : []
    const failures: unknown[] = []
    for (const address of [...addresses, ...relays]) {
      const failure = await this.#dialOne(peer, address, limit)
      tried(address, failure)
      if (failure === undefined) return this.#dropRelayed(peer)
      failures.push(failure)
      if (signal?.aborted === true) throw toShoalError(signal.reason)
      if (limit.aborted) break
    }
    if (failures.length === 0) fail('PEER_UNREACHABLE', `no address of ${short(peer)} is known`, { peer })
    const at = addresses.length === 0 ? 'through any member that relays' : `at ${addresses.slice(0, 4).join(', ')}`
    fail('PEER_UNREACHABLE', `${short(peer)} can not be reached ${at}: ${reasonOf(new AggregateError(failures))}`, { peer }, failures[0])
  }

  /** @returns why it failed; undefined when connected */
  async #dialOne(peer: string, address: string, signal: AbortSignal): Promise<unknown> {
    const { node, library } = this.#running()
    const target = library.dialTarget(peer, address)
    if (target === undefined) return new ShoalError('PEER_UNREACHABLE', 'not an address this node can use')
    try {
      // `force`: else a connection through a relay is taken for the one that is asked for.
      await node.dial(target, { signal: deadline(ADDRESS_DIAL_MS, signal), force: this.isConnected(peer) })
      return undefined
    } catch (error) {
      return error
    }
  }

  /** Ways to a peer through connected members that relay. */
  async #relays(peer: string): Promise<readonly string[]> {
    const { node, library } = this.#running()
    const candidates = this.connected().filter(one => one !== peer && this.#gate.isMember(one) && this.link(one)?.relayed === false)
    const offers = await Promise.all(candidates.map(async relay => {
      const known = await node.peerStore.get(library.peerIdFromString(relay)).catch(() => undefined)
      return known?.protocols.includes(library.RELAY_PROTOCOL) === true
    }))
    return candidates.filter((_, i) => offers[i]).map(library.throughRelay)
  }

  /** Once there is a direct connection, those through relays only cost the relay. */
  #dropRelayed(peer: string): void {
    if (this.link(peer)?.relayed !== false) return
    for (const connection of this.#connections(peer)) if (overRelay(connection)) void connection.close().catch((error: unknown) => this.#log.debug('a relayed connection did not close', { peer, error }))
  }

  /** Opens a stream to a connected peer. @throws PEER_UNREACHABLE, PEER_INCOMPATIBLE when it does not serve the protocol */
  async open(peer: string, protocol: ProtocolId, signal?: AbortSignal): Promise<FrameStream> {
    const connection = this.#connections(peer)[0] ?? fail('PEER_UNREACHABLE', `${short(peer)} is not connected`, { peer })
    try {
      return this.#serving.framed(await connection.newStream(protocol, { signal: deadline(NEGOTIATE_MS, signal) }), peer)
    } catch (error) {
      if (signal?.aborted === true) throw toShoalError(signal.reason)
      const unknown = error instanceof Error && error.name === 'UnsupportedProtocolError'
      return fail(unknown ? 'PEER_INCOMPATIBLE' : 'PEER_UNREACHABLE', `${short(peer)} did not open ${protocol}: ${reasonOf(error)}`, { peer }, error)
    }
  }

  /** Names a peer in the log that does not do what it should, at a bounded rate. */
  offended(what: string, peer: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.#offences.note(what, peer, facts)
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

  #running(): { node: Node, library: typeof import('./libp2p.ts') } {
    if (this.#node === undefined || this.#library === undefined) return fail('PEER_UNREACHABLE', 'the network of this node is not running')
    return { node: this.#node, library: this.#library }
  }

  #connections(peer: string): readonly Connection[] {
    return bestFirst(this.#node?.getConnections().filter(connection => connection.remotePeer.toString() === peer) ?? [])
  }

  #opened(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (connection.direction === 'inbound' && this.#connections(peer).length > MAX_CONNECTIONS_PER_PEER) {
      this.offended('a peer opens too many connections; the newest was closed', peer)
      return connection.abort(new ShoalError('LIMIT_EXCEEDED', 'too many connections'))
    }
    this.#admit(connection)
    if (connection.status !== 'open') return
    if (this.#gate.isMember(peer)) void this.#pulse.ask(connection)
    this.#linkChanged(connection)
  }

  /** A connection is open: strangers that came in get a little time, and little room. Ones this node dialled are its own choice. */
  #admit(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (connection.direction === 'outbound' || this.#gate.isMember(peer)) return
    if (!this.#gate.enter(peer, connection.remoteAddr.toString())) return connection.abort(new ShoalError('NOT_ALLOWED', 'no member'))
    const timer = setTimeout(() => {
      if (!this.#gate.isMember(peer)) connection.abort(new ShoalError('NOT_ALLOWED', 'no member'))
    }, this.#options.guestMs ?? GUEST_MS)
    connection.addEventListener('close', () => {
      clearTimeout(timer)
      this.#gate.leave(peer)
    })
  }

  #tell(peer: string, connected: boolean): void {
    if (!connected && !this.#gate.isMember(peer)) this.#traffic.forget(peer)
    for (const listener of this.#listeners) listener(peer, connected)
  }

  /** libp2p has noted the connection, or its end, only after the event. */
  #linkChanged(connection: Connection): void {
    setImmediate(() => {
      for (const listener of this.#linkListeners) listener(connection.remotePeer.toString())
    })
  }
}
