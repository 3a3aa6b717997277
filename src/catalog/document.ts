import { type DecodedChange, decodeChange, getBackend, init } from '@automerge/automerge'
import { fail } from '../errors/index.ts'
import { type Done, DocumentIndex, doneBy } from './document-index.ts'
import { type DocumentView, type Keys, viewOf } from './document-view.ts'
import type { Edit, Scalar } from './schema.ts'

type Handle = ReturnType<typeof getBackend>

/** What a document is made from: a snapshot and the changes behind it. All of it was hash-checked on its way from the disk. */
export interface DocumentState { readonly snapshot?: Uint8Array, readonly changes: readonly Uint8Array[] }

/** A document with what it says now. Works on Automerge's own handle: the proxies around it cost more than the changes. */
export class LoadedDocument {
  readonly #handle: Handle
  readonly #keys = new Map<string, { readonly value: Scalar, readonly actor: string }>()
  #index: DocumentIndex | undefined
  #view: DocumentView | undefined

  private constructor(handle: Handle) {
    this.#handle = handle
    for (const key of handle.keys('_root')) this.#read(key)
  }

  /** @param actor of who will change it, 32 hexadecimal digits */
  static load(state: DocumentState, actor?: string): LoadedDocument {
    const handle = getBackend(init(actor === undefined ? {} : { actor }))
    if (state.snapshot !== undefined) handle.loadIncremental(state.snapshot)
    if (state.changes.length > 0) handle.applyChanges([...state.changes])
    return new LoadedDocument(handle)
  }

  get heads(): readonly string[] { return this.#handle.getHeads().sort() }

  get keys(): Keys { return this.#keys }

  get view(): DocumentView {
    this.#view ??= viewOf(this.#keys)
    return this.#view
  }

  /** What foreign changes are judged by; made when it is first asked for. */
  get index(): DocumentIndex {
    this.#index ??= DocumentIndex.of(this.#handle.getChanges([]).map(change => decodeChange(change)))
    return this.#index
  }

  /**
   * Makes one change of edits; ones that change nothing are left out.
   * @returns the change's bytes and what it did, or undefined when nothing changes
   */
  change(edits: readonly Edit[]): { readonly bytes: Uint8Array, readonly done: Done } | undefined {
    const lastOfEach = new Map(edits.map(edit => [edit.key, edit]))
    const effective = [...lastOfEach.values()].filter(edit => this.#differs(edit))
    if (effective.length === 0) return undefined
    for (const { key, value } of effective) {
      if (value === undefined) this.#handle.delete('_root', key)
      else this.#handle.put('_root', key, value, datatypeOf(value))
    }
    this.#handle.commit(undefined, 0)
    const bytes = this.#handle.getLastLocalChange() ?? fail('INTERNAL', 'Automerge made no change of edits that change something')
    for (const { key } of effective) this.#read(key)
    this.#view = undefined
    const decoded = decodeChange(bytes)
    if (this.#index !== undefined) this.#index.add(decoded)
    return { bytes, done: doneBy(decoded) }
  }

  /** Takes in changes that `index` has judged and holds already. @throws what Automerge throws; the document is lost then */
  apply(changes: readonly { readonly bytes: Uint8Array, readonly decoded: DecodedChange }[]): void {
    if (changes.length === 0) return
    this.#handle.applyChanges(changes.map(change => change.bytes))
    for (const { decoded } of changes) for (const op of decoded.ops) this.#read(String(op.key))
    this.#view = undefined
  }

  save(): Uint8Array {
    return this.#handle.save()
  }

  free(): void {
    this.#handle.free()
  }

  #read(key: string): void {
    const [, value, op] = this.#handle.getAll('_root', key).at(-1) ?? []
    const plain = value as unknown
    if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean') this.#keys.set(key, { value: plain, actor: String(op).slice(String(op).indexOf('@') + 1) })
    else this.#keys.delete(key)
  }

  /**
   * Whether an edit changes what shows. Of values written apart one shows, everywhere the same: writing that once more is no change,
   * though Automerge would make one of it that deletes the others, and a deletion of what never goes is refused by other nodes.
   */
  #differs({ key, value }: Edit): boolean {
    return this.#keys.get(key)?.value !== value
  }
}

const datatypeOf = (value: Scalar): 'str' | 'int' | 'boolean' => typeof value === 'string' ? 'str' : typeof value === 'number' ? 'int' : 'boolean'
