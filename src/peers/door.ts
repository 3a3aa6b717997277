import type { MultiaddrConnection } from '@libp2p/interface'
import type { Clock } from '../runtime/index.ts'
import { hostOf, networkOf } from './addresses.ts'
import { MAX_HOSTS, MAX_PENDING_PER_HOST, MAX_STRANGERS_PER_HOST, STRANGERS_WINDOW_MS } from './limits.ts'
import type { Offences } from './offences.ts'

interface Host { pending: number, strangers: number, since: number }

/**
 * Watches who knocks, by host, before anything is known of them: one host may have only so many connections that have not said who they
 * are, and a host that keeps sending strangers is left outside for a moment, before it costs a handshake.
 */
export class Door {
  readonly #offences: Offences
  readonly #clock: Clock
  readonly #hosts = new Map<string, Host>()
  readonly #unknown = new WeakSet<MultiaddrConnection>()

  constructor(offences: Offences, clock: Clock) {
    this.#offences = offences
    this.#clock = clock
  }

  /** A connection comes in. @returns whether it may try to say who it is */
  knock(connection: MultiaddrConnection): boolean {
    const name = nameOf(connection)
    const host = this.#host(name)
    if (host.pending >= MAX_PENDING_PER_HOST) {
      this.#offences.note('a host holds too many connections that do not say who they are; more are refused', name)
      return false
    }
    if (host.strangers >= MAX_STRANGERS_PER_HOST) {
      this.#offences.note('a host sends too many connections of strangers; it is left outside for a moment', name)
      return false
    }
    host.pending++
    this.#unknown.add(connection)
    connection.addEventListener('close', () => {
      if (!this.#settle(connection, name)) return
      this.#offences.note('a connection ended without having said who it is', name)
    })
    return true
  }

  /** A connection has proved who it is. @param barred a device that was a member, or is one and broke the rules: named each, they are few */
  known(connection: MultiaddrConnection, peer: string, admitted: boolean, barred: boolean): void {
    const name = nameOf(connection)
    this.#settle(connection, name)
    if (admitted) return
    this.#host(name).strangers++
    if (barred) this.#offences.note('a device that was removed, or broke the rules lately, was refused', peer, { host: name })
    else this.#offences.note('a device that is no member was refused', name, { peer })
  }

  /** @returns whether it was still unknown */
  #settle(connection: MultiaddrConnection, name: string): boolean {
    if (!this.#unknown.delete(connection)) return false
    const host = this.#host(name)
    host.pending = Math.max(0, host.pending - 1)
    return true
  }

  #host(name: string): Host {
    const now = this.#clock.elapsed()
    const known = this.#hosts.get(name)
    if (known !== undefined) {
      if (now - known.since >= STRANGERS_WINDOW_MS) {
        known.strangers = 0
        known.since = now
      }
      return known
    }
    const host: Host = { pending: 0, strangers: 0, since: now }
    this.#hosts.set(name, host)
    this.#forget()
    return host
  }

  #forget(): void {
    if (this.#hosts.size <= MAX_HOSTS) return
    for (const [name, host] of this.#hosts) if (host.pending === 0 && this.#hosts.size > MAX_HOSTS / 2) this.#hosts.delete(name)
  }
}

const nameOf = (connection: MultiaddrConnection): string => networkOf(hostOf(connection.remoteAddr.toString()))
