import { isShoalError } from '../errors/index.ts'
import type { Chance, Log } from '../runtime/index.ts'
import { REDIAL_FIRST_MS, REDIAL_MOST_MS } from './limits.ts'

export interface RedialerDeps {
  /** Devices this node wants to be connected to. */
  readonly wanted: () => readonly string[]
  readonly isConnected: (peer: string) => boolean
  readonly dial: (peer: string, signal: AbortSignal) => Promise<void>
  readonly chance: Chance
  readonly log: Log
}

interface Pending { attempts: number, timer: NodeJS.Timeout | undefined, dialling: Promise<void> | undefined }

/** Keeps trying to reach members that are away, less and less often. libp2p's own reconnecting gives a peer up after five tries. */
export class Redialer {
  readonly #deps: RedialerDeps
  readonly #pending = new Map<string, Pending>()
  readonly #ending = new AbortController()

  constructor(deps: RedialerDeps) {
    this.#deps = deps
  }

  /** Looks at who is wanted and away; begins trying those that are new. Call when members or connections changed. */
  refresh(): void {
    if (this.#ending.signal.aborted) return
    const wanted = new Set(this.#deps.wanted().filter(peer => !this.#deps.isConnected(peer)))
    for (const [peer, pending] of this.#pending) {
      if (wanted.has(peer)) continue
      clearTimeout(pending.timer)
      this.#pending.delete(peer)
    }
    for (const peer of wanted) {
      if (!this.#pending.has(peer)) this.#schedule(peer, { attempts: 0, timer: undefined, dialling: undefined })
    }
  }

  /** Tries everyone who is away at once. Resolves when each was reached or not, or when `signal` fires. */
  async now(signal?: AbortSignal): Promise<void> {
    this.refresh()
    const tries = [...this.#pending].map(([peer, pending]) => {
      clearTimeout(pending.timer)
      pending.attempts = 0
      return this.#try(peer, pending)
    })
    const enough = new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve(), { once: true }))
    if (signal?.aborted !== true) await Promise.race([Promise.all(tries), enough])
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    const dialling = [...this.#pending.values()].map(pending => pending.dialling).filter(dialling => dialling !== undefined)
    for (const pending of this.#pending.values()) clearTimeout(pending.timer)
    this.#pending.clear()
    await Promise.all(dialling)
  }

  #schedule(peer: string, pending: Pending): void {
    if (this.#ending.signal.aborted) return
    this.#pending.set(peer, pending)
    const pause = pending.attempts === 0 ? 0 : Math.min(REDIAL_MOST_MS, REDIAL_FIRST_MS * 2 ** (pending.attempts - 1))
    const spread = 1 + ((this.#deps.chance.bytes(1)[0] ?? 0) / 255 - 0.5) / 2
    pending.timer = setTimeout(() => void this.#try(peer, pending), pause * spread)
  }

  #try(peer: string, pending: Pending): Promise<void> {
    pending.dialling ??= this.#dial(peer, pending).finally(() => { pending.dialling = undefined })
    return pending.dialling
  }

  async #dial(peer: string, pending: Pending): Promise<void> {
    pending.attempts++
    try {
      await this.#deps.dial(peer, this.#ending.signal)
    } catch (error) {
      if (isShoalError(error, 'CANCELLED')) return
      this.#deps.log.debug('a member was not reached', { peer, attempts: pending.attempts, error })
    }
    if (this.#pending.get(peer) !== pending) return
    if (this.#deps.isConnected(peer)) this.#pending.delete(peer)
    else this.#schedule(peer, pending)
  }
}
