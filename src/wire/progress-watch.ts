import { PROGRESS_BYTES, PROGRESS_WINDOW_MS } from './limits.ts'

export interface ProgressLimits {
  /** Bytes that must move in each window, or what is left when less. */
  readonly bytes: number
  /** Milliseconds. */
  readonly windowMs: number
}

export const PROGRESS_LIMITS: ProgressLimits = { bytes: PROGRESS_BYTES, windowMs: PROGRESS_WINDOW_MS }

/**
 * Watches that a peer moves bytes while it owes some: begins with the first `owe`, looks once a window, and calls `stalled` when too
 * little came. Sizes that are not known count as one byte, so that at least something must come.
 */
export class ProgressWatch {
  readonly #limits: ProgressLimits
  readonly #stalled: () => void
  #owed = 0
  #moved = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: ProgressLimits, stalled: () => void) {
    this.#limits = limits
    this.#stalled = stalled
  }

  /** Bytes the peer owes from now on in all; 0 ends the watch. */
  owe(bytes: number): void {
    this.#owed = bytes
    if (bytes <= 0) this.stop()
    else if (this.#timer === undefined) this.#begin()
  }

  moved(bytes: number): void {
    this.#moved += bytes
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #begin(): void {
    this.#moved = 0
    const least = Math.min(this.#limits.bytes, this.#owed)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#moved < least) this.#stalled()
      else if (this.#owed > 0) this.#begin()
    }, this.#limits.windowMs)
  }
}
