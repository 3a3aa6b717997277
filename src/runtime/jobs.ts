import { ShoalError, fail, toShoalError, type WireError } from '../errors/index.ts'
import type { Events } from './events.ts'
import type { Progress, ProgressSink } from './progress.ts'

export type JobState = 'running' | 'done' | 'failed' | 'cancelled'

/** A long piece of work on this node: an import, a checkout, a verification. */
export interface Job {
  readonly id: string
  /** `import`, `checkout`, `publish`, `verify`, `gc`, `sync`. */
  readonly kind: string
  /** What it works on, e.g. a version reference. */
  readonly subject: string
  readonly state: JobState
  readonly startedAt: string
  readonly endedAt?: string
  readonly progress: Progress
  readonly result?: unknown
  readonly error?: WireError
}

export interface JobContext {
  readonly signal: AbortSignal
  readonly progress: ProgressSink
}

/** Ended jobs stay listed, so that who comes back sees how it went; this many. */
const KEPT_ENDED_JOBS = 200
/** Progress events of one job: often enough to look live, seldom enough to cost nothing. Milliseconds. */
const PROGRESS_INTERVAL_MS = 100

interface Entry { job: Job, readonly controller: AbortController, readonly ended: Promise<void>, lastEvent: number }

/** The node's jobs: start, watch, cancel. */
export class Jobs {
  readonly #entries = new Map<string, Entry>()
  readonly #events: Events
  readonly #now: () => number
  #lastId = 0

  constructor(events: Events, now: () => number) {
    this.#events = events
    this.#now = now
  }

  /** Starts `work`; its result, failure and progress are read off the job. */
  start(kind: string, subject: string, work: (context: JobContext) => Promise<unknown>): Job {
    const id = String(++this.#lastId)
    const controller = new AbortController()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const entry: Entry = {
      job: { id, kind, subject, state: 'running', startedAt: this.#time(), progress: { phase: 'starting', files: 0, bytes: 0 } },
      controller,
      ended,
      lastEvent: 0
    }
    this.#entries.set(id, entry)
    this.#update(entry, {})
    const progress = (value: Progress): void => {
      entry.job = { ...entry.job, progress: value }
      if (this.#now() - entry.lastEvent >= PROGRESS_INTERVAL_MS) this.#update(entry, {})
    }
    void this.#run(entry, work({ signal: controller.signal, progress })).then(end)
    return entry.job
  }

  async #run(entry: Entry, work: Promise<unknown>): Promise<void> {
    try {
      const result = await work
      this.#update(entry, { state: 'done', endedAt: this.#time(), result })
    } catch (error) {
      const failure = entry.controller.signal.aborted ? new ShoalError('CANCELLED', 'the work was cancelled') : toShoalError(error)
      this.#update(entry, { state: failure.code === 'CANCELLED' ? 'cancelled' : 'failed', endedAt: this.#time(), error: failure.toWire() })
    }
    this.#forgetOld()
  }

  #update(entry: Entry, change: Partial<Job>): void {
    entry.job = { ...entry.job, ...change }
    entry.lastEvent = this.#now()
    this.#events.emit('job', { job: entry.job })
  }

  #forgetOld(): void {
    const ended = [...this.#entries.values()].filter(entry => entry.job.state !== 'running')
    for (const entry of ended.slice(0, -KEPT_ENDED_JOBS)) this.#entries.delete(entry.job.id)
  }

  #time(): string { return new Date(this.#now()).toISOString() }

  #find(id: string): Entry {
    return this.#entries.get(id) ?? fail('JOB_NOT_FOUND', `there is no job ${id}`, { job: id })
  }

  list(): Job[] { return [...this.#entries.values()].map(entry => entry.job) }

  /** @throws JOB_NOT_FOUND */
  get(id: string): Job { return this.#find(id).job }

  /** Waits until a job has ended. @throws JOB_NOT_FOUND */
  async ended(id: string, signal?: AbortSignal): Promise<Job> {
    const entry = this.#find(id)
    if (signal?.aborted === true) throw toShoalError(signal.reason)
    const aborted = new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(toShoalError(signal.reason)), { once: true }))
    await Promise.race(signal === undefined ? [entry.ended] : [entry.ended, aborted])
    return entry.job
  }

  /** Asks a job to end; what it acknowledged stays. @throws JOB_NOT_FOUND */
  async cancel(id: string): Promise<Job> {
    const entry = this.#find(id)
    entry.controller.abort()
    await entry.ended
    return entry.job
  }

  /** Cancels what runs and waits for it: before the node closes. */
  async stop(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map(id => this.cancel(id)))
  }
}
