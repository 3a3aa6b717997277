import { networkInterfaces } from 'node:os'
import type { Clock } from '../runtime/index.ts'
import { LOOK_EVERY_MS, SLEPT_MS } from './limits.ts'

/** One address of this machine. */
export interface OwnAddress { readonly host: string, readonly family: 'IPv4' | 'IPv6', readonly internal: boolean }

/** This machine's addresses now. */
export const ownAddresses = (): readonly OwnAddress[] =>
  Object.values(networkInterfaces()).flatMap(all => (all ?? []).map(({ address, family, internal }) => ({ host: address, family, internal })))

export interface SurroundingsOptions {
  readonly clock: Clock
  /** The machine has other addresses than before, or has slept: connections may be dead, and members elsewhere. */
  readonly changed: (what: 'addresses' | 'woke') => void
  /** Default: this machine's. */
  readonly addresses?: () => readonly OwnAddress[]
  /** Milliseconds between looks. */
  readonly everyMs?: number
}

/** Notices that the machine changed its network or slept, which nothing tells a program on all platforms. */
export class Surroundings {
  readonly #options: SurroundingsOptions
  readonly #addresses: () => readonly OwnAddress[]
  #timer: NodeJS.Timeout | undefined
  #known = ''
  #lookedAt = 0

  constructor(options: SurroundingsOptions) {
    this.#options = options
    this.#addresses = options.addresses ?? ownAddresses
  }

  start(): void {
    this.#known = this.#named()
    this.#lookedAt = this.#options.clock.now()
    this.#timer = setInterval(() => this.#look(), this.#options.everyMs ?? LOOK_EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = this.#options.clock.now()
    const slept = now - this.#lookedAt > SLEPT_MS
    this.#lookedAt = now
    const named = this.#named()
    const moved = named !== this.#known
    this.#known = named
    if (moved) this.#options.changed('addresses')
    else if (slept) this.#options.changed('woke')
  }

  /** Temporary IPv6 addresses come and go all day without anything having changed: only their networks count. */
  #named(): string {
    return [...new Set(this.#addresses().filter(one => !one.internal).map(({ host, family }) => family === 'IPv4' ? host : host.split(':').slice(0, 4).join(':')))].sort().join(' ')
  }
}
