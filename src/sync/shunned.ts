import type { Clock } from '../runtime/index.ts'
import { SHUN_FIRST_MS, SHUN_MOST_MS } from './limits.ts'

/** Members that broke the protocol: not spoken with for a while, longer each time. */
export class Shunned {
  readonly #clock: Clock
  readonly #ended: (device: string) => void
  readonly #until = new Map<string, { at: number, ms: number, timer: NodeJS.Timeout | undefined }>()

  /** @param ended called when a device may come back */
  constructor(clock: Clock, ended: (device: string) => void) {
    this.#clock = clock
    this.#ended = ended
  }

  has(device: string): boolean {
    const until = this.#until.get(device)
    if (until === undefined) return false
    // A clock that was set back must not make an hour of it ten years.
    const left = until.at - this.#clock.now()
    return left > 0 && left <= until.ms
  }

  add(device: string): void {
    const before = this.#until.get(device)
    clearTimeout(before?.timer)
    const ms = Math.min(SHUN_MOST_MS, 2 * (before?.ms ?? SHUN_FIRST_MS / 2))
    this.#until.set(device, { at: this.#clock.now() + ms, ms, timer: setTimeout(() => this.#ended(device), ms + 1) })
  }

  stop(): void {
    for (const { timer } of this.#until.values()) clearTimeout(timer)
  }
}
