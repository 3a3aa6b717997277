import type { ChunkStore } from '../../chunks/index.ts'
import { type Hash, isInside } from '../../model/index.ts'
import { type Entry, type TreeEdit, editTree } from '../../trees/index.ts'

/** Edits put into the tree at a time: bounds memory at some 10 MB. */
const EDITS_AT_ONCE = 20_000

/** Edits that come in the order of their paths and go into a tree by the thousand. */
export class TreeEdits {
  readonly #store: ChunkStore
  readonly #signal: AbortSignal
  #tree: Hash
  #edits: TreeEdit[] = []
  /** The entry put last: what lies below its path belongs into the same batch, or one of the two would be in the way of the other. */
  #lastPut: string | undefined

  constructor(store: ChunkStore, tree: Hash, signal: AbortSignal) {
    this.#store = store
    this.#tree = tree
    this.#signal = signal
  }

  async put(entry: Entry): Promise<void> {
    await this.#makeRoom(entry.path)
    this.#edits.push({ op: 'put', entry })
    this.#lastPut = entry.path
  }

  async remove(path: string): Promise<void> {
    await this.#makeRoom(path)
    this.#edits.push({ op: 'remove', path })
  }

  async #makeRoom(path: string): Promise<void> {
    if (this.#edits.length < EDITS_AT_ONCE || (this.#lastPut !== undefined && isInside(path, this.#lastPut))) return
    await this.finish()
  }

  /** The tree with all edits so far. @throws PATH_CLASH, DISK_FULL, CHUNK_MISSING */
  async finish(): Promise<Hash> {
    const edits = this.#edits
    this.#edits = []
    if (edits.length > 0) this.#tree = await editTree(this.#store, this.#tree, edits, { signal: this.#signal })
    return this.#tree
  }
}
