import { fail, isShoalError, toShoalError } from '../errors/index.ts'
import { type Log, type Thread, deadline, startThread } from '../runtime/index.ts'
import type { DocumentState } from './document.ts'
import type { Done } from './document-index.ts'
import type { AdmitCall, AdmitResult, Call, ChangeCall, ChangeResult, DocumentResult, FAILED, ForeignLog, ForeignStep, NEED_STATE } from './document-engine.ts'
import { WORKER_CALL_MS, WORKER_HEAP_MIB } from './limits.ts'
import type { Published } from './publishing.ts'

/** Reads what a document is made from, with what is staged and not on the disk yet. Without a snapshot it is made from its changes alone. */
export type ReadState = (options: { readonly snapshot: boolean }) => Promise<DocumentState>

export type DocumentThread = Pick<Thread, 'call' | 'stop'>

const startWorker = (): DocumentThread => startThread(new URL('./document-worker.js', import.meta.url), { name: 'shoal documents', heapMib: WORKER_HEAP_MIB })

/**
 * The calling side of the document worker: started when it is first needed, started again when it died. The worker holds nothing that is
 * not on the disk or staged, so that losing it loses nothing.
 */
export class Documents {
  readonly #log: Log
  readonly #start: () => DocumentThread
  #thread: DocumentThread | undefined

  /** @param start begins the worker; for tests */
  constructor(log: Log, start: () => DocumentThread = startWorker) {
    this.#log = log
    this.#start = start
  }

  /** Makes one change of edits. @throws STORE_DAMAGED when the document can not be made from what is on the disk */
  change(call: ChangeCall, state: ReadState): Promise<ChangeResult> {
    return this.#again(() => this.#callLoaded<ChangeResult>('change', call, state))
  }

  view(call: Call, state: ReadState): Promise<DocumentResult> {
    return this.#again(() => this.#callLoaded('view', call, state))
  }

  save(call: Call, state: ReadState): Promise<Uint8Array> {
    return this.#again(() => this.#callLoaded('save', call, state))
  }

  /** What changes that count did. */
  describe(changes: readonly Uint8Array[]): Promise<Done[]> {
    return this.#again(() => this.#call<Done[]>('describe', { changes })) as Promise<Done[]>
  }

  /** Judges foreign logs. A step that kills the worker is found and refused; the others are judged without it. */
  async admit(call: AdmitCall, state: ReadState): Promise<AdmitResult> {
    try {
      const result = await this.#callLoaded<AdmitResult | typeof FAILED>('admit', call, state)
      if (result !== 'failed') return await this.#shakenOff(result)
    } catch (error) {
      if (isShoalError(error, 'STORE_DAMAGED')) throw error
      this.#log.warn('the document worker died of foreign changes', { document: call.document, error })
    }
    await this.close()
    return this.#admitStepwise(call, state)
  }

  async close(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.stop()
  }

  async #shakenOff(result: AdmitResult): Promise<AdmitResult> {
    if (result.isShaken) await this.close()
    return result
  }

  /** One step after the other, until a round brings nothing more. */
  async #admitStepwise(call: AdmitCall, state: ReadState): Promise<AdmitResult> {
    const stepwise = new Stepwise(call)
    const stateNow: ReadState = async options => {
      const before = await state(options)
      return { ...before, changes: [...before.changes, ...stepwise.changes] }
    }
    for (let next = stepwise.next(); next !== undefined; next = stepwise.next()) {
      try {
        const result = await this.#callLoaded<AdmitResult | typeof FAILED>('admit', next.call, stateNow)
        if (result === 'failed') next.refuse('Automerge can not take it in')
        else next.took(await this.#shakenOff(result))
      } catch (error) {
        if (isShoalError(error, 'STORE_DAMAGED')) throw error
        await this.close()
        next.refuse(`reading it took too much: ${toShoalError(error).message}`)
      }
    }
    const { view, heads } = await this.view({ document: call.document, heads: stepwise.heads }, stateNow)
    return { ...stepwise.result(), view, heads, isShaken: false }
  }

  /** Work of our own that found the worker dead, or dying of something else, is done by the next one. */
  async #again<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      if (isShoalError(error, 'STORE_DAMAGED')) throw error
      this.#log.warn('the document worker died; trying again', { error })
      return await work()
    }
  }

  /** Calls the worker, with the document's state when it asks for it; a snapshot that does not lead there is passed over. */
  async #callLoaded<Result>(method: string, call: Call, read: ReadState): Promise<Result> {
    const first = await this.#call<Result>(method, call)
    if (first !== 'need-state') return first
    const state = await read({ snapshot: true })
    const second = await this.#call<Result>(method, { ...call, state })
    if (second !== 'need-state') return second
    const third = state.snapshot === undefined ? second : await this.#call<Result>(method, { ...call, state: await read({ snapshot: false }) })
    return third !== 'need-state' ? third : fail('STORE_DAMAGED', `the document ${call.document} is not what its record says`, { document: call.document })
  }

  /** A worker that does not answer in time is ended. */
  async #call<Result>(method: string, argument: Call | { readonly changes: readonly Uint8Array[] }): Promise<Result | typeof NEED_STATE> {
    this.#thread ??= this.#start()
    const thread = this.#thread
    const late = deadline(WORKER_CALL_MS)
    const isLate = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(toShoalError(late.reason)), { once: true }))
    try {
      return await Promise.race([thread.call<Result | typeof NEED_STATE>(method, argument), isLate])
    } catch (error) {
      if (this.#thread === thread) this.#thread = undefined
      await thread.stop()
      throw error
    }
  }
}

/** Foreign logs taken apart into calls of one step each. */
class Stepwise {
  readonly #call: AdmitCall
  readonly #logs: { readonly log: ForeignLog, taken: number, changes: number, refused?: string, readonly done: (Done | undefined)[] }[]
  readonly #published: Published[]
  readonly #order: number[] = []
  /** Changes taken. */
  readonly changes: Uint8Array[] = []
  heads: readonly string[]
  #at = 0
  /** Logs looked at since the last step was taken. */
  #idle = 0

  constructor(call: AdmitCall) {
    this.#call = call
    this.heads = call.heads
    this.#published = [...call.published]
    this.#logs = call.logs.map(log => ({ log, taken: 0, changes: log.changes, done: [] }))
  }

  /** The next step to try, until no log gets on any more. */
  next(): { readonly call: AdmitCall, readonly took: (result: AdmitResult) => void, readonly refuse: (reason: string) => void } | undefined {
    while (this.#idle < this.#logs.length) {
      const at = this.#at
      const entry = this.#logs[at]
      const step = entry?.refused === undefined ? entry?.log.steps[entry.taken] : undefined
      if (entry !== undefined && step !== undefined) {
        const call = { document: this.#call.document, heads: this.heads, published: this.#published, logs: [{ ...entry.log, changes: entry.changes, steps: [step] }] }
        return { call, took: result => this.#took(at, step, result), refuse: reason => { entry.refused = reason } }
      }
      this.#pass()
    }
    return undefined
  }

  #pass(): void {
    this.#at = (this.#at + 1) % Math.max(1, this.#logs.length)
    this.#idle++
  }

  #took(at: number, step: ForeignStep, result: AdmitResult): void {
    const entry = this.#logs[at]
    const [only] = result.logs
    if (entry === undefined || only === undefined || only.taken === 0) {
      if (entry !== undefined && only?.refused !== undefined) entry.refused = only.refused
      return this.#pass()
    }
    this.#idle = 0
    this.heads = result.heads
    entry.taken++
    entry.done.push(...only.done)
    if (step.kind === 'change') {
      entry.changes++
      this.changes.push(step.bytes)
    }
    if (step.kind === 'publish') this.#published.push({ record: step.record, ...step.facts })
    this.#order.push(at)
  }

  result(): Pick<AdmitResult, 'logs' | 'order'> {
    return {
      logs: this.#logs.map(({ log, taken, done, refused }) => ({ log: log.log, taken, done, ...refused === undefined ? {} : { refused } })),
      order: this.#order
    }
  }
}
