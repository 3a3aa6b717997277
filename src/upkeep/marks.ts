import type { ChunkStore, SweepToken } from '../chunks/index.ts'
import type { Leases } from '../datasets/index.ts'
import type { Clock, Log } from '../runtime/index.ts'

/** A moment the store can tell older chunks from newer ones by. */
interface Mark { readonly at: number, readonly token: SweepToken }

/** A sweep's token, and whether it serves again. */
export interface Moment { readonly token: SweepToken, readonly reuse: boolean }

/** The longest grace; older marks are not kept. Milliseconds. */
export const MAX_GRACE_MS = 60 * 60_000
/** Marks are this far apart: the grace is a quarter of an hour longer than asked for at worst. Milliseconds. */
const MARK_INTERVAL_MS = 15 * 60_000
/** Enough to reach back `MAX_GRACE_MS`; the store keeps as many and one for a collection without grace. */
const KEPT_MARKS = 6

/**
 * Knows from when on chunks are too young to be collected. Chunks come in only under leases, so a mark is taken when one begins; what was
 * there when this process opened the store counts as old.
 */
export class Marks {
  readonly #store: ChunkStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #marks: Mark[] = []
  #lastAsked = -Infinity
  #turn: Promise<void>

  constructor(store: ChunkStore, leases: Leases, clock: Clock, log: Log) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#turn = this.#take(() => -Infinity)
    leases.onHold(() => this.#note())
  }

  /** The latest moment that everything before it is older than the grace. @param graceMs milliseconds, at most `MAX_GRACE_MS` */
  async before(graceMs: number): Promise<Moment> {
    await this.#turn
    const latest = this.#clock.elapsed() - graceMs
    const mark = graceMs === 0 ? undefined : this.#marks.findLast(mark => mark.at <= latest)
    return mark === undefined ? { token: await this.#store.beginSweep(), reuse: false } : { token: mark.token, reuse: true }
  }

  /** The store forgot its marks (it was opened anew): they are of no use any more. */
  forget(): void {
    this.#marks.length = 0
  }

  #note(): void {
    const now = this.#clock.elapsed()
    if (now - this.#lastAsked < MARK_INTERVAL_MS) return
    this.#lastAsked = now
    this.#turn = this.#turn.then(() => this.#take(() => this.#clock.elapsed()))
  }

  async #take(at: () => number): Promise<void> {
    try {
      const token = await this.#store.beginSweep()
      // Asked for the time afterwards: what came in before the mark is older than it says.
      this.#marks.push({ at: at(), token })
      if (this.#marks.length > KEPT_MARKS) this.#marks.shift()
    } catch (error) {
      this.#log.warn('no mark for collection could be taken', { error })
    }
  }
}
