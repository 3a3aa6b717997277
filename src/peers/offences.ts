import type { Clock, Log } from '../runtime/index.ts'
import { MAX_OFFENDERS, OFFENCE_WINDOW_MS } from './limits.ts'

interface Offence { since: number, more: number, fields: Readonly<Record<string, unknown>> }

/** Names in the log who breaks rules: the first time at once, then once a window with a count, so that a flood does not fill the disk. */
export class Offences {
  readonly #log: Log
  readonly #clock: Clock
  readonly #open = new Map<string, Offence>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** @param offender a host or a peer */
  note(what: string, offender: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const key = `${what} ${offender}`
    const now = this.#clock.elapsed()
    const open = this.#open.get(key)
    if (open !== undefined && now - open.since < OFFENCE_WINDOW_MS) {
      open.more++
      open.fields = fields
      return
    }
    this.#tell(what, { offender, ...fields }, open)
    this.#open.delete(key)
    this.#open.set(key, { since: now, more: 0, fields })
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OFFENDERS) break
      this.#open.delete(oldest)
    }
  }

  /** Tells what was only counted. */
  flush(): void {
    for (const [key, open] of this.#open) if (open.more > 0) this.#log.warn('more of the same', { what: key, times: open.more, ...open.fields })
    this.#open.clear()
  }

  #tell(what: string, fields: Readonly<Record<string, unknown>>, before: Offence | undefined): void {
    this.#log.warn(what, before === undefined || before.more === 0 ? fields : { ...fields, timesBefore: before.more })
  }
}
