import type { DecodedChange } from '@automerge/automerge'
import { MAX_CHANGE_DEPS, MAX_CHANGE_OPS } from './limits.ts'
import { type Edit, type Scalar, isWrittenOnce, problemOf } from './schema.ts'

/** By actor, the last operation a change follows (its own included). */
type Past = ReadonlyMap<string, number>

/**
 * Judges foreign changes of one document by what they follow. Automerge trusts their authors, and one that lies about what it overwrites
 * is taken in differently by nodes that have seen different things, or makes a document that can be saved but never loaded again. So
 * everything a change says of others' operations is compared with those operations, and all its counters with what it follows.
 */
export class DocumentIndex {
  /** By hash of a change. */
  readonly #pasts = new Map<string, Past>()
  /** The key each operation wrote, by operation id. */
  readonly #keys = new Map<string, string>()
  /** By actor, its last operation. */
  readonly #last = new Map<string, number>()

  static of(changes: readonly DecodedChange[]): DocumentIndex {
    const index = new DocumentIndex()
    for (const change of changes) index.add(change)
    return index
  }

  has(change: string): boolean {
    return this.#pasts.has(change)
  }

  hasAll(changes: readonly string[]): boolean {
    return changes.every(change => this.#pasts.has(change))
  }

  /** Adds a change that is in the document, or was judged and is about to be. */
  add(change: DecodedChange): void {
    const past = new Map(this.#union(change.deps))
    const last = change.startOp + change.ops.length - 1
    past.set(change.actor, last)
    this.#last.set(change.actor, last)
    this.#pasts.set(change.hash ?? '', past)
    change.ops.forEach((op, i) => {
      if (op.action !== 'del') this.#keys.set(`${change.startOp + i}@${change.actor}`, String(op.key))
    })
  }

  /** What is wrong with a change whose dependencies are all here; undefined when nothing is. @param count its author's changes before */
  problemOf(change: DecodedChange, expected: { readonly actor: string, readonly count: number }): string | undefined {
    if (change.actor !== expected.actor) return 'its actor is not its author\'s'
    if (change.seq !== expected.count + 1) return `it is its author's change ${change.seq} instead of ${expected.count + 1}`
    if (change.deps.length > MAX_CHANGE_DEPS) return `it follows more than ${MAX_CHANGE_DEPS} changes`
    if (change.time !== 0 || (change.message ?? null) !== null || (change.author ?? null) !== null) return 'it carries a time, a message or an author, which envelopes have'
    if (change.ops.length === 0 || change.ops.length > MAX_CHANGE_OPS) return `it has ${change.ops.length} operations`
    const past = this.#union(change.deps)
    const last = Math.max(0, ...past.values())
    if (change.startOp !== last + 1) return `its operations are counted from ${change.startOp} instead of ${last + 1}`
    // The author's own change before is part of what it follows, or two of its operations could have one name.
    if (past.get(change.actor) !== this.#last.get(change.actor)) return 'it does not follow its author\'s change before'
    const touched = new Set<string>()
    for (const op of change.ops) {
      const problem = operationProblem(op) ?? this.#overwriteProblem(op, past) ?? (touched.has(op.key) ? 'it writes a key twice' : undefined)
      if (problem !== undefined) return problem
      touched.add(op.key)
    }
    return undefined
  }

  #overwriteProblem({ action, key, pred }: Operation, past: Past): string | undefined {
    if (action === 'del' && pred.length === 0) return 'it removes what was never there'
    if (pred.length > 0 && isWrittenOnce(String(key))) return `it writes ${String(key)} again`
    if (new Set(pred).size !== pred.length) return 'it overwrites one operation twice'
    for (const id of pred) {
      const at = id.indexOf('@')
      const isInPast = Number(id.slice(0, at)) <= (past.get(id.slice(at + 1)) ?? 0)
      if (!isInPast || this.#keys.get(id) !== key) return 'it overwrites an operation that it does not follow'
    }
    return undefined
  }

  #union(changes: readonly string[]): Past {
    const [first] = changes
    if (changes.length === 1 && first !== undefined) return this.#pasts.get(first) ?? new Map<string, number>()
    const union = new Map<string, number>()
    for (const change of changes) {
      for (const [actor, op] of this.#pasts.get(change) ?? []) union.set(actor, Math.max(op, union.get(actor) ?? 0))
    }
    return union
  }
}

type Operation = DecodedChange['ops'][number]

/** What is wrong with an operation by itself: anything but writing or removing one scalar of the map there is. */
function operationProblem(op: Operation): string | undefined {
  const { action, obj, key } = op
  if (obj !== '_root' || typeof key !== 'string' || 'insert' in op || 'elemId' in op) return 'it touches more than the document\'s one map'
  if (action === 'del') return problemOf({ key })
  if (action !== 'set') return `it has the operation ${String(action)}`
  const { value, datatype } = op as { readonly value?: unknown, readonly datatype?: unknown }
  if (!isScalar(value) || datatype !== (typeof value === 'number' ? 'int' : undefined)) return `a value ${key} can not have`
  return problemOf({ key, value })
}

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'

/** What one step did. */
export interface Done {
  readonly edits: readonly Edit[]
  /** Higher than that of every change it follows: Automerge's number of its first operation. */
  readonly order: number
}

export const doneBy = (change: DecodedChange): Done => ({
  order: change.startOp,
  edits: change.ops.map(op => op.action === 'del' ? { key: String(op.key) } : { key: String(op.key), value: op.value as Scalar })
})
