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
    return (this.#until.get(device)?.at ?? -Infinity) > this.#clock.elapsed()
  }

  add(device: string): void {
    const before = this.#until.get(device)
    clearTimeout(before?.timer)
    const ms = Math.min(SHUN_MOST_MS, 2 * (before?.ms ?? SHUN_FIRST_MS / 2))
    this.#until.set(device, { at: this.#clock.elapsed() + ms, ms, timer: setTimeout(() => this.#ended(device), ms + 1) })
  }

  stop(): void {
    for (const { timer } of this.#until.values()) clearTimeout(timer)
  }
}
