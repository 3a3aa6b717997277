import type { Catalog, DatasetView, VersionView } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import { type DatasetId, type DatasetRef, formatDatasetRef, type VersionId, versionId } from '../model/index.ts'
import type { Chance, Clock, Log } from '../runtime/index.ts'
import { fail } from '../errors/index.ts'
import type { Resolved } from './service.ts'

/** What the rules of this room stand on. */
export interface DatasetsDeps {
  readonly catalog: Catalog
  readonly store: ChunkStore
  /** What a dataset's trees are looked up in, when that is not just `store`: others may have what is not here. */
  readonly storeOf?: (dataset: DatasetId) => ChunkStore
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export const newVersionId = (chance: Chance): VersionId => versionId(chance.bytes(16))

/** A version as it is in a dataset now. @throws VERSION_NOT_FOUND when it was deleted meanwhile */
export function versionOf(dataset: DatasetView, id: VersionId): VersionView {
  return dataset.versions.find(version => version.id === id)
    ?? fail('VERSION_NOT_FOUND', `${formatDatasetRef(dataset)} has no version ${id} any more`, { dataset: dataset.id, version: id })
}

export const resolvedIn = (dataset: DatasetView, id: VersionId): Resolved => ({ dataset, version: versionOf(dataset, id) })

/** @throws VERSION_PUBLISHED when the version is sealed */
export function needDraft(dataset: DatasetView, version: VersionView, what: string): void {
  if (version.state === 'draft') return
  fail('VERSION_PUBLISHED', `${formatDatasetRef(dataset)}@${version.number} is published: ${what} is refused`,
    { dataset: dataset.id, version: version.id, number: version.number })
}

export const sameRef = (dataset: DatasetView, ref: DatasetRef): boolean => dataset.namespace === ref.namespace && dataset.name === ref.name
