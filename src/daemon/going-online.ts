import type { Network } from '../sync/index.ts'
import { forwarding } from './forwarding.ts'

/** Brings a network online when it is asked to, once, and takes it offline again. */
export class GoingOnline {
  /** The network for those who may ask too early: what needs it online answers when it is. */
  readonly network: Network
  readonly #bare: Network
  readonly #arrived: () => Promise<void>
  readonly #stay: (signal: AbortSignal) => Promise<void>
  readonly #ending = new AbortController()
  #starting: Promise<void> | undefined
  #staying: Promise<void> | undefined

  /** @param arrived is part of starting @param stay goes on beside everything, until its signal fires; never rejects */
  constructor(network: Network, arrived: () => Promise<void>, stay: (signal: AbortSignal) => Promise<void>) {
    this.#bare = network
    this.#arrived = arrived
    this.#stay = stay
    this.network = forwarding(() => network, {
      invite: async options => (await this.#started()).invite(options),
      join: async (invite, watched) => (await this.#started()).join(invite, watched),
      sync: async (ref, watched) => (await this.#started()).sync(ref, watched)
    })
  }

  start(): Promise<void> {
    return this.#starting ??= this.#start()
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    // One that failed to start told whoever started it; what it began is stopped all the same.
    await this.#starting?.catch(() => undefined)
    await this.#bare.stop()
    await this.#staying
  }

  async #start(): Promise<void> {
    await this.#bare.start()
    await this.#arrived()
    this.#staying = this.#stay(this.#ending.signal)
  }

  async #started(): Promise<Network> {
    await this.#starting
    return this.#bare
  }
}
