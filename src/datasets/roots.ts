import type { DatasetView, VersionView } from '../catalog/index.ts'
import { isShoalError } from '../errors/index.ts'
import { type Hash, HashSet, hashFromHex } from '../model/index.ts'
import { readCommit } from '../trees/index.ts'
import type { Shared } from './shared.ts'

/** Everything that must stay. */
export interface Roots {
  /** With all that lies below them. */
  readonly trees: readonly Hash[]
  /** Those of `trees` that this node published: all of them was here then, so all of them must be here now. */
  readonly whole: readonly Hash[]
  /** Alone: their trees are named where they must stay. */
  readonly commits: readonly Hash[]
}

/**
 * What versions stand on: the tree of each published version, and of each draft every state back to where it began, for its history and
 * for merging edits made apart. Of what lies behind a published commit only the commits stay: they tell who comes from whom.
 */
export async function rootsOf(shared: Shared, datasets: readonly DatasetView[]): Promise<Roots> {
  const sealed = new HashSet()
  const trees = new HashSet()
  const whole = new HashSet()
  const versions = datasets.flatMap(dataset => dataset.versions)
  for (const { published } of versions) {
    if (published === undefined) continue
    sealed.add(hashFromHex(published.commit))
    trees.add(hashFromHex(published.tree))
    if (published.by === shared.catalog.device) whole.add(hashFromHex(published.tree))
  }
  const walk: Walk = { shared, sealed, trees, states: new HashSet(), commits: new HashSet() }
  for (const version of versions) {
    if (version.published !== undefined) await walkBehind(walk, hashFromHex(version.published.commit))
    else await walkDraft(walk, version)
  }
  return { trees: [...trees], whole: [...whole], commits: [...walk.commits] }
}

interface Walk {
  readonly shared: Shared
  /** Commits of published versions. */
  readonly sealed: HashSet
  readonly trees: HashSet
  /** Commits whose trees must stay. */
  readonly states: HashSet
  readonly commits: HashSet
}

async function walkDraft(walk: Walk, version: VersionView): Promise<void> {
  const open = version.heads.map(hashFromHex)
  if (open.length > 1) await keepMerge(walk, version)
  for (let commit = open.pop(); commit !== undefined; commit = open.pop()) {
    if (walk.sealed.has(commit)) {
      await walkBehind(walk, commit)
      continue
    }
    if (!walk.states.add(commit)) continue
    walk.commits.add(commit)
    const read = await commitHere(walk, commit)
    if (read === undefined) continue
    walk.trees.add(read.tree)
    open.push(...read.parents)
  }
}

/** Heads that stand apart are read as their merge, which no commit of the catalog names yet. */
async function keepMerge(walk: Walk, version: VersionView): Promise<void> {
  try {
    const { commit, tree } = await walk.shared.standings.of(version)
    if (commit !== undefined) walk.commits.add(commit)
    walk.trees.add(tree)
  } catch (error) {
    if (!isUnknown(error)) throw error
  }
}

/** Commits behind a published one, without their trees. */
async function walkBehind(walk: Walk, from: Hash): Promise<void> {
  const open = [from]
  for (let commit = open.pop(); commit !== undefined; commit = open.pop()) {
    if (!walk.commits.add(commit)) continue
    open.push(...(await commitHere(walk, commit))?.parents ?? [])
  }
}

/** A commit, or undefined when it is not on this node: then nothing behind it is known here. */
async function commitHere(walk: Walk, commit: Hash): Promise<{ readonly tree: Hash, readonly parents: readonly Hash[] } | undefined> {
  try {
    return await readCommit(walk.shared.store, commit)
  } catch (error) {
    if (isUnknown(error)) return undefined
    throw error
  }
}

/** Not here, or (from a node that breaks the rules) never a commit: either way nothing behind it is known. A damaged one had a past. */
const isUnknown = (error: unknown): boolean => isShoalError(error, 'CHUNK_MISSING') || isShoalError(error, 'FORMAT_INVALID')
