import type { DatasetView, VersionView } from '../catalog/index.ts'
import { byNumberDescending, referenceTo } from '../datasets/index.ts'
import { hashFromHex, type DatasetId, type DeviceId, type Hash } from '../model/index.ts'
import type { Keep } from './service.ts'

/** A version this node wants to hold, or wants to know the files of: what to walk for it. */
export interface Target {
  /** The same key is the same content: a version that is complete under it needs no second look. */
  readonly key: string
  readonly dataset: DatasetId
  /** A reference, for people. */
  readonly label: string
  /** Roots of trees, and commits whose history is wanted; with all below them. */
  readonly roots: readonly Hash[]
  /** Chunks wanted for themselves. */
  readonly chunks: readonly Hash[]
  /** Whether its files are wanted; else only commits and tree nodes: enough to merge, to list and to find conflicts. */
  readonly files: boolean
  /** Commits (hex) a draft's history is followed to and not behind: published ones, whose trees are versions of their own. */
  readonly sealed: ReadonlySet<string>
  /** Bytes of the version's files, where known. */
  readonly bytes: number | undefined
  /** Who published it. Publishing looks at every chunk, so what this node published is whole here. */
  readonly by: DeviceId | undefined
  /** Its publish record; undefined for a draft. */
  readonly record: string | undefined
}

/**
 * What is wanted of a dataset: of all drafts who changed what, whatever is kept, so that edits made apart merge and conflicts show
 * everywhere; then the versions that are kept, the highest number first: people wait for it.
 */
export function targetsOf(dataset: DatasetView, keep: Keep): Target[] {
  const kept = keptVersions(dataset, keep)
  const outlines = dataset.versions.filter(version => version.published === undefined && !kept.includes(version)).map(version => outlineOf(dataset, version))
  return [...outlines, ...kept.map(version => targetOf(dataset, version))].filter(target => target !== undefined)
}

function outlineOf(dataset: DatasetView, version: VersionView): Target | undefined {
  const target = targetOf(dataset, version)
  return target === undefined ? undefined : { ...target, key: `outline ${target.key}`, files: false }
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
    const { tree, commit, bytes, by, record } = version.published
    return { key: `${tree} ${commit}`, dataset: dataset.id, label, roots: [hashFromHex(tree)], chunks: [hashFromHex(commit)], files: true, sealed: new Set(), bytes, by, record }
  }
  if (version.heads.length === 0) return undefined
  const sealed = sealedOf(dataset)
  return {
    key: version.heads.toSorted().join(' '), dataset: dataset.id, label, roots: version.heads.map(hashFromHex), chunks: [], files: true, sealed, bytes: undefined, by: undefined, record: undefined
  }
}

/** Commits (hex) of a dataset's published versions. */
export const sealedOf = (dataset: DatasetView | undefined): ReadonlySet<string> => new Set(dataset?.versions.flatMap(version => version.published?.commit ?? []))
