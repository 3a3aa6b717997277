import type { Datasets } from '../datasets/index.ts'
import { fail } from '../errors/index.ts'
import { type VersionRef, formatDatasetRef } from '../model/index.ts'

/** The draft a reference names now, by its id: it may get another name or number meanwhile. @throws VERSION_PUBLISHED, before anything was done */
export function draftOf(datasets: Datasets, ref: VersionRef): VersionRef {
  const { version } = datasets.resolve(ref)
  if (version.state === 'published') fail('VERSION_PUBLISHED', `${formatDatasetRef(ref)}@${version.number} is published: its files never change`, { version: version.id })
  return { namespace: ref.namespace, name: ref.name, version: version.id }
}
