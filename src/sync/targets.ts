import type { DatasetView, VersionView } from '../catalog/index.ts'
import { byNumberDescending, referenceTo } from '../datasets/index.ts'
import { hashFromHex, type Hash } from '../model/index.ts'
import type { Keep } from './service.ts'

/** A version this node wants to hold: what to walk for it. */
export interface Target {
  /** The same key is the same content: a version that is complete under it needs no second look. */
  readonly key: string
  /** A reference, for people. */
  readonly label: string
  /** Roots of trees, and commits whose history is wanted; with all below them. */
  readonly roots: readonly Hash[]
  /** Chunks wanted for themselves. */
  readonly chunks: readonly Hash[]
  /** Bytes of the version's files, where known. */
  readonly bytes: number | undefined
}

/** The newest first: people wait for it. */
export function targetsOf(datasets: readonly DatasetView[], keepOf: (dataset: DatasetView) => Keep): Target[] {
  return datasets.flatMap(dataset => keptVersions(dataset, keepOf(dataset)).map(version => targetOf(dataset, version)).filter(target => target !== undefined))
}

function keptVersions(dataset: DatasetView, keep: Keep): readonly VersionView[] {
  if (keep === 'none') return []
  const published = dataset.versions.filter(version => version.published !== undefined).sort(byNumberDescending)
  if (keep === 'published') return published
  if (keep === 'all') return [...published, ...dataset.versions.filter(version => version.published === undefined)]
  const current = published.filter(version => !version.archived)
  // A number that was published twice is not decided by chance: both are kept.
  return current.filter(version => version.number === current[0]?.number)
}

/** Undefined for a draft nobody has put anything into: there is nothing to fetch. */
export function targetOf(dataset: DatasetView, version: VersionView): Target | undefined {
  const label = referenceTo(dataset, version)
  if (version.published !== undefined) {
    const { tree, commit, bytes } = version.published
    return { key: `${tree} ${commit}`, label, roots: [hashFromHex(tree)], chunks: [hashFromHex(commit)], bytes }
  }
  if (version.heads.length === 0) return undefined
  return { key: version.heads.toSorted().join(' '), label, roots: version.heads.map(hashFromHex), chunks: [], bytes: undefined }
}

/** Commits of published versions: a draft's history is walked back to them and not behind, because their trees are versions of their own. */
export function sealedCommits(datasets: readonly DatasetView[]): ReadonlySet<string> {
  return new Set(datasets.flatMap(dataset => dataset.versions.flatMap(version => version.published?.commit ?? [])))
}
