import type { ShoalError } from '../errors/index.ts'
import type { Clock, Events, ProgressSink } from '../runtime/index.ts'
import type { Target } from './targets.ts'

/** Milliseconds between two events about one version: live to the eye, and cheap. */
const TELL_MS = 200

/** Tells how far one version is: to whoever waits for it, and as `sync` events. Silent when nothing had to come. */
export class Meter {
  readonly #target: Target
  readonly #clock: Clock
  readonly #progress: ProgressSink
  readonly #events: Events
  readonly #began: number
  #told = Number.NEGATIVE_INFINITY
  /** Bytes of files that are here. */
  #here = 0
  #chunks = 0
  #bytes = 0

  constructor(target: Target, clock: Clock, progress: ProgressSink, events: Events) {
    this.#target = target
    this.#clock = clock
    this.#progress = progress
    this.#events = events
    this.#began = clock.now()
  }

  /** Bytes of files that are here now. */
  here(bytes: number): void {
    this.#here += bytes
    this.#tell('fetching')
  }

  /** A chunk came over the network. */
  came(bytes: number): void {
    this.#chunks++
    this.#bytes += bytes
    this.#tell('fetching')
  }

  end(phase: 'complete' | 'missing' | 'failed' | 'stopped', error?: ShoalError): void {
    this.#told = Number.NEGATIVE_INFINITY
    this.#tell(phase, error)
  }

  #tell(phase: string, error?: ShoalError): void {
    const now = this.#clock.now()
    if (now - this.#told < TELL_MS) return
    this.#told = now
    const { label, bytes: totalBytes } = this.#target
    this.#progress({ phase, files: 0, bytes: this.#here, current: label, ...totalBytes === undefined ? {} : { totalBytes } })
    if (this.#chunks === 0 && error === undefined) return
    const seconds = Math.max(0.001, (now - this.#began) / 1000)
    this.#events.emit('sync', {
      version: label, phase, bytes: this.#here, totalBytes, chunksReceived: this.#chunks, bytesReceived: this.#bytes,
      bytesPerSecond: Math.round(this.#bytes / seconds), ...error === undefined ? {} : { error: error.toWire() }
    })
  }
}
