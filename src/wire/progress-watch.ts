import { PROGRESS_BYTES, PROGRESS_WINDOW_MS } from './limits.ts'

export interface ProgressLimits {
  /** Bytes that must move in each window, or what is left when less. */
  readonly bytes: number
  /** Milliseconds. */
  readonly windowMs: number
}

export const PROGRESS_LIMITS: ProgressLimits = { bytes: PROGRESS_BYTES, windowMs: PROGRESS_WINDOW_MS }

/** Watches that a peer moves bytes while it owes some: looks once a window, and calls `stalled` when too few came. */
export class ProgressWatch {
  readonly #limits: ProgressLimits
  readonly #moved: () => number
  readonly #stalled: () => void
  #owed = 0
  #timer: NodeJS.Timeout | undefined

  /** @param moved bytes that ever moved */
  constructor(limits: ProgressLimits, moved: () => number, stalled: () => void) {
    this.#limits = limits
    this.#moved = moved
    this.#stalled = stalled
  }

  /** Bytes the peer owes from now on in all (a guess where nobody knows, but not more than there are); 0 ends the watch. */
  owe(bytes: number): void {
    this.#owed = bytes
    if (bytes <= 0) this.stop()
    else if (this.#timer === undefined) this.#begin()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #begin(): void {
    const least = this.#moved() + Math.min(this.#limits.bytes, this.#owed)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#moved() < least) this.#stalled()
      else if (this.#owed > 0) this.#begin()
    }, this.#limits.windowMs)
  }
}
