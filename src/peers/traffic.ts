import type { Clock } from '../runtime/index.ts'
import { RATE_WINDOW_MS } from './limits.ts'

/** Bytes since the start, and bytes a second lately. */
export interface TrafficView { readonly in: number, readonly out: number, readonly inRate: number, readonly outRate: number }

interface Counts { in: number, out: number, readonly samples: { readonly at: number, readonly in: number, readonly out: number }[] }

/** Between two samples of the counts, milliseconds: a rate is over some of them. */
const SAMPLE_MS = RATE_WINDOW_MS / 5

/** Bytes that went in and out, by peer. */
export class Traffic {
  readonly #clock: Clock
  readonly #byPeer = new Map<string, Counts>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(peer: string, direction: 'in' | 'out', bytes: number): void {
    const counts = this.#byPeer.get(peer) ?? { in: 0, out: 0, samples: [] }
    this.#byPeer.set(peer, counts)
    const now = this.#clock.elapsed()
    const last = counts.samples.at(-1)
    if (last === undefined || now - last.at >= SAMPLE_MS) counts.samples.push({ at: now, in: counts.in, out: counts.out })
    counts[direction] += bytes
    while ((counts.samples[0]?.at ?? now) < now - RATE_WINDOW_MS && counts.samples.length > 1) counts.samples.shift()
  }

  /** Strangers come and go. */
  forget(peer: string): void {
    this.#byPeer.delete(peer)
  }

  of(peer: string): TrafficView {
    const counts = this.#byPeer.get(peer)
    if (counts === undefined) return { in: 0, out: 0, inRate: 0, outRate: 0 }
    const now = this.#clock.elapsed()
    const from = counts.samples.find(sample => sample.at >= now - RATE_WINDOW_MS)
    // At least a second: a burst of a moment is no rate.
    const seconds = from === undefined ? 1 : Math.max(1, (now - from.at) / 1000)
    const rate = (total: number, before: number | undefined): number => before === undefined ? 0 : Math.round((total - before) / seconds)
    return { in: counts.in, out: counts.out, inRate: rate(counts.in, from?.in), outRate: rate(counts.out, from?.out) }
  }
}
