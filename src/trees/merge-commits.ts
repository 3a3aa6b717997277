import type { ChunkStore } from '../chunks/index.ts'
import { compareHashes, hashToHex, sameHash, type Hash } from '../model/index.ts'
import { commonAncestors } from './ancestors.ts'
import type { Commit } from './commit.ts'
import { readCommits, writeCommit, type NamedCommit } from './commits.ts'
import type { MergeConflict } from './entry.ts'
import { MAX_PARENTS } from './limits.ts'
import { mergeTrees } from './merge-trees.ts'

/** What a commit's side is called in names of content that moves aside; a function of the commit alone, as every node must choose the same. */
export type CommitLabel = (named: NamedCommit) => string

/** Histories merged apart again and again have several nearest common ancestors at each step; deeper ones no longer matter to people. */
const MAX_BASE_DEPTH = 4
/** Characters at the end of a device's id that tell it from others; the start is the same for all. */
const DEVICE_CHARACTERS = 8
/** Milliseconds of the last day a date can be written for. */
const LAST_DAY = 8.64e15

/** `<end of device id> <date>`, or the start of a merge's hash. */
const commitLabel: CommitLabel = ({ hash, commit }) =>
  commit.by === undefined ? hashToHex(hash).slice(0, DEVICE_CHARACTERS) : `${commit.by.slice(-DEVICE_CHARACTERS)} ${dateOf(commit.at)}`

const dateOf = (at: number): string => new Date(Math.min(at, LAST_DAY)).toISOString().split('T')[0] as string

export interface MergedCommit {
  readonly commit: Hash
  readonly tree: Hash
  /** In order of paths. */
  readonly conflicts: readonly MergeConflict[]
}

/**
 * One commit for several heads of a draft: a function of the heads alone, so that nodes which merge apart make the same one.
 * Heads that others come from are left out; when one remains, it is the answer and nothing is written.
 * @throws CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID, DISK_FULL
 */
export async function mergeCommits(store: ChunkStore, heads: readonly Hash[], label: CommitLabel = commitLabel, options: { signal?: AbortSignal } = {}): Promise<MergedCommit> {
  const latest = await latestOf(store, heads)
  if (latest.length > MAX_PARENTS) return mergeInSteps(store, latest, label, options)
  const merge = new HeadMerge(store, label, options)
  const { tree, conflicts } = await merge.heads(latest, 0)
  const [only] = latest
  if (only !== undefined && latest.length === 1) return { commit: only, tree, conflicts }
  return { commit: await writeCommit(store, { tree, parents: latest, at: 0, message: 'Merge' }), tree, conflicts }
}

/** More heads than a commit can name: merged in groups, then the groups. */
async function mergeInSteps(store: ChunkStore, heads: readonly Hash[], label: CommitLabel, options: { signal?: AbortSignal }): Promise<MergedCommit> {
  const groups: MergedCommit[] = []
  for (let at = 0; at < heads.length; at += MAX_PARENTS) groups.push(await mergeCommits(store, heads.slice(at, at + MAX_PARENTS), label, options))
  const merged = await mergeCommits(store, groups.map(group => group.commit), label, options)
  return { ...merged, conflicts: [...groups.flatMap(group => group.conflicts), ...merged.conflicts] }
}

/** Sorted, each once, without those that another comes from. */
async function latestOf(store: ChunkStore, heads: readonly Hash[]): Promise<Hash[]> {
  const sorted = [...heads].sort(compareHashes).filter((hash, i, all) => i === 0 || !sameHash(hash, all[i - 1] as Hash))
  const latest: Hash[] = []
  for (const head of sorted) {
    const others = sorted.filter(other => other !== head)
    const shared = await commonAncestors(store, [head], others)
    if (!shared.some(hash => sameHash(hash, head))) latest.push(head)
  }
  return latest
}

/** Merges the trees of heads, one after the other in the order of their hashes. */
class HeadMerge {
  readonly #store: ChunkStore
  readonly #label: CommitLabel
  readonly #options: { signal?: AbortSignal }

  constructor(store: ChunkStore, label: CommitLabel, options: { signal?: AbortSignal }) {
    this.#store = store
    this.#label = label
    this.#options = options
  }

  /** @param heads sorted, at least one @param depth how often bases of bases were merged to get here */
  async heads(heads: readonly Hash[], depth: number): Promise<{ tree: Hash, conflicts: MergeConflict[] }> {
    const commits = await readCommits(this.#store, heads)
    const labels = commits.map((commit, i) => this.#label({ hash: heads[i] as Hash, commit }))
    let tree = (commits[0] as Commit).tree
    const conflicts: MergeConflict[] = []
    for (const [i, commit] of commits.entries()) {
      if (i === 0) continue
      const base = await this.#base(heads.slice(0, i), heads[i] as Hash, depth)
      const merged = await mergeTrees(this.#store, base, tree, commit.tree, { ours: labels.slice(0, i).join(' + '), theirs: labels[i] as string }, this.#options)
      tree = merged.root
      conflicts.push(...merged.conflicts)
    }
    return { tree, conflicts }
  }

  /** The tree to compare against: of several nearest common ancestors their merge, so that what each brought is not taken for new. */
  async #base(left: readonly Hash[], right: Hash, depth: number): Promise<Hash | undefined> {
    const shared = await commonAncestors(this.#store, left, [right])
    const [first] = shared
    if (first === undefined) return undefined
    const { tree } = await this.heads(depth < MAX_BASE_DEPTH ? shared : [first], depth + 1)
    return tree
  }
}
