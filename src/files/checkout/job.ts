import type { ChunkStore } from '../../chunks/index.ts'
import { isShoalError } from '../../errors/index.ts'
import type { ProgressSink } from '../../runtime/index.ts'
import { type Entry, treeEntries } from '../../trees/index.ts'
import { Notices } from '../notices.ts'
import { Pace } from '../pace.ts'
import type { RowReader } from '../rows/index.ts'
import { ENTRY } from './decisions.ts'
import { Execution, removeRows } from './execution.ts'
import type { Item } from './item.ts'
import { CheckoutMeter } from './meter.ts'
import { Names } from './names.ts'
import type { CheckoutRequest, CheckoutResult } from './request.ts'
import { CheckoutState } from './state.ts'
import { Survey } from './survey.ts'
import { Target } from './target.ts'

/**
 * Makes a folder equal a version. Looks at everything first: when a file of the user's would be lost, nothing is changed.
 * @throws CHECKOUT_DIRTY, TARGET_UNWRITABLE, DISK_FULL, CHUNK_MISSING, CHUNK_DAMAGED, CANCELLED (the next run goes on from there)
 */
export async function runCheckout(store: ChunkStore, request: CheckoutRequest, progress: ProgressSink, signal: AbortSignal): Promise<CheckoutResult> {
  const target = new Target(request.folder)
  try {
    return await new Checkout(store, request, target, progress, signal).run()
  } catch (error) {
    if (!isShoalError(error, 'FORMAT_INVALID') || error.facts['file'] !== 'rows') throw error
    // What was noted is damaged: then nothing is known, and files that are not as they should be are the user's.
    CheckoutState.forget(target)
    return await new Checkout(store, request, target, progress, signal).run()
  } finally {
    target.finish()
  }
}

class Checkout {
  readonly #store: ChunkStore
  readonly #request: CheckoutRequest
  readonly #target: Target
  readonly #signal: AbortSignal
  readonly #meter: CheckoutMeter
  readonly #pace: Pace
  readonly #notices = new Notices()
  readonly #state: CheckoutState

  constructor(store: ChunkStore, request: CheckoutRequest, target: Target, progress: ProgressSink, signal: AbortSignal) {
    this.#store = store
    this.#request = request
    this.#target = target
    this.#signal = signal
    this.#meter = new CheckoutMeter(progress)
    this.#pace = new Pace(signal)
    this.#state = new CheckoutState(target)
  }

  async run(): Promise<CheckoutResult> {
    const { survey, isSameVersion } = await this.#withRows(async rows => ({ survey: await this.#survey(rows), isSameVersion: rows?.facts['version'] === this.#request.version }))
    const { writes, bytes, modes, removals, unchanged } = survey.counts
    const result = { written: 0, bytesWritten: 0, removed: 0, unchanged }
    if (writes > 0 || modes > 0 || removals > 0 || survey.isNews || !isSameVersion) {
      this.#meter.expect(writes, bytes)
      Object.assign(result, await this.#carryOut(survey))
    }
    return { ...result, notices: this.#notices.list() }
  }

  async #withRows<T>(work: (rows: RowReader | undefined) => Promise<T>): Promise<T> {
    const rows = this.#state.read()
    try {
      return await work(rows)
    } finally {
      rows?.close()
    }
  }

  async #survey(rows: RowReader | undefined): Promise<Survey> {
    const names = new Names(this.#target.folding)
    const survey = new Survey({ target: this.#target, names, rows, notices: this.#notices, pace: this.#pace, force: this.#request.force })
    for await (const entry of this.#entries()) {
      await survey.add(entry)
      this.#meter.compared(entry.path)
      if (this.#pace.isDue()) await this.#pace.turn()
    }
    await survey.finish()
    return survey
  }

  /** The version's entries, with their paths in the folder. */
  async* #entries(): AsyncGenerator<Entry, void, undefined> {
    const { tree, prefix } = this.#request
    const cut = prefix === '' ? 0 : prefix.length + 1
    for await (const entry of treeEntries(this.#store, tree, { prefix, signal: this.#signal })) yield cut === 0 ? entry : { ...entry, path: entry.path.slice(cut) }
  }

  async #carryOut(survey: Survey): Promise<Pick<CheckoutResult, 'written' | 'bytesWritten' | 'removed'>> {
    const journal = this.#state.journal()
    let isSettled = false
    try {
      const shared = { target: this.#target, notices: this.#notices, pace: this.#pace, force: this.#request.force }
      const removed = survey.rows.length === 0 ? 0 : await this.#withRows(async rows => rows === undefined ? 0 : await removeRows(shared, rows, survey.rows))
      const execution = new Execution({ ...shared, store: this.#store, journal, meter: this.#meter })
      await execution.run(this.#items(survey))
      this.#state.settle(journal, this.#request.version)
      isSettled = true
      return { written: execution.written, bytesWritten: execution.bytes, removed }
    } finally {
      if (!isSettled) journal.leave()
    }
  }

  async* #items(survey: Survey): AsyncGenerator<Item, void, undefined> {
    let index = 0
    for await (const entry of this.#entries()) {
      const decision = survey.entries.at(index++)
      if (entry.kind !== 'link' && decision !== ENTRY.skip) yield { entry, decision }
    }
  }
}
