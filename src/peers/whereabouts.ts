import type { Clock } from '../runtime/index.ts'
import type { AddressBook } from './address-book.ts'
import { hostOf, isRelayed, withoutPeer, type KnownAddresses } from './addresses.ts'
import { LAN_FRESH_MS, MAX_KNOWN_ADDRESSES } from './limits.ts'

interface Heard { lan: readonly string[], lanAt: number, told: readonly string[], failed: ReadonlySet<string> }

/** All that is known of where members are: what they said (the book, durable), what was heard of them on the network or from other members, what did not work. */
export class Whereabouts {
  readonly #book: AddressBook
  readonly #clock: Clock
  readonly #heard = new Map<string, Heard>()

  constructor(book: AddressBook, clock: Clock) {
    this.#book = book
    this.#clock = clock
  }

  /** A member was heard on this network. @returns whether that is news */
  onLan(peer: string, addresses: readonly string[]): boolean {
    const heard = this.#of(peer)
    const now = this.#clock.elapsed()
    const known = this.#isFresh(heard) ? heard.lan : []
    heard.lan = [...new Set([...addresses.map(withoutPeer), ...known])].slice(0, MAX_KNOWN_ADDRESSES)
    heard.lanAt = now
    return heard.lan.some(address => !known.includes(address))
  }

  /** Another member told where one is. @returns whether that is news */
  told(peer: string, addresses: readonly string[]): boolean {
    const heard = this.#of(peer)
    const book = this.#book.get(peer)?.addresses.map(withoutPeer) ?? []
    const told = addresses.map(withoutPeer).filter(address => !isRelayed(address) && hostOf(address) !== '' && !book.includes(address))
    const isNews = told.some(address => !heard.told.includes(address))
    heard.told = [...new Set([...told, ...heard.told])].slice(0, MAX_KNOWN_ADDRESSES)
    return isNews
  }

  /** @param failed addresses that did not work this time */
  failed(peer: string, failed: ReadonlySet<string>): void {
    this.#of(peer).failed = failed
  }

  failedOf(peer: string): ReadonlySet<string> { return this.#heard.get(peer)?.failed ?? new Set() }

  /** @param also what its membership says */
  of(peer: string, also: readonly string[]): KnownAddresses {
    const known = this.#book.get(peer)
    const heard = this.#heard.get(peer)
    return { lan: heard !== undefined && this.#isFresh(heard) ? heard.lan : [], reached: known?.reached, said: [...known?.addresses ?? [], ...also], heard: heard?.told ?? [] }
  }

  /** Whether a member was heard under this address on the network. */
  isOnLan(peer: string, address: string): boolean {
    return this.#heard.get(peer)?.lan.some(one => hostOf(one) === hostOf(address)) ?? false
  }

  /** Forgets who is no member any more. */
  keep(members: readonly string[]): void {
    for (const peer of this.#heard.keys()) if (!members.includes(peer)) this.#heard.delete(peer)
  }

  #isFresh(heard: Heard): boolean {
    return this.#clock.elapsed() - heard.lanAt < LAN_FRESH_MS
  }

  #of(peer: string): Heard {
    const known = this.#heard.get(peer)
    if (known !== undefined) return known
    const heard: Heard = { lan: [], lanAt: -Infinity, told: [], failed: new Set() }
    this.#heard.set(peer, heard)
    return heard
  }
}
