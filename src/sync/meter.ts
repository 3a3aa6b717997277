import type { ShoalError } from '../errors/index.ts'
import type { Clock, Events, ProgressSink } from '../runtime/index.ts'
import { Rate } from './rate.ts'
import type { SourceView, TransferView } from './service.ts'
import type { Target } from './targets.ts'

/** Milliseconds between two events about one version: live to the eye, and cheap. */
const TELL_MS = 200

export interface MeterDeps {
  readonly clock: Clock
  readonly events: Events
  readonly progress: ProgressSink
  readonly sources: () => readonly SourceView[]
}

/** Tells how far one version is: to whoever waits for it, and as `sync` events. Silent when nothing had to come. */
export class Meter {
  readonly #target: Target
  readonly #deps: MeterDeps
  readonly #here: Rate
  #told = Number.NEGATIVE_INFINITY
  #chunks = 0
  #bytes = 0

  constructor(target: Target, deps: MeterDeps) {
    this.#target = target
    this.#deps = deps
    this.#here = new Rate(deps.clock)
  }

  get view(): TransferView {
    return { ...viewOf(this.#target, this.#here.total, this.#here.perSecond), phase: 'fetching' }
  }

  /** Bytes of files that are here now. */
  here(bytes: number): void {
    this.#here.add(bytes)
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
    const { clock, events, progress, sources } = this.#deps
    const now = clock.elapsed()
    if (now - this.#told < TELL_MS) return
    this.#told = now
    const { label, bytes: totalBytes } = this.#target
    const active = sources().filter(source => source.bytesPerSecond > 0)
    const from = active.length > 1 ? ` from ${active.length} peers` : ''
    progress({ phase, files: 0, bytes: this.#here.total, current: `${label}${from}`, ...totalBytes === undefined ? {} : { totalBytes } })
    if (this.#chunks === 0 && error === undefined) return
    events.emit('sync', { ...this.view, phase, chunksReceived: this.#chunks, bytesReceived: this.#bytes, sources: active, ...error === undefined ? {} : { error: error.toWire() } })
  }
}

/** A version nothing is done for at the moment. */
export const waiting = (target: Target): TransferView => ({ ...viewOf(target, 0, 0), phase: 'waiting' })

function viewOf({ dataset, label, bytes: totalBytes }: Target, bytes: number, bytesPerSecond: number): Omit<TransferView, 'phase'> {
  const left = totalBytes === undefined || bytesPerSecond === 0 ? {} : { secondsLeft: Math.max(0, Math.round((totalBytes - bytes) / bytesPerSecond)) }
  return { dataset, version: label, bytes, ...totalBytes === undefined ? {} : { totalBytes }, bytesPerSecond, ...left }
}
