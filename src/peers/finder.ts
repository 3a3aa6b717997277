import type { Chance, Clock, Log } from '../runtime/index.ts'
import type { AddressBook } from './address-book.ts'
import { dialOrder, isRelayed } from './addresses.ts'
import { Lan } from './lan.ts'
import { LAN_ANSWER_MS } from './limits.ts'
import type { PeerNode } from './peer-node.ts'
import { Redialer, type AwayView } from './redialer.ts'
import { Surroundings, ownAddresses } from './surroundings.ts'
import { Whereabouts } from './whereabouts.ts'

export interface FinderDeps {
  readonly node: PeerNode
  /** This device's id. */
  readonly device: string
  readonly book: AddressBook
  /** Members this node wants to be connected to. */
  readonly wanted: () => readonly string[]
  /** What a member's record says of where it is. */
  readonly recorded: (peer: string) => readonly string[]
  /** What `shoal peers` shows of a member that is away has changed. */
  readonly failed: (peer: string) => void
  /** Look for members on the local network. */
  readonly mdns: boolean
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** Finds members and stays connected to them: where they were, what the network and other members tell, again after sleep and moves. */
export class Finder {
  readonly #deps: FinderDeps
  readonly #where: Whereabouts
  readonly #redialer: Redialer
  readonly #surroundings: Surroundings
  readonly #lan: Lan | undefined
  readonly #unlisten: () => void
  #wanted: ReadonlySet<string> = new Set()
  #asking: NodeJS.Timeout | undefined

  constructor(deps: FinderDeps) {
    const { node, book, clock, chance, log, wanted, failed } = deps
    this.#deps = deps
    this.#where = new Whereabouts(book, clock)
    this.#redialer = new Redialer({ wanted, isConnected: peer => node.link(peer)?.relayed === false, dial: (peer, signal) => this.#dial(peer, signal), failed, clock, chance, log })
    this.#surroundings = new Surroundings({ clock, changed: what => this.#moved(what) })
    this.#lan = deps.mdns ? new Lan({ peer: deps.device, addresses: () => node.addresses(), found: (peer, addresses) => this.#heard(peer, addresses), log }) : undefined
    this.#unlisten = node.onLink(() => this.refresh())
  }

  start(): void {
    this.#wanted = new Set(this.#deps.wanted())
    this.#surroundings.start()
    this.#lan?.start()
    this.refresh()
  }

  async stop(): Promise<void> {
    this.#unlisten()
    clearTimeout(this.#asking)
    this.#surroundings.stop()
    await Promise.all([this.#lan?.stop(), this.#redialer.stop()])
  }

  /** Call when the members changed. */
  refresh(): void {
    const wanted = this.#deps.wanted()
    this.#where.keep(wanted)
    if (wanted.some(peer => !this.#wanted.has(peer))) this.#askLan()
    this.#wanted = new Set(wanted)
    this.#redialer.refresh()
  }

  /** Tries everyone who is away at once. Resolves when each was reached or not, or when `signal` fires. */
  async now(signal?: AbortSignal): Promise<void> {
    this.#lan?.refresh()
    await this.#redialer.now(signal)
  }

  /** Another member told where one is. */
  told(peer: string, addresses: readonly string[]): void {
    if (this.#deps.wanted().includes(peer) && this.#where.told(peer, addresses)) this.#redialer.nudge(peer)
  }

  /** Members that are away, or reached through a relay only. */
  get missing(): readonly string[] { return this.#deps.wanted().filter(peer => this.#redialer.away(peer) !== undefined) }

  away(peer: string): AwayView | undefined { return this.#redialer.away(peer) }

  /** Direct addresses of a member, in the order they would be tried. */
  addressesOf(peer: string): readonly string[] {
    return dialOrder(this.#where.of(peer, this.#deps.recorded(peer)), { ownHosts: ownHosts(), failed: this.#where.failedOf(peer) })
  }

  /** Addresses of one that is no member yet, in the order to try them: ways through others last. */
  orderOf(addresses: readonly string[]): readonly string[] {
    const direct = dialOrder({ lan: [], reached: undefined, said: addresses, heard: [] }, { ownHosts: ownHosts(), failed: new Set() })
    return [...direct, ...addresses.filter(isRelayed)]
  }

  /** How a peer is reached now; undefined while it is not. `mdns`: directly, where the local network says it is. */
  via(peer: string): 'direct' | 'mdns' | 'relay' | undefined {
    const link = this.#deps.node.link(peer)
    if (link === undefined) return undefined
    if (link.relayed) return 'relay'
    return this.#where.isOnLan(peer, link.address) ? 'mdns' : 'direct'
  }

  /** Asks the network at once, and again when those that answered somebody else just now may answer once more. */
  #askLan(): void {
    this.#lan?.refresh()
    clearTimeout(this.#asking)
    this.#asking = setTimeout(() => this.#lan?.refresh(), 1.5 * LAN_ANSWER_MS)
    this.#asking.unref()
  }

  async #dial(peer: string, signal: AbortSignal): Promise<void> {
    const failed = new Set<string>()
    const reached: string[] = []
    try {
      await this.#deps.node.dial(peer, this.addressesOf(peer), signal, (address, failure) => {
        if (isRelayed(address)) return
        if (failure === undefined) reached.push(address)
        else failed.add(address)
      })
    } finally {
      this.#where.failed(peer, failed)
    }
    for (const address of reached) await this.#deps.book.reached(peer, address)
  }

  #heard(peer: string, addresses: readonly string[]): void {
    if (this.#deps.wanted().includes(peer) && this.#where.onLan(peer, addresses)) this.#redialer.nudge(peer)
  }

  #moved(what: 'addresses' | 'woke'): void {
    this.#deps.log.info(what === 'woke' ? 'the machine has slept; looking for the members again' : 'the machine\'s addresses changed; looking for the members again')
    this.#askLan()
    void this.#deps.node.surroundingsChanged()
    this.#redialer.again()
  }
}

const ownHosts = (): readonly string[] => ownAddresses().map(one => one.host)
