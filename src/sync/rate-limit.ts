import { setMaxListeners } from 'node:events'
import { sleep, type Clock } from '../runtime/index.ts'

/** Milliseconds of the rate that may go at once after a pause: a frame at the lowest rate. */
const BURST_MS = 1_000

/** Keeps bytes at a rate: whoever wants to move some waits for his turn, in order. Free of any cost while there is no limit. */
export class RateLimit {
  readonly #clock: Clock
  #bytesPerSecond: number | undefined
  /** When all that was granted so far has had its time. */
  #paidUntil = 0
  #changed = newSignal()

  constructor(clock: Clock, bytesPerSecond?: number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Bytes a second; undefined for none. Those who wait go on by the new rate. */
  set(bytesPerSecond: number | undefined): void {
    this.#bytesPerSecond = bytesPerSecond
    this.#paidUntil = 0
    this.#changed.abort()
    this.#changed = newSignal()
  }

  /** Resolves when so many bytes may go. */
  async take(bytes: number): Promise<void> {
    if (this.#bytesPerSecond === undefined) return
    const now = this.#clock.elapsed()
    const from = Math.max(this.#paidUntil, now - BURST_MS)
    this.#paidUntil = from + bytes * 1000 / this.#bytesPerSecond
    const wait = this.#paidUntil - now
    if (wait > 0) await sleep(wait, this.#changed.signal).catch(() => undefined)
  }
}

/** Any number of streams waits for it, which is no leak. */
function newSignal(): AbortController {
  const changed = new AbortController()
  setMaxListeners(0, changed.signal)
  return changed
}
