import { isShoalError, toShoalError, type ShoalError } from '../errors/index.ts'
import type { Catalog, DatasetView } from '../catalog/index.ts'
import type { Chunk, ChunkStore } from '../chunks/index.ts'
import { HashSet, type DatasetId } from '../model/index.ts'
import { Mutex, type Clock, type Events, type Log, type ProgressSink } from '../runtime/index.ts'
import type { Completed } from './completed.ts'
import type { Fetcher } from './fetcher.ts'
import type { HistoryWant } from './history.ts'
import { OWN_SETTLE_MS, RETRY_FIRST_MS, RETRY_MOST_MS, SETTLE_MS, WALKED_NODES } from './limits.ts'
import type { Keep, TransferView } from './service.ts'
import { TargetBook } from './target-book.ts'
import type { Target } from './targets.ts'
import { fetchTrees } from './tree-fetch.ts'
import { Meter, waiting } from './meter.ts'

export interface ReplicatorDeps {
  readonly catalog: Catalog
  readonly store: ChunkStore
  readonly fetcher: Fetcher
  /** Commits with what they follow, from a connected member; none where nobody tells. */
  readonly history: (want: HistoryWant, signal: AbortSignal) => Promise<readonly Chunk[]>
  readonly completed: Completed
  readonly keepOf: (dataset: DatasetView) => Keep
  readonly clock: Clock
  readonly events: Events
  readonly log: Log
}

export interface PassOptions {
  readonly signal: AbortSignal
  readonly progress: ProgressSink
  /** Only this one. */
  readonly only?: Target
}

/** What a pass did: chunks that came, and references of what is not complete yet. */
export interface PassReport { readonly chunks: number, readonly bytes: number, readonly missing: readonly string[] }

/**
 * Makes complete here what this node keeps: goes through the wanted versions, one after the other, whenever the catalog or the peers
 * changed, and again after a while as long as something is missing.
 */
export class Replicator {
  readonly #deps: ReplicatorDeps
  readonly #book: TargetBook
  readonly #turn = new Mutex()
  readonly #ending = new AbortController()
  /** Nodes below which nothing is missing here, files included; forgotten when they are many. */
  #whole = new HashSet()
  /** The same of commits and trees without their files. */
  #outlined = new HashSet()
  /** Datasets that changed since they were looked at. */
  readonly #stale = new Set<DatasetId>()
  #background: AbortController | undefined
  /** Something changed while a pass went on. */
  #changed = false
  #timer: { readonly timeout: NodeJS.Timeout, readonly due: number } | undefined
  #pause = RETRY_FIRST_MS
  #meter: { readonly target: Target, readonly meter: Meter } | undefined
  #passes: Promise<unknown> = Promise.resolve()

  constructor(deps: ReplicatorDeps) {
    this.#deps = deps
    this.#book = new TargetBook(deps.catalog, deps.completed, deps.keepOf)
    // A draft goes on from where it was complete: what it comes from is not walked again.
    for (const { files, roots } of this.#book.completeDrafts()) for (const root of roots) (files ? this.#whole : this.#outlined).add(root)
  }

  /** A dataset changed, or what is kept of it: look soon; not so soon when it was this node, which has what it made. */
  changed(dataset: DatasetId, own = false): void {
    this.#stale.add(dataset)
    this.#pause = RETRY_FIRST_MS
    this.#schedule(own ? OWN_SETTLE_MS : SETTLE_MS)
  }

  /** What is kept of a dataset changed: what is being fetched of it may not be wanted any more. */
  keepChanged(dataset: DatasetId): void {
    if (this.#meter?.target.dataset === dataset) this.#background?.abort()
    this.changed(dataset)
  }

  /** There is somebody new to ask: look soon. */
  poke(): void {
    this.#pause = RETRY_FIRST_MS
    this.#schedule(SETTLE_MS)
  }

  /** References of what is wanted and not known to be complete. @param only of this one */
  incomplete(only?: Target): readonly string[] {
    if (only !== undefined) return this.isComplete(only) ? [] : [only.label]
    return this.#open().map(target => target.label)
  }

  /** How far what is wanted is; the one being fetched first. */
  transfers(): readonly TransferView[] {
    const now = this.#meter
    const others = this.#open().filter(target => target.key !== now?.target.key).map(waiting)
    return now === undefined ? others : [now.meter.view, ...others]
  }

  /** Whether a target is known to be complete. */
  isComplete(target: Target): boolean {
    this.#refresh()
    return this.#deps.completed.has(target.key)
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    clearTimeout(this.#timer?.timeout)
    await this.#passes
    await this.#deps.completed.close(() => this.#deps.store.barrier())
  }

  /**
   * Goes through what is wanted once, before what goes on by itself.
   * @throws DISK_FULL, CANCELLED, CHUNK_DAMAGED
   */
  async pass(options: PassOptions): Promise<PassReport> {
    this.#background?.abort()
    try {
      const work = this.#turn.run(() => this.#pass({ ...options, signal: AbortSignal.any([options.signal, this.#ending.signal]) }))
      this.#passes = Promise.allSettled([this.#passes, work])
      return await work
    } finally {
      if (!this.#ending.signal.aborted) this.#schedule(SETTLE_MS)
    }
  }

  /** The soonest of all that was asked for holds, so that many changes don't put it off for ever. */
  #schedule(ms: number): void {
    const due = this.#deps.clock.elapsed() + ms
    if (this.#ending.signal.aborted || (this.#timer !== undefined && this.#timer.due <= due)) return
    clearTimeout(this.#timer?.timeout)
    const timeout = setTimeout(() => {
      this.#timer = undefined
      this.#passes = Promise.allSettled([this.#passes, this.#inBackground()])
    }, ms)
    this.#timer = { timeout, due }
  }

  async #inBackground(): Promise<void> {
    if (this.#background !== undefined) {
      this.#changed = true
      return
    }
    this.#changed = false
    const controller = new AbortController()
    this.#background = controller
    let missing = true
    try {
      const signal = AbortSignal.any([controller.signal, this.#ending.signal])
      const report = await this.#turn.run(() => this.#pass({ signal, progress: () => undefined }))
      missing = report.missing.length > 0
    } catch (error) {
      const failure = toShoalError(error)
      // A pass that makes room for somebody who waits is begun again by him.
      if (failure.code !== 'CANCELLED') this.#deps.log.warn('fetching stopped', { error: failure })
    } finally {
      this.#background = undefined
    }
    if (this.#changed) return this.#schedule(SETTLE_MS)
    if (!missing) return
    this.#schedule(this.#pause)
    this.#pause = Math.min(2 * this.#pause, RETRY_MOST_MS)
  }

  async #pass(options: PassOptions): Promise<PassReport> {
    const targets = options.only === undefined ? this.#open() : [options.only]
    const total = { chunks: 0, bytes: 0 }
    const missing: string[] = []
    try {
      for (const target of targets) {
        options.signal.throwIfAborted()
        if (!await this.#fetch(target, options, total)) missing.push(target.label)
      }
    } finally {
      await this.#deps.completed.flush()
    }
    return { ...total, missing }
  }

  #open(): readonly Target[] {
    this.#refresh()
    return this.#book.open()
  }

  #refresh(): void {
    for (const dataset of this.#stale) this.#book.refresh(dataset)
    this.#stale.clear()
  }

  /** @returns whether the target is complete now */
  async #fetch(target: Target, options: PassOptions, total: { chunks: number, bytes: number }): Promise<boolean> {
    const { store, fetcher, history, clock, events } = this.#deps
    const meter = new Meter(target, { clock, events, progress: options.progress, sources: () => fetcher.sources() })
    this.#meter = { target, meter }
    try {
      const again = options.only !== undefined
      const { nodes, missing } = await fetchTrees(target.roots, target.chunks, {
        store,
        fetch: (chunks, fetching) => fetcher.fetch(chunks, { ...fetching, dataset: target.dataset }),
        ...target.record === undefined ? { history: (commits, limit) => history({ dataset: target.dataset, commits, limit }, options.signal) } : {},
        signal: options.signal,
        isWhole: node => !again && (target.files ? this.#whole : this.#outlined).has(node),
        files: target.files,
        sealed: target.sealed,
        onBytes: bytes => meter.here(bytes),
        onStored: bytes => {
          total.chunks++
          total.bytes += bytes
          meter.came(bytes)
        }
      })
      if (missing > 0) {
        meter.end('missing')
        return false
      }
      if (target.files) await this.#held(target)
      else this.#deps.completed.addPassing(target.key)
      this.#remember(nodes, target.files)
      meter.end('complete')
      return true
    } catch (error) {
      return this.#failed(target, meter, toShoalError(error))
    } finally {
      this.#meter = undefined
    }
  }

  async #held(target: Target): Promise<void> {
    await this.#deps.store.barrier()
    await this.#giveReceipt(target)
    this.#book.held(target)
  }

  /** Tells the others that a version is safe here too: every chunk was checked when it came in, and the store's barrier has passed. */
  async #giveReceipt({ dataset, record, label }: Target): Promise<void> {
    if (record === undefined) return
    try {
      await this.#deps.catalog.receipt(dataset, record)
    } catch (error) {
      // Who was removed meanwhile, or lost the dataset, keeps what it has; only its word is not wanted.
      this.#deps.log.warn('a receipt could not be given', { version: label, error })
    }
  }

  /** A version whose own data is wrong must not keep the others; everything else ends the pass. */
  #failed(target: Target, meter: Meter, error: ShoalError): boolean {
    meter.end(isShoalError(error, 'CANCELLED') ? 'stopped' : 'failed', error)
    if (!isShoalError(error, 'FORMAT_INVALID') && !isShoalError(error, 'CHUNK_DAMAGED')) throw error
    this.#deps.log.warn('a version can not be fetched', { version: target.label, error })
    return false
  }

  #remember(nodes: HashSet, withFiles: boolean): void {
    const known = withFiles ? this.#whole : this.#outlined
    const kept = known.size + nodes.size > WALKED_NODES ? new HashSet() : known
    if (nodes.size <= WALKED_NODES) for (const node of nodes) kept.add(node)
    if (withFiles) this.#whole = kept
    else this.#outlined = kept
  }
}
