import { setImmediate } from 'node:timers/promises'

/** Entries that are read or written in one go: about 1 ms, so that a long walk never blocks the event loop noticeably. */
const SLICE = 512

/** Counts small steps of work and gives the event loop a turn after some of them. */
export class Pace {
  readonly #signal: AbortSignal | undefined
  #steps = 0

  constructor(signal?: AbortSignal) {
    this.#signal = signal
  }

  /** Whether the work should wait for `turn` now. */
  step(): boolean {
    return ++this.#steps >= SLICE
  }

  /** @throws what the signal was aborted with */
  async turn(): Promise<void> {
    this.#steps = 0
    await setImmediate()
    this.#signal?.throwIfAborted()
  }
}
