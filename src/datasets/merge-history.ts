import type { ChunkStore } from '../chunks/index.ts'
import { isShoalError } from '../errors/index.ts'
import { type DeviceId, type Hash, hashToHex } from '../model/index.ts'
import { type Commit, type Entry, type MergeConflict, getEntry, mergeCommits, readCommit } from '../trees/index.ts'
import { Recent } from '../runtime/index.ts'

/** One of the two contents of a conflict. */
export interface Side {
  /** Undefined for the side that removed it. */
  readonly entry: Entry | undefined
  /** Who committed it, and when (milliseconds since 1970); undefined where that is a merge itself, or where it was edited after the merge. */
  readonly by: DeviceId | undefined
  readonly at: number | undefined
}

/** A conflict as a merge found it. */
export interface FoundConflict {
  /** What a commit settles it by: where the other content is kept, or the path where one side removed it. */
  readonly key: string
  readonly path: string
  readonly keptAt: string | undefined
  /** What has the path. */
  readonly kept: Side
  /** What was kept elsewhere, or removed. */
  readonly aside: Side
}

/** What the merges behind a commit found, and the keys of what later commits settled. A later merge may find the same path again. */
interface Merges { readonly found: readonly FoundConflict[], readonly settled: ReadonlySet<FoundConflict> }

const NO_MERGES: Merges = { found: [], settled: new Set() }
/** Commits whose merges are remembered: one or two for each draft that is looked at, and those on the way to them. */
const KEPT_MERGES = 16_384
/** Commits looked at behind one head: what was merged before so many edits is nobody's question any more. */
const MAX_COMMITS = 16_384

/** Knows what the merges of drafts found. Merges are functions of their commits, so every node finds the same. */
export class MergeHistory {
  readonly #store: ChunkStore
  readonly #known = new Recent<Merges>(KEPT_MERGES)

  constructor(store: ChunkStore) {
    this.#store = store
  }

  /**
   * Conflicts of all merges a commit comes from that no commit settled, oldest first.
   * @param sealed commits (hex) of published versions: what lies behind them is over
   */
  async unsettled(head: Hash, sealed: ReadonlySet<string>): Promise<readonly FoundConflict[]> {
    const { found, settled } = await this.#behind(head, sealed)
    return found.filter(conflict => !settled.has(conflict))
  }

  async #behind(head: Hash, sealed: ReadonlySet<string>): Promise<Merges> {
    const made = new Map<string, Merges>()
    const open: { readonly hash: Hash, commit?: Commit | undefined }[] = [{ hash: head }]
    while (open.length > 0) {
      const place = open.at(-1) as typeof open[number]
      const name = hashToHex(place.hash)
      const known = made.get(name) ?? this.#known.peek(name)
      if (known !== undefined || sealed.has(name) || open.length + made.size > MAX_COMMITS) {
        made.set(name, known ?? NO_MERGES)
        open.pop()
      } else if (place.commit === undefined) {
        place.commit = await this.#commit(place.hash)
        if (place.commit === undefined) made.set(name, NO_MERGES)
        else open.push(...place.commit.parents.map(hash => ({ hash })))
      } else {
        const merges = await this.#after(place.commit, place.commit.parents.map(parent => made.get(hashToHex(parent)) ?? NO_MERGES))
        made.set(name, merges)
        this.#known.set(name, merges)
        open.pop()
      }
    }
    return made.get(hashToHex(head)) ?? NO_MERGES
  }

  async #after(commit: Commit, parents: readonly Merges[]): Promise<Merges> {
    const [first = NO_MERGES] = parents
    const isMerge = parents.length > 1
    if (!isMerge && commit.settles === undefined) return first
    const found = isMerge ? [...new Set([...parents.flatMap(merges => merges.found), ...await this.#foundBy(commit)])] : first.found
    const settled = new Set(parents.flatMap(merges => [...merges.settled]))
    for (const conflict of found) if (commit.settles?.includes(conflict.key) === true) settled.add(conflict)
    return { found, settled }
  }

  async #foundBy(merge: Commit): Promise<FoundConflict[]> {
    try {
      const { conflicts } = await mergeCommits(this.#store, merge.parents)
      const found: FoundConflict[] = []
      for (const conflict of conflicts) found.push(await this.#described(merge, conflict))
      return found
    } catch (error) {
      if (isShoalError(error, 'CHUNK_MISSING')) return [] // What was merged there is not here any more.
      throw error
    }
  }

  async #described(merge: Commit, { path, ours, theirs, keptAt }: MergeConflict): Promise<FoundConflict> {
    const [one, other] = [await this.#side(merge, path, ours), await this.#side(merge, path, theirs)]
    const aside = keptAt === undefined ? undefined : await getEntry(this.#store, merge.tree, keptAt)
    const isOursAside = keptAt === undefined ? ours === undefined : isSame(aside, ours)
    return { key: keptAt ?? path, path, keptAt, kept: isOursAside ? other : one, aside: isOursAside ? one : other }
  }

  /** A content with the commit that brought it into the merge. */
  async #side(merge: Commit, path: string, entry: Entry | undefined): Promise<Side> {
    for (const hash of merge.parents) {
      const { tree, by, at } = await readCommit(this.#store, hash)
      if (by !== undefined && isSame(await getEntry(this.#store, tree, path), entry)) return { entry, by, at }
    }
    return { entry, by: undefined, at: undefined }
  }

  async #commit(hash: Hash): Promise<Commit | undefined> {
    try {
      return await readCommit(this.#store, hash)
    } catch (error) {
      if (isShoalError(error, 'CHUNK_MISSING')) return undefined
      throw error
    }
  }
}

/** Whether two entries hold the same, wherever they lie. */
export function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind) return a === b
  return a.kind === 'file' && b.kind === 'file' ? hashToHex(a.hash) === hashToHex(b.hash) : a.kind === 'link' && b.kind === 'link' ? a.url === b.url : true
}
