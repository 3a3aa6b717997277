import type { RemoteInfo } from 'node:dgram'
import multicastDns from 'multicast-dns'
import type { Log } from '../runtime/index.ts'
import { hostOf, isRelayed } from './addresses.ts'
import { LAN_ANSWER_MS, LAN_ASK_MS, LAN_PORT, MAX_LAN_ADDRESSES } from './limits.ts'
import { ownAddresses, type OwnAddress } from './surroundings.ts'

/** What nodes ask for on their network. */
export const LAN_SERVICE = '_shoal._udp.local'
const LABEL = 'dnsaddr='
/** Seconds other programs may keep an answer. */
const TTL_S = 120
/** Characters of one DNS text. */
const MAX_TEXT = 255

export interface LanOptions {
  readonly peer: string
  /** Multiaddrs this node listens on now. */
  readonly addresses: () => readonly string[]
  /** A node was heard; addresses with its id at the end. It may be any machine that says so: only a hint. */
  readonly found: (peer: string, addresses: readonly string[]) => void
  readonly log: Log
  /** For tests. */
  readonly port?: number
  readonly own?: () => readonly OwnAddress[]
}

interface Door { readonly dns: multicastDns.MulticastDNS, answeredAt: number }

/**
 * Finds nodes of the same network by multicast DNS (RFC 6762), without any server: asks every few seconds on each interface of its own
 * (a machine without a default route, or with a VPN, has no "the" interface), and answers with the addresses of that interface.
 */
export class Lan {
  readonly #options: LanOptions
  readonly #doors = new Map<string, Door>()
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: LanOptions) {
    this.#options = options
  }

  start(): void {
    this.refresh()
    this.#timer = setInterval(() => this.refresh(), LAN_ASK_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await Promise.all([...this.#doors.keys()].map(host => this.#close(host)))
  }

  /** Looks which interfaces there are and asks on each. Call when the machine's addresses changed. */
  refresh(): void {
    if (this.#stopped) return
    const hosts = new Set(this.#hosts())
    for (const host of this.#doors.keys()) if (!hosts.has(host)) void this.#close(host)
    for (const host of hosts) {
      const door = this.#doors.get(host) ?? this.#open(host)
      door.dns.query({ questions: [{ name: LAN_SERVICE, type: 'PTR' }] }, error => this.#failed(host, error))
    }
  }

  /** One IPv4 address of each interface others are behind; with none, loopback, for nodes of one machine. */
  #hosts(): readonly string[] {
    const all = (this.#options.own ?? ownAddresses)().filter(one => one.family === 'IPv4')
    const outward = all.filter(one => !one.internal)
    return (outward.length > 0 ? outward : all).map(one => one.host)
  }

  #open(host: string): Door {
    // Bound to every address: multicast does not reach a socket that is bound to one.
    const dns = multicastDns({ interface: host, bind: '0.0.0.0', port: this.#options.port ?? LAN_PORT, reuseAddr: true })
    const door: Door = { dns, answeredAt: -Infinity }
    this.#doors.set(host, door)
    dns.on('query', (packet: multicastDns.QueryPacket) => {
      if (packet.questions?.some(question => question.name === LAN_SERVICE) === true) this.#answer(host, door)
    })
    dns.on('response', (packet: multicastDns.ResponsePacket, from: RemoteInfo) => this.#heard(packet, from))
    dns.on('warning', error => this.#options.log.debug('an odd packet or interface on the network', { host, error }))
    dns.on('error', error => this.#failed(host, error))
    return door
  }

  async #close(host: string): Promise<void> {
    const door = this.#doors.get(host)
    this.#doors.delete(host)
    await new Promise<void>(resolve => door === undefined ? resolve() : door.dns.destroy(resolve))
  }

  /** An interface that went away, or a machine that forbids this: the next look opens it again. */
  #failed(host: string, error: Error | null | undefined): void {
    if (error === null || error === undefined || !this.#doors.has(host)) return
    this.#options.log.debug('nodes of this network can not be looked for', { host, error })
    void this.#close(host)
  }

  /** Answers at most once a second on each interface: the answer goes to all. */
  #answer(host: string, door: Door): void {
    const now = performance.now()
    if (now - door.answeredAt < LAN_ANSWER_MS) return
    const { peer } = this.#options
    const texts = this.#options.addresses().filter(address => !isRelayed(address) && hostOf(address) === host)
      .map(address => LABEL + address).filter(text => text.length <= MAX_TEXT).slice(0, MAX_LAN_ADDRESSES)
    if (texts.length === 0) return
    door.answeredAt = now
    const name = `${peer}.${LAN_SERVICE}`
    door.dns.respond([
      { name: LAN_SERVICE, type: 'PTR', ttl: TTL_S, data: name },
      { name, type: 'TXT', ttl: TTL_S, data: texts }
    ], error => this.#failed(host, error))
  }

  #heard(packet: multicastDns.ResponsePacket, from: RemoteInfo): void {
    const { answers = [], additionals = [] } = packet
    if (!answers.some(answer => answer.type === 'PTR' && answer.name === LAN_SERVICE)) return
    const texts = [...answers, ...additionals].flatMap(answer => answer.type === 'TXT' ? [answer.data].flat().map(String) : [])
    const addresses = texts.filter(text => text.startsWith(LABEL)).map(text => text.slice(LABEL.length)).slice(0, MAX_LAN_ADDRESSES)
    const peer = /\/p2p\/([^/]+)$/.exec(addresses[0] ?? '')?.[1]
    // What comes from a machine names that machine: so nobody sends others to a third one.
    const honest = addresses.filter(address => address.endsWith(`/p2p/${peer}`) && hostOf(address) === from.address)
    if (peer !== undefined && peer !== this.#options.peer && honest.length > 0) this.#options.found(peer, honest)
  }
}
