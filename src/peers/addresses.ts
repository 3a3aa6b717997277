import { isIPv4, isIPv6 } from 'node:net'

/** Rules about multiaddrs as text: which are worth telling, which are worth dialling, and in what order. */

/** The host a multiaddr names first; empty where it names none. */
export function hostOf(address: string): string {
  const [, kind, host] = address.split('/')
  return kind !== undefined && host !== undefined && KINDS_OF_HOST.has(kind) ? host : ''
}

const KINDS_OF_HOST: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/** Whether others can dial it as it stands: a host or its name, and a TCP port. */
export function isDialable(address: string): boolean {
  const [before, kind, host = '', transport, port = '', ...more] = address.split('/')
  const isHost = kind === 'ip4' ? isIPv4(host) : kind === 'ip6' ? isIPv6(host) : hostOf(address) !== ''
  return before === '' && isHost && transport === 'tcp' && /^[1-9]\d{0,4}$/.test(port) && Number(port) < 2 ** 16 && more.length === 0
}

/** Whether it goes through another node. */
export const isRelayed = (address: string): boolean => address.includes('/p2p-circuit')

/** Whether it means the same machine on every machine. */
export const isLoopback = (host: string): boolean => host.startsWith('127.') || host === '::1' || host === 'localhost'

/** Good on one link only, and only with the name of an interface, which is another one on each machine. */
const isLinkLocal = (host: string): boolean => /^fe[89ab][0-9a-f]:/i.test(host)

/** A multiaddr without the peer id at its end. */
export const withoutPeer = (address: string): string => address.replace(/\/p2p\/[^/]+$/, '')

/** Addresses as this node tells them to others: direct ones; those other machines can reach first, loopback last, for nodes on this machine. */
export function tellable(addresses: readonly string[]): readonly string[] {
  const direct = addresses.filter(address => !isRelayed(address) && !isLinkLocal(hostOf(address)))
  return [...direct.filter(address => !isLoopback(hostOf(address))), ...direct.filter(address => isLoopback(hostOf(address)))]
}

/** Of a node's own addresses those through other nodes, without its own id; those other machines can reach first. */
export function relayedWays(addresses: readonly string[]): readonly string[] {
  const ways = [...new Set(addresses.filter(address => isRelayed(address) && hostOf(address) !== '' && !isLinkLocal(hostOf(address))).map(withoutPeer))]
  return [...ways.filter(address => !isLoopback(hostOf(address))), ...ways.filter(address => isLoopback(hostOf(address)))]
}

/** The relay a way goes through, and where that is; undefined for a direct address. */
export function relayOf(address: string): { readonly relay: string, readonly address: string } | undefined {
  const [, direct, relay] = /^(.+)\/p2p\/([^/]+)\/p2p-circuit/.exec(address) ?? []
  return direct === undefined || relay === undefined ? undefined : { relay, address: direct }
}

/** Where addresses of one peer come from, surest first. */
export interface KnownAddresses {
  /** Told by the peer itself on this network, lately. */
  readonly lan: readonly string[]
  /** The one that worked last. */
  readonly reached: string | undefined
  /** Told by the peer, the invite or its membership. */
  readonly said: readonly string[]
  /** Told by other members. */
  readonly heard: readonly string[]
}

/** What else decides the order. */
export interface DialFacts {
  /** This machine's own addresses. */
  readonly ownHosts: readonly string[]
  /** Addresses that did not work the last time. */
  readonly failed: ReadonlySet<string>
}

/**
 * Direct addresses of a peer in the order to try them. Ones that failed the last time come last, so that a list of dead addresses never
 * hides a good one; among the others those of this machine's own networks come first.
 */
export function dialOrder(known: KnownAddresses, facts: DialFacts): readonly string[] {
  const all = [...known.lan, ...known.reached === undefined ? [] : [known.reached], ...known.said, ...known.heard].map(withoutPeer)
  const unique = [...new Set(all)].filter(address => !isRelayed(address) && hostOf(address) !== '' && !isLinkLocal(hostOf(address)))
  const usable = withoutForeignLoopback(unique, facts.ownHosts)
  const lan = new Set(known.lan.map(withoutPeer))
  const reached = known.reached === undefined ? undefined : withoutPeer(known.reached)
  const rank = (address: string): number => {
    if (facts.failed.has(address)) return 4
    if (lan.has(address)) return 0
    if (address === reached) return 1
    return facts.ownHosts.some(own => isNear(own, hostOf(address))) ? 2 : 3
  }
  return usable.map((address, at) => ({ address, at, rank: rank(address) })).sort((a, b) => a.rank - b.rank || a.at - b.at).map(({ address }) => address)
}

/** Another machine's loopback is this machine's own: worth a try only for a peer on this machine. */
function withoutForeignLoopback(addresses: readonly string[], ownHosts: readonly string[]): readonly string[] {
  const others = addresses.filter(address => !isLoopback(hostOf(address)))
  const isHere = others.length === 0 || others.some(address => ownHosts.includes(hostOf(address)))
  return isHere ? addresses : others
}

/** Whether two hosts look like neighbours: the first three numbers (IPv4) or four groups (IPv6) are the same. A guess that only orders tries. */
function isNear(a: string, b: string): boolean {
  if (isIPv4(a) && isIPv4(b)) return a.split('.').slice(0, 3).join('.') === b.split('.').slice(0, 3).join('.')
  return isIPv6(a) && isIPv6(b) && networkOf(a) === networkOf(b)
}

/** What one machine can have many of: the first four groups of an IPv6 address; an IPv4 address as it is. */
export function networkOf(host: string): string {
  if (!isIPv6(host)) return host
  const [left = '', right] = host.toLowerCase().split('::')
  const front = left === '' ? [] : left.split(':')
  const back = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
