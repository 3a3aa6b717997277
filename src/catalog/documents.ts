import { type ShoalError, fail, isShoalError } from '../errors/index.ts'
import type { DatasetId } from '../model/index.ts'
import { type Log, type Thread, sleep, startThread } from '../runtime/index.ts'
import type { AdmitCall, AdmitResult, ChangeCall, ChangeResult, DocumentState, NEED_STATE, Verdict } from './document-engine.ts'
import type { DocumentView } from './document-view.ts'

/** Automerge loads a foreign change in milliseconds; one that takes longer than this is a bomb. Milliseconds. */
const CALL_WITHIN_MS = 60_000

/**
 * The calling side of the document worker: started when it is first needed, started again when it died. Documents are loaded from
 * `stateOf` when the worker does not have them.
 */
export class Documents {
  readonly #stateOf: (document: DatasetId) => Promise<DocumentState>
  readonly #log: Log
  #thread: Thread | undefined
  /** Documents changed here since somebody cleared this: what to forget when that came to nothing. */
  readonly touched = new Set<DatasetId>()

  constructor(stateOf: (document: DatasetId) => Promise<DocumentState>, log: Log) {
    this.#stateOf = stateOf
    this.#log = log
  }

  change(call: ChangeCall): Promise<ChangeResult> {
    return this.#call<ChangeResult>('change', call).then(result => {
      this.touched.add(call.document)
      return result
    })
  }

  /** Judges foreign changes. One that kills the worker is found and refused; the others are judged without it. */
  async admit(call: AdmitCall): Promise<AdmitResult> {
    this.touched.add(call.document)
    try {
      return await this.#call('admit', call)
    } catch (error) {
      if (!isShoalError(error, 'INTERNAL') && !isShoalError(error, 'TIMED_OUT')) throw error
      this.#log.warn('the document worker died of foreign changes; judging them one by one', { document: call.document, error })
      return await this.#admitCarefully(call)
    }
  }

  async #admitCarefully(call: AdmitCall): Promise<AdmitResult> {
    const verdicts: Verdict[] = []
    const taken: AdmitCall['changes'][number][] = []
    for (const change of call.changes) {
      const result = await this.#tryTwice({ document: call.document, changes: [...taken, change] })
      const verdict = isShoalError(result) ? { refused: `reading it took too much: ${result.message}` } : result.verdicts.at(-1) ?? 'waiting'
      if (verdict === 'taken') taken.push(change)
      verdicts.push(verdict)
    }
    const { view, heads } = await this.#call<AdmitResult>('admit', { document: call.document, changes: taken })
    return { verdicts, view, heads }
  }

  /** The document by itself must load; what fails then, twice and on a fresh thread, fails because of the last change. */
  async #tryTwice(call: AdmitCall): Promise<AdmitResult | ShoalError> {
    for (let attempt = 1; ; attempt++) {
      await this.view(call.document)
      try {
        return await this.#call<AdmitResult>('admit', call)
      } catch (error) {
        if (!isShoalError(error, 'INTERNAL') && !isShoalError(error, 'TIMED_OUT')) throw error
        if (attempt === 2) return error
      }
    }
  }

  view(document: DatasetId): Promise<{ view: DocumentView, heads: readonly string[] }> {
    return this.#call('view', { document })
  }

  save(document: DatasetId): Promise<Uint8Array> {
    return this.#call('save', { document })
  }

  /** Drops a document whose last change did not become durable. */
  async forget(document: DatasetId): Promise<void> {
    try {
      if (this.#thread !== undefined) await this.#ask('forget', { document })
    } catch (error) {
      this.#log.warn('the document worker was ended because it could not drop a document', { document, error })
      await this.close()
    }
  }

  async close(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.stop()
  }

  async #call<Result>(method: string, argument: AdmitCall | ChangeCall | { readonly document: DatasetId }): Promise<Result> {
    try {
      const first = await this.#ask<Result>(method, argument)
      if (first !== 'need-state') return first
      const state = await this.#stateOf(argument.document)
      const second = await this.#ask<Result>(method, { ...argument, state })
      return second === 'need-state' ? fail('INTERNAL', `the document ${argument.document} did not load`) : second
    } catch (error) {
      if (isShoalError(error, 'LIMIT_EXCEEDED') || isShoalError(error, 'FIELD_INVALID')) throw error // The engine said no and left all as it was.
      // Whatever it was, the thread's documents may be half-changed or its memory poisoned: the next call gets a fresh one.
      await this.close()
      throw error
    }
  }

  /** Automerge works synchronously: a thread that is stuck hears no cancelling, so it is left behind. */
  async #ask<Result>(method: string, argument: unknown): Promise<Result | typeof NEED_STATE> {
    const late = new AbortController()
    const limit = sleep(CALL_WITHIN_MS, late.signal).then(() => fail('TIMED_OUT', 'a document took too long to load or change'))
    try {
      return await Promise.race([this.#running().call<Result | typeof NEED_STATE>(method, argument), limit])
    } finally {
      limit.catch(() => undefined) // Cancelled below: nobody waits for it any more.
      late.abort()
    }
  }

  #running(): Thread {
    this.#thread ??= startThread(new URL('./document-worker.js', import.meta.url), { name: 'shoal documents' })
    return this.#thread
  }
}
