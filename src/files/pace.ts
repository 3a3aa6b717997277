import { setImmediate } from 'node:timers/promises'

/** So long may one thread work before it hears messages (a cancel, the store's answers). Milliseconds. */
const TURN_EVERY_MS = 20

/** Lets a busy loop of blocking work give way now and then, and hear that it should end. */
export class Pace {
  readonly #signal: AbortSignal | undefined
  #last = performance.now()

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  isDue(): boolean { return performance.now() - this.#last > TURN_EVERY_MS }

  /** @throws the signal's reason */
  async turn(): Promise<void> {
    await setImmediate()
    this.#signal?.throwIfAborted()
    this.#last = performance.now()
  }
}
