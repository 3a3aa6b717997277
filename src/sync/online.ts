import { ShoalError } from '../errors/index.ts'
import { Finder, PeerNode, type Admission } from '../peers/index.ts'
import { PROTOCOL, helloOf, type FrameStream, type Hello } from '../wire/index.ts'
import { Exchange } from './exchange.ts'
import { Guests } from './guests.ts'
import { serveJoin } from './join.ts'
import { Membership } from './membership.ts'
import type { NetworkDeps, NetworkFiles, Workspace } from './network.ts'
import { Places } from './places.ts'
import { Shunned } from './shunned.ts'

/** A node while it is online: its connections, and what it exchanges over them for one workspace at a time. */
export class Online {
  readonly node: PeerNode
  readonly finder: Finder
  readonly guests: Guests
  readonly #places: Places
  readonly #deps: NetworkDeps
  readonly #files: NetworkFiles
  readonly #shunned: Shunned
  readonly #unlisten: readonly (() => void)[]
  /** How members are reached, as it was told last. */
  readonly #told = new Map<string, string>()
  #workspace: Workspace
  /** The workspace is being exchanged: nobody is spoken with. */
  #changing = false
  #membership: Membership
  #exchange: Exchange

  constructor(deps: NetworkDeps, files: NetworkFiles, workspace: Workspace) {
    const { clock, chance, device, listen, listenElse, announce, agent, log, relay, mdns = false } = deps
    this.#deps = deps
    this.#files = files
    this.#workspace = workspace
    this.#shunned = new Shunned(clock, () => this.finder.refresh())
    const admission: Admission = {
      isMember: peer => !this.#changing && this.#membership.has(peer) && !this.#shunned.has(peer),
      isBarred: peer => this.#membership.isRemoved(peer) || this.#shunned.has(peer),
      // Between two workspaces nobody is let in.
      welcomesGuests: () => !this.#changing && (files.invites.welcomesGuests() || this.guests.areAwaited),
      isAwaitedBy: peer => this.guests.isAwaitedBy(peer)
    }
    this.node = new PeerNode({ seed: device.seed, listen, agent, log, clock, admission, ...announce === undefined ? {} : { announce }, ...relay === undefined ? {} : { relay }, ...listenElse === undefined ? {} : { listenElse }, fault: (peer, error) => this.#fault(peer, error) })
    this.node.handle(PROTOCOL.join, { guests: true }, (stream, peer, host) => this.#serveJoin(stream, peer, host))
    this.node.handle(PROTOCOL.catalog, { guests: false }, (stream, peer) => this.#exchange.serveCatalog(stream, peer))
    this.node.handle(PROTOCOL.chunks, { guests: false }, (stream, peer) => this.#exchange.serveChunks(stream, peer))
    this.node.handle(PROTOCOL.history, { guests: false }, (stream, peer) => this.#exchange.serveHistory(stream, peer))
    this.node.handle(PROTOCOL.where, { guests: false }, stream => this.#places.serve(stream))
    if (relay === true) this.node.handle(PROTOCOL.guests, { guests: false }, (stream, peer) => this.guests.serve(stream, peer))
    this.finder = new Finder({
      node: this.node, device: device.id, book: files.book, mdns, clock, chance, log,
      wanted: () => this.#changing ? [] : this.#membership.others.filter(peer => !this.#shunned.has(peer)),
      recorded: peer => this.#workspace.catalog.members().find(one => one.id === peer)?.addresses ?? [],
      failed: peer => this.#tellAway(peer)
    })
    this.#places = new Places({
      node: this.node, finder: this.finder, book: files.book, hello: () => this.hello(), isMember: peer => this.#membership.has(peer), fault: (peer, error) => this.#fault(peer, error), log
    })
    this.guests = new Guests({
      node: this.node, hello: () => this.hello(), expects: () => files.invites.welcomesGuests(), fault: (peer, error) => this.#fault(peer, error), log,
      mayInvite: peer => this.#workspace.catalog.members().some(one => one.id === peer && one.role === 'admin' && !one.removed)
    })
    this.#unlisten = [this.node.onPeer((peer, connected) => this.#peerChanged(peer, connected)), this.node.onLink(peer => this.#tellLink(peer))]
    this.#membership = this.#newMembership()
    this.#exchange = this.#newExchange()
  }

  get exchange(): Exchange { return this.#exchange }

  /** Devices this node wants to be connected to. */
  get others(): readonly string[] { return this.#membership.others }

  async start(): Promise<void> {
    await this.node.start()
    this.finder.start()
  }

  async stop(): Promise<void> {
    for (const end of this.#unlisten) end()
    this.#shunned.stop()
    this.#membership.stop()
    await Promise.all([this.finder.stop(), this.#places.stop(), this.guests.stop(), this.#exchange.stop(), ...this.node.connected().map(peer => this.#seen(peer))])
    await this.node.stop()
    await this.#files.book.settled()
  }

  /**
   * Goes on in another workspace; everybody is met anew. Nothing touches the old one while `change` runs; when that fails, this node goes
   * on in the old one. @throws what `change` throws
   */
  async use(change: () => Promise<Workspace>): Promise<void> {
    this.#changing = true
    this.node.dropStrangers()
    this.#membership.stop()
    await this.#exchange.stop()
    try {
      this.#workspace = await change()
    } finally {
      this.#membership = this.#newMembership()
      this.#exchange = this.#newExchange()
      this.#changing = false
      this.finder.refresh()
    }
  }

  /** What this node says first on every stream. @param workspace the one it wants into; default its own */
  hello(workspace: string = this.#workspace.catalog.workspace): Hello {
    const { agent, name } = this.#deps
    return helloOf({ workspace, agent, name, addresses: this.node.addresses() })
  }

  #newMembership(): Membership {
    return new Membership(this.#workspace.catalog, () => this.#membersChanged())
  }

  #newExchange(): Exchange {
    const { store, clock, events, log } = this.#deps
    const { book, keep, completed, limits } = this.#files
    return new Exchange({
      catalog: this.#workspace.catalog, store, node: this.node, book, keep, completed, limits, clock, events, log,
      hello: () => this.hello(),
      isMember: peer => this.#membership.has(peer),
      shun: peer => this.#shunned.add(peer)
    })
  }

  #membersChanged(): void {
    this.node.dropStrangers()
    for (const peer of this.node.connected()) this.#meet(peer)
    this.finder.refresh()
  }

  #meet(peer: string): void {
    if (this.#changing || !this.#membership.has(peer)) return
    this.#exchange.connect(peer)
    this.#places.ask(peer)
  }

  #peerChanged(peer: string, connected: boolean): void {
    if (connected) this.#meet(peer)
    else this.#exchange.disconnect(peer)
    if (this.#membership.has(peer)) {
      if (!connected) void this.#seen(peer)
    }
    this.finder.refresh()
  }

  /** Tells how a member is reached now, when that is news. */
  #tellLink(peer: string): void {
    if (!this.#membership.has(peer)) return
    const via = this.finder.via(peer)
    if (via === this.#told.get(peer)) return
    if (via === undefined) this.#told.delete(peer)
    else this.#told.set(peer, via)
    this.#deps.events.emit('peer', { peer, connected: via !== undefined, ...via === undefined ? {} : { via } })
  }

  #tellAway(peer: string): void {
    const error = this.finder.away(peer)?.error
    if (!this.node.isConnected(peer)) this.#deps.events.emit('peer', { peer, connected: false, ...error === undefined ? {} : { error: error.toWire() } })
  }

  /** A peer broke the protocol on a stream it had opened; the log names it already. */
  #fault(peer: string, error: ShoalError): void {
    if (!this.#membership.has(peer)) return this.node.disconnect(peer, error.message)
    this.#deps.events.emit('peer', { peer, fault: error.toWire() })
    this.#shunned.add(peer)
    this.node.disconnect(peer, error.message)
  }

  async #seen(peer: string): Promise<void> {
    try {
      await this.#files.book.seen(peer, this.#deps.clock.now())
    } catch (error) {
      // When it was last seen is worth a line in the log, not a failure of whatever goes on.
      this.#deps.log.warn('when a member was seen last could not be kept', { peer, error })
    }
  }

  #serveJoin(stream: FrameStream, peer: string, host: string): Promise<void> {
    const { invites } = this.#files
    if (!invites.welcomesGuests()) throw new ShoalError('INVITE_INVALID', 'this node has no open invite')
    const { catalog, genesis } = this.#workspace
    return serveJoin(stream, { invites, catalog, genesis, chance: this.#deps.chance, hello: this.hello(), joined: () => this.#membersChanged() }, peer, host)
  }
}
