import { decodeChange, type DecodedChange } from '@automerge/automerge'
import type { DatasetId } from '../model/index.ts'
import { countOperations } from './change-form.ts'
import { type DocumentState, LoadedDocument } from './document.ts'
import { type Done, doneBy } from './document-index.ts'
import type { DocumentView } from './document-view.ts'
import { KEPT_DOCUMENTS, MAX_CHANGE_OPS } from './limits.ts'
import { type PublishFacts, type Published, publishProblem } from './publishing.ts'
import type { Edit } from './schema.ts'

/**
 * Holds Automerge documents by id, changes them, and judges what foreign logs say of them. Runs in the document worker, where everything is
 * synchronous: one call, one state. Each call names the heads it builds on; a document that stands elsewhere is loaded anew.
 */

/** Answered instead of a result when the document does not stand at `heads`: call again with its state. */
export const NEED_STATE = 'need-state'

export interface Call {
  readonly document: DatasetId
  /** Where the document must stand. Sorted. */
  readonly heads: readonly string[]
  readonly state?: DocumentState
}

export interface DocumentResult { readonly view: DocumentView, readonly heads: readonly string[] }

export interface ChangeCall extends Call {
  /** Of this device, 32 hexadecimal digits. */
  readonly actor: string
  readonly edits: readonly Edit[]
}
/** `change` is missing when the edits change nothing. */
export interface ChangeResult extends DocumentResult { readonly change?: { readonly bytes: Uint8Array, readonly done: Done, readonly operations: number } }

/** One step of a foreign log, its signature and place checked. */
export type ForeignStep =
  | { readonly kind: 'change', readonly bytes: Uint8Array }
  | { readonly kind: 'publish', readonly record: string, readonly facts: PublishFacts }
  | { readonly kind: 'receipt', readonly record: string }

export interface ForeignLog {
  readonly log: string
  /** Whose changes these are, 32 hexadecimal digits. */
  readonly actor: string
  /** Changes of this log that the document holds. */
  readonly changes: number
  readonly steps: readonly ForeignStep[]
}

export interface AdmitCall extends Call {
  readonly logs: readonly ForeignLog[]
  readonly published: readonly Published[]
}

export interface LogResult {
  readonly log: string
  /** Steps taken, from the first on; the others wait. */
  readonly taken: number
  /** For each step taken, what it did; undefined for one that is no change. */
  readonly done: readonly (Done | undefined)[]
  /** Why the step behind those taken can never be. */
  readonly refused?: string
}

export interface AdmitResult extends DocumentResult {
  readonly logs: readonly LogResult[]
  /** In which order the steps were taken, as indexes into `logs`: a step follows what it builds on. */
  readonly order: readonly number[]
  /** Automerge failed while it read a body: this thread should not be trusted with more. */
  readonly isShaken: boolean
}

/** Automerge failed on changes that looked right, nobody knows on which. The document is not loaded any more. */
export const FAILED = 'failed'

/** One workspace's documents for one device. */
export class DocumentEngine {
  /** Documents are loaded for one writer. */
  #actor: string | undefined
  readonly #documents = new Map<DatasetId, LoadedDocument>()

  change(call: ChangeCall): ChangeResult | typeof NEED_STATE {
    if (call.actor !== this.#actor) {
      for (const document of this.#documents.keys()) this.forget({ document })
      this.#actor = call.actor
    }
    const document = this.#standing(call)
    if (document === undefined) return NEED_STATE
    const change = document.change(call.edits)
    if (change === undefined) return { view: document.view, heads: document.heads }
    return { view: document.view, heads: document.heads, change: { ...change, operations: countOperations(change.bytes) ?? Infinity } }
  }

  admit(call: AdmitCall): AdmitResult | typeof NEED_STATE | typeof FAILED {
    const document = this.#standing(call)
    if (document === undefined) return NEED_STATE
    try {
      return new Judgement(document, call).run()
    } catch {
      this.forget(call)
      return FAILED
    }
  }

  /** What changes that count did. */
  describe({ changes }: { readonly changes: readonly Uint8Array[] }): Done[] {
    return changes.map(change => doneBy(decodeChange(change)))
  }

  view(call: Call): DocumentResult | typeof NEED_STATE {
    const document = this.#standing(call)
    return document === undefined ? NEED_STATE : { view: document.view, heads: document.heads }
  }

  save(call: Call): Uint8Array | typeof NEED_STATE {
    return this.#standing(call)?.save() ?? NEED_STATE
  }

  /** Drops a document; the next call loads it anew. */
  forget({ document }: { readonly document: DatasetId }): void {
    this.#documents.get(document)?.free()
    this.#documents.delete(document)
  }

  /** The document at the heads that are asked for. */
  #standing({ document: id, heads, state }: Call): LoadedDocument | undefined {
    const loaded = this.#documents.get(id)
    if (loaded !== undefined && isSame(loaded.heads, heads)) {
      this.#keep(id, loaded)
      return loaded
    }
    this.forget({ document: id })
    if (state === undefined && heads.length > 0) return undefined
    const made = loadedFrom(state ?? { changes: [] }, this.#actor)
    if (made === undefined || !isSame(made.heads, heads)) {
      made?.free()
      return undefined
    }
    this.#keep(id, made)
    return made
  }

  #keep(id: DatasetId, document: LoadedDocument): void {
    this.#documents.delete(id)
    this.#documents.set(id, document)
    const [oldest] = this.#documents.keys()
    if (this.#documents.size > KEPT_DOCUMENTS && oldest !== undefined) this.forget({ document: oldest })
  }
}

/** A document, or undefined where Automerge can not read its state. */
function loadedFrom(state: DocumentState, actor: string | undefined): LoadedDocument | undefined {
  try {
    return LoadedDocument.load(state, actor)
  } catch {
    return undefined // The caller says that the state is damaged.
  }
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item, i) => item === b[i])

/** The state of one log while it is judged. */
interface Progress { readonly log: ForeignLog, changes: number, refused: string | undefined, readonly done: (Done | undefined)[], decoded: DecodedChange | undefined }

/** One pass over foreign logs: takes each as far as what its steps follow is here, then all changes into the document at once. */
class Judgement {
  readonly #document: LoadedDocument
  readonly #published: Published[]
  readonly #logs: readonly Progress[]
  readonly #order: number[] = []
  #isShaken = false
  readonly #changes: { readonly bytes: Uint8Array, readonly decoded: DecodedChange }[] = []

  constructor(document: LoadedDocument, call: AdmitCall) {
    this.#document = document
    this.#published = [...call.published]
    this.#logs = call.logs.map(log => ({ log, changes: log.changes, refused: undefined, done: [], decoded: undefined }))
  }

  run(): AdmitResult {
    for (let before = -1; before !== this.#order.length;) {
      before = this.#order.length
      this.#logs.forEach((progress, i) => {
        while (this.#takeNext(progress)) this.#order.push(i)
      })
    }
    this.#document.apply(this.#changes)
    const logs = this.#logs.map(({ log, done, refused }) => ({ log: log.log, taken: done.length, done, ...refused === undefined ? {} : { refused } }))
    return { logs, order: this.#order, view: this.#document.view, heads: this.#document.heads, isShaken: this.#isShaken }
  }

  /** Whether the log's next step was taken. */
  #takeNext(progress: Progress): boolean {
    const step = progress.refused === undefined ? progress.log.steps[progress.done.length] : undefined
    if (step === undefined) return false
    return step.kind === 'change' ? this.#takeChange(progress, step.bytes) : this.#takeWord(progress, step)
  }

  #takeWord(progress: Progress, step: Exclude<ForeignStep, { kind: 'change' }>): boolean {
    if (step.kind === 'receipt') {
      if (!this.#published.some(item => item.record === step.record)) return false
    } else {
      const isReady = this.#document.index.hasAll(step.facts.heads) && step.facts.after.every(hash => this.#published.some(item => item.record === hash))
      if (!isReady) return false
      progress.refused = publishProblem(step.facts, this.#published)
      if (progress.refused !== undefined) return false
      this.#published.push({ record: step.record, ...step.facts })
    }
    progress.done.push(undefined)
    return true
  }

  #takeChange(progress: Progress, bytes: Uint8Array): boolean {
    progress.decoded ??= this.#decode(progress, bytes)
    const { decoded, log: { actor }, changes: count } = progress
    const { index } = this.#document
    if (decoded === undefined || !index.hasAll(decoded.deps)) return false
    progress.refused = index.problemOf(decoded, { actor, count })
    if (progress.refused !== undefined) return false
    index.add(decoded)
    this.#changes.push({ bytes, decoded })
    progress.decoded = undefined
    progress.changes++
    progress.done.push(doneBy(decoded))
    return true
  }

  /** A change taken apart; undefined, with the log refused, where the bytes are none. */
  #decode(progress: Progress, bytes: Uint8Array): DecodedChange | undefined {
    const operations = countOperations(bytes)
    if (operations === undefined || operations > MAX_CHANGE_OPS) {
      progress.refused = operations === undefined ? 'its body is no Automerge change' : `it has ${operations} operations`
      return undefined
    }
    try {
      return decodeChange(bytes)
    } catch (error) {
      this.#isShaken = true
      progress.refused = `its body is no Automerge change: ${String(error).slice(0, 200)}`
      return undefined
    }
  }
}
