import type { ChunkStore } from '../../chunks/index.ts'
import { type Hash, comparePaths } from '../../model/index.ts'
import { type Entry, getEntry, treeEntries } from '../../trees/index.ts'
import { type Held, type Row, heldOf } from '../rows/index.ts'

/** What a version holds where an import goes, one path after the other: its tree, or rows that are known to tell the same. */
export interface VersionSide {
  /** The path at hand; undefined behind the last. */
  readonly path: string | undefined
  readonly kind: Row['kind']
  /** What the file at hand holds. */
  held(): Held | undefined
  advance(): void | Promise<void>
}

/** Entries walked over to get to a path; farther away it is looked up. */
const WALKED_ENTRIES = 1000

/** A version's tree as one side of a comparison. */
export class TreeSide implements VersionSide {
  readonly #store: ChunkStore
  readonly #tree: Hash
  readonly #prefix: string
  #entries: AsyncGenerator<Entry, void, undefined>
  #entry: Entry | undefined

  private constructor(store: ChunkStore, tree: Hash, prefix: string) {
    this.#store = store
    this.#tree = tree
    this.#prefix = prefix
    this.#entries = treeEntries(store, tree, { prefix })
  }

  /** @param prefix folder of the version that is looked at @throws CHUNK_MISSING, CHUNK_DAMAGED, as all of it */
  static async open(store: ChunkStore, tree: Hash, prefix: string): Promise<TreeSide> {
    const side = new TreeSide(store, tree, prefix)
    await side.advance()
    return side
  }

  get path(): string | undefined { return this.#entry?.path }
  get kind(): Row['kind'] { return this.#entry?.kind ?? 'file' }
  held(): Held | undefined { return this.#entry?.kind === 'file' ? heldOf(this.#entry) : undefined }

  async advance(): Promise<void> {
    const step = await this.#entries.next()
    this.#entry = step.done === true ? undefined : step.value
  }

  /** To the first entry at or behind `path`, whatever lies between. */
  async seek(path: string): Promise<void> {
    for (let walked = 0; this.path !== undefined && comparePaths(this.path, path) < 0; walked++) {
      if (walked < WALKED_ENTRIES) await this.advance()
      else {
        this.#entries = treeEntries(this.#store, this.#tree, { prefix: this.#prefix, after: path })
        this.#entry = await getEntry(this.#store, this.#tree, path)
        if (this.#entry === undefined) await this.advance()
      }
    }
  }
}
