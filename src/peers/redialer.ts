import { ShoalError, isShoalError, toShoalError } from '../errors/index.ts'
import type { Chance, Clock, Log } from '../runtime/index.ts'
import { NUDGE_MS, REDIAL_FIRST_MS, REDIAL_MOST_MS, STEADY_MS } from './limits.ts'

export interface RedialerDeps {
  /** Devices this node wants to be connected to. */
  readonly wanted: () => readonly string[]
  /** Connected as well as it gets: one that is reached through a relay only is tried on. */
  readonly isConnected: (peer: string) => boolean
  readonly dial: (peer: string, signal: AbortSignal) => Promise<void>
  /** A peer could not be reached, or another way than before. */
  readonly failed?: (peer: string) => void
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** What stands between this node and a member that is away. */
export interface AwayView {
  /** Tries since it was connected last. */
  readonly attempts: number
  readonly error?: ShoalError
  /** Milliseconds since 1970. */
  readonly triedAt?: number
  readonly nextAt?: number
}

interface Tried {
  attempts: number
  timer: NodeJS.Timeout | undefined
  dialling: Promise<void> | undefined
  error: ShoalError | undefined
  triedAt: number | undefined
  nextAt: number | undefined
  /** By time that passed (`elapsed`): when it is tried next, when it was tried last, and since when it is connected. Milliseconds. */
  due: number | undefined
  begun: number | undefined
  connected: number | undefined
}

/** Keeps trying to reach members that are away, less and less often. libp2p's own reconnecting gives a peer up after five tries. */
export class Redialer {
  readonly #deps: RedialerDeps
  readonly #peers = new Map<string, Tried>()
  readonly #ending = new AbortController()

  constructor(deps: RedialerDeps) {
    this.#deps = deps
  }

  /** Looks at who is wanted and away; begins trying those that are new. Call when members or connections changed. */
  refresh(): void {
    if (this.#ending.signal.aborted) return
    const wanted = new Set(this.#deps.wanted())
    for (const [peer, tried] of this.#peers) {
      if (wanted.has(peer)) continue
      clearTimeout(tried.timer)
      this.#peers.delete(peer)
    }
    for (const peer of wanted) this.#look(peer)
  }

  /** How the tries of a peer stand; undefined while it is connected, or nobody wants it. */
  away(peer: string): AwayView | undefined {
    const tried = this.#peers.get(peer)
    if (tried === undefined || tried.connected !== undefined) return undefined
    const { attempts, error, triedAt, nextAt } = tried
    return { attempts, ...error === undefined ? {} : { error }, ...triedAt === undefined ? {} : { triedAt }, ...nextAt === undefined ? {} : { nextAt } }
  }

  /** Something new is known of where a peer is: tries it soon, if it is away. */
  nudge(peer: string): void {
    const tried = this.#peers.get(peer)
    if (tried === undefined || tried.connected !== undefined || tried.dialling !== undefined) return
    const now = this.#deps.clock.elapsed()
    const wait = Math.max(0, (tried.begun ?? -Infinity) + NUDGE_MS - now)
    if (tried.due === undefined || now + wait < tried.due) this.#wait(peer, tried, wait)
  }

  /** The network is another one than before: whoever is away may be near now. */
  again(): void {
    for (const [peer, tried] of this.#peers) {
      tried.attempts = 0
      this.nudge(peer)
    }
  }

  /** Tries everyone who is away at once. Resolves when each was reached or not, or when `signal` fires. */
  async now(signal?: AbortSignal): Promise<void> {
    this.refresh()
    const tries = [...this.#peers].filter(([, tried]) => tried.connected === undefined).map(([peer, tried]) => {
      clearTimeout(tried.timer)
      tried.attempts = 0
      return this.#try(peer, tried)
    })
    const enough = new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }))
    if (signal?.aborted !== true) await Promise.race([Promise.all(tries), enough])
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    const dialling = [...this.#peers.values()].map(tried => tried.dialling).filter(one => one !== undefined)
    for (const tried of this.#peers.values()) clearTimeout(tried.timer)
    this.#peers.clear()
    await Promise.all(dialling)
  }

  #look(peer: string): void {
    const known = this.#peers.get(peer)
    const tried = known ?? { attempts: 0, timer: undefined, dialling: undefined, error: undefined, triedAt: undefined, nextAt: undefined, due: undefined, begun: undefined, connected: undefined }
    this.#peers.set(peer, tried)
    const now = this.#deps.clock.elapsed()
    if (this.#deps.isConnected(peer)) {
      clearTimeout(tried.timer)
      tried.nextAt = undefined
      tried.due = undefined
      tried.connected ??= now
      return
    }
    if (known === undefined) return this.#schedule(peer, tried)
    if (tried.connected === undefined) return
    const steady = now - tried.connected >= STEADY_MS
    tried.connected = undefined
    tried.error = steady ? undefined : new ShoalError('PEER_UNREACHABLE', 'it hung up as soon as it was reached: it may not know this device, or have removed it', { peer })
    if (steady) tried.attempts = 0
    else this.#deps.failed?.(peer)
    this.#schedule(peer, tried)
  }

  #schedule(peer: string, tried: Tried): void {
    const pause = tried.attempts === 0 ? 0 : Math.min(REDIAL_MOST_MS, REDIAL_FIRST_MS * 2 ** (tried.attempts - 1))
    this.#wait(peer, tried, pause * (1 + ((this.#deps.chance.bytes(1)[0] ?? 0) / 255 - 0.5) / 2))
  }

  #wait(peer: string, tried: Tried, ms: number): void {
    if (this.#ending.signal.aborted) return
    clearTimeout(tried.timer)
    tried.nextAt = this.#deps.clock.now() + ms
    tried.due = this.#deps.clock.elapsed() + ms
    tried.timer = setTimeout(() => void this.#try(peer, tried), ms)
  }

  #try(peer: string, tried: Tried): Promise<void> {
    tried.dialling ??= this.#dial(peer, tried).finally(() => { tried.dialling = undefined })
    return tried.dialling
  }

  async #dial(peer: string, tried: Tried): Promise<void> {
    tried.attempts++
    tried.nextAt = undefined
    tried.due = undefined
    tried.triedAt = this.#deps.clock.now()
    tried.begun = this.#deps.clock.elapsed()
    try {
      await this.#deps.dial(peer, this.#ending.signal)
    } catch (error) {
      if (isShoalError(error, 'CANCELLED')) return
      this.#note(peer, tried, toShoalError(error))
    }
    if (this.#peers.get(peer) !== tried || tried.connected !== undefined) return
    if (this.#deps.isConnected(peer)) this.#look(peer)
    else this.#schedule(peer, tried)
  }

  #note(peer: string, tried: Tried, error: ShoalError): void {
    const isNews = tried.error?.message !== error.message
    tried.error = error
    this.#deps.log.debug('a member was not reached', { peer, attempts: tried.attempts, error })
    if (isNews) this.#deps.failed?.(peer)
  }
}
