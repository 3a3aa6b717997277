import type { VersionView } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import { isShoalError } from '../errors/index.ts'
import { type DeviceId, type Hash, hashFromHex, hashToHex } from '../model/index.ts'
import { Recent } from '../runtime/index.ts'
import { type MergeConflict, type MergedCommit, type TreeStats, emptyTree, mergeCommits, readCommit, treeStats } from '../trees/index.ts'

/** The state a version stands at. */
export interface Standing {
  /** Undefined for a version that was never edited. */
  readonly commit: Hash | undefined
  readonly tree: Hash
  /** Paths that edits made apart have differently; both contents are kept. */
  readonly conflicts: readonly MergeConflict[]
  /** The heads (hex) this is the merge of. */
  readonly heads: readonly string[]
  /** Heads (hex) that other nodes told of and whose content has not arrived yet. */
  readonly awaited: readonly string[]
}

/** Trees of this many commits are remembered: about what a page and a few scripts look at, at some hundred bytes each. */
const KEPT_STANDINGS = 4096

/** What a version holds that was never edited. */
const NOTHING: TreeStats = { files: 0, links: 0, bytes: 0 }

/** Knows which tree a version stands at. What a commit holds never changes, so answers are kept. */
export class Standings {
  readonly #storeOf: (version: VersionView) => ChunkStore
  readonly #device: DeviceId
  readonly #known = new Recent<Standing>(KEPT_STANDINGS)
  /** By tree (hex). */
  readonly #stats = new Recent<TreeStats>(KEPT_STANDINGS)

  /** @param storeOf what a version is looked up in */
  constructor(storeOf: (version: VersionView) => ChunkStore, device: DeviceId) {
    this.#storeOf = storeOf
    this.#device = device
  }

  /**
   * Where a version stands; heads that stand apart are merged, as every node merges them. A draft goes on with the heads that are here
   * while the content of others is still on its way.
   * @throws CHUNK_MISSING when none of its commits is here
   */
  async of(version: VersionView): Promise<Standing> {
    const { published, heads } = version
    if (published !== undefined) {
      const { commit, tree } = published
      return { commit: hashFromHex(commit), tree: hashFromHex(tree), conflicts: [], heads: [commit], awaited: [] }
    }
    const store = this.#storeOf(version)
    // Not remembered: no version names this tree, so it is put there anew wherever it may have been collected.
    if (heads.length === 0) return { commit: undefined, tree: await emptyTree(store), conflicts: [], heads, awaited: [] }
    try {
      return await this.#known.get(heads.join(' '), async () => ({ ...await this.#merge(store, heads), heads, awaited: [] }))
    } catch (error) {
      const partial = isShoalError(error, 'CHUNK_MISSING') && heads.length > 1 ? await this.#withoutAwaited(store, heads) : undefined
      if (partial === undefined) throw error
      return partial
    }
  }

  async #merge(store: ChunkStore, heads: readonly string[]): Promise<MergedCommit> {
    const hashes = heads.map(hashFromHex)
    const [first] = hashes
    if (first !== undefined && hashes.length === 1) return { commit: first, tree: (await readCommit(store, first)).tree, conflicts: [] }
    return mergeCommits(store, hashes)
  }

  /** The merge of as many heads as are here, this node's own first; not remembered, as the others may arrive any moment. */
  async #withoutAwaited(store: ChunkStore, heads: readonly string[]): Promise<Standing | undefined> {
    let found: Standing | undefined
    for (const head of await this.#ownFirst(store, heads)) {
      const chosen = [...found?.heads ?? [], head]
      try {
        const merged = await this.#merge(store, chosen)
        await treeStats(store, merged.tree)
        found = { ...merged, heads: chosen, awaited: [] }
      } catch (error) {
        if (!isShoalError(error, 'CHUNK_MISSING')) throw error
      }
    }
    return found === undefined ? undefined : { ...found, awaited: heads.filter(head => !found.heads.includes(head)) }
  }

  async #ownFirst(store: ChunkStore, heads: readonly string[]): Promise<readonly string[]> {
    const here = (await store.getMany(heads.map(hashFromHex))).map(bytes => bytes !== undefined)
    const own: string[] = []
    const others: string[] = []
    for (const head of heads.filter((_, i) => here[i])) ((await readCommit(store, hashFromHex(head))).by === this.#device ? own : others).push(head)
    return [...own, ...others]
  }

  async stats(version: VersionView): Promise<TreeStats> {
    if (version.published === undefined && version.heads.length === 0) return NOTHING
    const { tree } = await this.of(version)
    return this.#stats.get(hashToHex(tree), () => treeStats(this.#storeOf(version), tree))
  }
}
