import * as Automerge from '@automerge/automerge'
import { fail } from '../errors/index.ts'
import type { DatasetId } from '../model/index.ts'
import { type DatasetDocument, type Stamp, type Step, applyStep } from './document.ts'
import { type DocumentView, viewOf } from './document-view.ts'

/** Holds Automerge documents by id, changes them, and judges foreign changes. Everything here is synchronous: one call, one state. */

/** What a document is made from: a snapshot and changes behind it. All of it was hash-checked on its way from the disk. */
export interface DocumentState { readonly snapshot?: Uint8Array, readonly changes: readonly Uint8Array[] }

/** Answered instead of a result when the document is not loaded: call again with its state. */
export const NEED_STATE = 'need-state'

export interface ChangeCall extends Stamp { readonly document: DatasetId, readonly actor: string, readonly steps: readonly Step[], readonly state?: DocumentState }
export interface ChangeResult { readonly change: Uint8Array, readonly view: DocumentView, readonly heads: readonly string[] }

export interface AdmitCall { readonly document: DatasetId, readonly changes: readonly { readonly bytes: Uint8Array, readonly actor: string }[], readonly state?: DocumentState }
/** For each change: taken, waiting for changes it follows, or the reason why it is refused. */
export type Verdict = 'taken' | 'waiting' | { readonly refused: string }
export interface AdmitResult { readonly verdicts: readonly Verdict[], readonly view: DocumentView, readonly heads: readonly string[] }

/** Operations of one change: far more than any named change needs. */
const MAX_CHANGE_OPS = 10_000
/** Bytes of a change, as compressed as it comes: what an envelope holds. */
const MAX_CHANGE_BYTES = 1024 * 1024
/** Characters of all keys and values of a change together, unpacked: a small change can stand for gigabytes. */
const MAX_CHANGE_TEXT = 4 * 1024 * 1024
/** Documents kept loaded; each takes some 100 KB. */
const KEPT_DOCUMENTS = 200

type Doc = Automerge.Doc<DatasetDocument>
const documents = new Map<DatasetId, Doc>()

function keep(id: DatasetId, doc: Doc): void {
  documents.delete(id)
  documents.set(id, doc)
  if (documents.size <= KEPT_DOCUMENTS) return
  const [oldest] = documents.keys()
  if (oldest !== undefined) forget({ document: oldest })
}

function forget({ document }: { document: DatasetId }): void {
  const doc = documents.get(document)
  if (doc !== undefined) Automerge.free(doc)
  documents.delete(document)
}

/** The loaded document, or one made from `state`. */
function load(id: DatasetId, state: DocumentState | undefined): Doc | undefined {
  const loaded = documents.get(id)
  if (loaded !== undefined || state === undefined) return loaded
  const base = state.snapshot === undefined ? Automerge.init<DatasetDocument>() : Automerge.load<DatasetDocument>(state.snapshot)
  const doc = state.changes.length === 0 ? base : Automerge.applyChanges<DatasetDocument>(base, [...state.changes])[0]
  keep(id, doc)
  return doc
}

function change(call: ChangeCall): ChangeResult | typeof NEED_STATE {
  const doc = load(call.document, call.state)
  if (doc === undefined) return NEED_STATE
  // The actor goes with the device that writes; documents are kept without one.
  const mine = Automerge.clone(doc, { actor: call.actor })
  const changed = Automerge.change(mine, { time: 0 }, draft => {
    for (const step of call.steps) applyStep(draft, step, call)
  })
  const isSame = Automerge.hasHeads(doc, Automerge.getHeads(changed))
  // Of a change that changed nothing, the last local one would be an older one.
  const bytes = isSame ? new Uint8Array() : Automerge.getLastLocalChange(changed) ?? fail('INTERNAL', `the change of ${call.document} is not there`)
  const form = isSame ? undefined : checkForm({ bytes, actor: call.actor })
  if (form !== undefined && 'refused' in form) {
    Automerge.free(changed)
    fail('LIMIT_EXCEEDED', `nobody would take this change: ${form.refused}`, { dataset: call.document })
  }
  Automerge.free(doc)
  keep(call.document, changed)
  return { change: bytes, view: viewOf(call.document, changed), heads: Automerge.getHeads(changed) }
}

function admit(call: AdmitCall): AdmitResult | typeof NEED_STATE {
  const doc = load(call.document, call.state)
  if (doc === undefined) return NEED_STATE
  const form = call.changes.map(checkForm)
  const verdicts = admitTogether(call, form) ?? admitOneByOne(call, form)
  const now = documents.get(call.document) ?? doc
  return { verdicts, view: viewOf(call.document, now), heads: Automerge.getHeads(now) }
}

/** What is wrong with a change by itself; undefined when nothing is. */
function checkForm({ bytes, actor }: AdmitCall['changes'][number]): { refused: string } | { hash: string, deps: readonly string[] } {
  try {
    const decoded = Automerge.decodeChange(bytes)
    if (decoded.actor !== actor) return { refused: 'its actor is not its author\'s' }
    if (bytes.length > MAX_CHANGE_BYTES) return { refused: `it has more than ${MAX_CHANGE_BYTES} bytes` }
    if (textOf(decoded.ops) > MAX_CHANGE_TEXT) return { refused: `its texts have more than ${MAX_CHANGE_TEXT} characters` }
    if (decoded.ops.length > MAX_CHANGE_OPS) return { refused: `it has more than ${MAX_CHANGE_OPS} operations` }
    return { hash: decoded.hash ?? '', deps: decoded.deps }
  } catch (error) {
    throwIfPoisoned(error)
    return { refused: `it is no Automerge change: ${String(error).slice(0, 200)}` }
  }
}

const textOf = (ops: readonly { readonly key?: unknown, readonly value?: unknown }[]): number =>
  ops.reduce((sum, { key, value }) => sum + (typeof key === 'string' ? key.length : 0) + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0), 0)

/** After WebAssembly ran out of memory or panicked, no document of this thread can be trusted: what failed says nothing about the change it met. */
function throwIfPoisoned(error: unknown): void {
  if (error instanceof Error && (error.name === 'RuntimeError' || /terminated|unreachable|out of memory|panick/i.test(error.message))) {
    fail('INTERNAL', `Automerge broke: ${error.message.slice(0, 200)}`, {}, error)
  }
}

type Form = ReturnType<typeof checkForm>

/** The quick way: all at once, on a copy. Undefined when any is not taken cleanly; the document is as before then. */
function admitTogether(call: AdmitCall, form: readonly Form[]): Verdict[] | undefined {
  const doc = documents.get(call.document)
  if (doc === undefined || form.some(item => 'refused' in item)) return undefined
  const copy = Automerge.clone(doc)
  try {
    const [next] = Automerge.applyChanges<DatasetDocument>(copy, call.changes.map(item => item.bytes))
    if (Automerge.hasHeads(next, form.map(item => 'hash' in item ? item.hash : ''))) {
      Automerge.free(doc)
      keep(call.document, next)
      return call.changes.map(() => 'taken')
    }
  } catch (error) {
    throwIfPoisoned(error)
    // One of them is bad: they are judged one by one.
  }
  Automerge.free(copy)
  return undefined
}

function admitOneByOne(call: AdmitCall, form: readonly Form[]): Verdict[] {
  /** Actors a step of which was not taken: what comes behind it waits. */
  const stopped = new Set<string>()
  return call.changes.map((change, i) => {
    if (stopped.has(change.actor)) return 'waiting'
    const verdict = admitOne(call.document, change.bytes, form[i])
    if (verdict !== 'taken') stopped.add(change.actor)
    return verdict
  })
}

function admitOne(id: DatasetId, bytes: Uint8Array, item: Form | undefined): Verdict {
  const doc = documents.get(id)
  if (item === undefined || doc === undefined || 'refused' in item) return item !== undefined && 'refused' in item ? item : { refused: 'it was not read' }
  if (!Automerge.hasHeads(doc, [...item.deps])) return 'waiting'
  const copy = Automerge.clone(doc)
  try {
    const [next] = Automerge.applyChanges<DatasetDocument>(copy, [bytes])
    if (!Automerge.hasHeads(next, [item.hash])) {
      Automerge.free(next)
      return { refused: 'it does not become what it says' }
    }
    Automerge.free(doc)
    keep(id, next)
    return 'taken'
  } catch (error) {
    throwIfPoisoned(error)
    Automerge.free(copy)
    return { refused: `it can not be applied: ${String(error).slice(0, 200)}` }
  }
}

function view(call: { document: DatasetId, state?: DocumentState }): { view: DocumentView, heads: readonly string[] } | typeof NEED_STATE {
  const doc = load(call.document, call.state)
  return doc === undefined ? NEED_STATE : { view: viewOf(call.document, doc), heads: Automerge.getHeads(doc) }
}

function save(call: { document: DatasetId, state?: DocumentState }): Uint8Array | typeof NEED_STATE {
  const doc = load(call.document, call.state)
  return doc === undefined ? NEED_STATE : Automerge.save(doc)
}

export const handlers = { change, admit, view, save, forget }
export type DocumentHandlers = typeof handlers
