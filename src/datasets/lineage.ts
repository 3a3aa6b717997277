import type { DatasetView, VersionView } from '../catalog/index.ts'
import type { VersionId } from '../model/index.ts'

/** Versions that come directly from one. */
export const childrenOf = (dataset: DatasetView, id: VersionId): readonly VersionView[] =>
  dataset.versions.filter(version => version.parents.includes(id))

/** The parents of a version that are still there; the first is the one it is compared with. */
export const parentsOf = (dataset: DatasetView, version: VersionView): readonly VersionView[] =>
  version.parents.flatMap(id => dataset.versions.find(other => other.id === id) ?? [])

/**
 * C9: `simple` is one line of versions, at most the last of them a draft; anything else (several children, several parents, several
 * beginnings) is `advanced`.
 */
export function structureOf(dataset: DatasetView): 'simple' | 'advanced' {
  const there = new Set(dataset.versions.map(version => version.id))
  const hasChild = new Set<VersionId>()
  let beginnings = 0
  let drafts = 0
  for (const version of dataset.versions) {
    const parents = version.parents.filter(id => there.has(id))
    if (version.state === 'draft') drafts++
    if (parents.length === 0) beginnings++
    if (parents.length > 1 || parents.some(id => hasChild.has(id))) return 'advanced'
    for (const id of parents) hasChild.add(id)
  }
  return beginnings <= 1 && drafts <= 1 ? 'simple' : 'advanced'
}
