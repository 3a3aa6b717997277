import type { VersionView } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import { type Hash, hashFromHex } from '../model/index.ts'
import { emptyTree, mergeCommits, readCommit, treeStats, type MergeConflict, type TreeStats } from '../trees/index.ts'
import { Recent } from './recent.ts'

/** The state a version stands at. */
export interface Standing {
  /** Undefined for a version that was never edited. */
  readonly commit: Hash | undefined
  readonly tree: Hash
  /** Paths that edits made apart have differently; both contents are kept. */
  readonly conflicts: readonly MergeConflict[]
}

/** Trees of this many commits are remembered: about what a page and a few scripts look at, at some hundred bytes each. */
const KEPT_STANDINGS = 4096

/** Knows which tree a version stands at. What a commit holds never changes, so answers are kept. */
export class Standings {
  readonly #store: ChunkStore
  readonly #known = new Recent<Standing>(KEPT_STANDINGS)

  constructor(store: ChunkStore) {
    this.#store = store
  }

  /** Where a version stands; heads that stand apart are merged, as every node merges them. @throws CHUNK_MISSING when its commits are not here */
  async of(version: VersionView): Promise<Standing> {
    const { published } = version
    if (published !== undefined) return { commit: hashFromHex(published.commit), tree: hashFromHex(published.tree), conflicts: [] }
    // Not remembered: no version names this tree, so it is put there anew wherever it may have been collected.
    if (version.heads.length === 0) return { commit: undefined, tree: await emptyTree(this.#store), conflicts: [] }
    return this.#known.get(version.heads.join(' '), () => this.#find(version.heads.map(hashFromHex)))
  }

  async #find(heads: readonly Hash[]): Promise<Standing> {
    const [first] = heads
    if (first !== undefined && heads.length === 1) return { commit: first, tree: (await readCommit(this.#store, first)).tree, conflicts: [] }
    return mergeCommits(this.#store, heads)
  }

  async stats(version: VersionView): Promise<TreeStats> {
    return treeStats(this.#store, (await this.of(version)).tree)
  }
}
