import type { Clock } from '../runtime/index.ts'

/** Over how long a rate is taken, and how far apart its samples are at least. Milliseconds. */
const WINDOW_MS = 5_000
const SAMPLE_MS = 250

/** Bytes a second over the last seconds. */
export class Rate {
  readonly #clock: Clock
  #total = 0
  #samples: { readonly at: number, readonly total: number }[]

  constructor(clock: Clock) {
    this.#clock = clock
    this.#samples = [{ at: clock.elapsed(), total: 0 }]
  }

  /** Bytes since the beginning. */
  get total(): number { return this.#total }

  add(bytes: number): void {
    const now = this.#clock.elapsed()
    if (now - (this.#samples.at(-1)?.at ?? 0) >= SAMPLE_MS) {
      this.#samples.push({ at: now, total: this.#total })
      while (this.#samples.length > WINDOW_MS / SAMPLE_MS) this.#samples.shift()
    }
    this.#total += bytes
  }

  get perSecond(): number {
    const now = this.#clock.elapsed()
    // Of a pause before the window only its end counts.
    const first = this.#samples.find(sample => now - sample.at <= WINDOW_MS)
    if (first === undefined) return 0
    return Math.round((this.#total - first.total) * 1000 / Math.max(SAMPLE_MS, now - first.at))
  }
}
