import { isShoalError } from '../../errors/index.ts'
import type { DatasetView, VersionView } from '../../catalog/index.ts'
import type { ChangeCounts, Resolved } from '../../datasets/index.ts'
import type { Version, VersionDetails } from '../contract.ts'
import { refOf } from '../names.ts'
import type { Services } from '../services.ts'

/** A version as HTTP shows it. */
export async function showVersion(services: Services, { dataset, version }: Resolved): Promise<Version> {
  return {
    id: version.id,
    ref: refOf(dataset, version),
    dataset: `${dataset.namespace}/${dataset.name}`,
    number: version.number,
    name: version.name,
    state: version.state,
    mode: version.mode,
    parents: version.parents.map(id => parentOf(dataset, id)),
    heads: version.heads,
    description: version.description,
    comment: version.comment,
    metadata: version.metadata,
    maskLabels: { ...version.maskLabels },
    tags: version.tags,
    archived: version.archived,
    createdAt: version.createdAt,
    createdBy: version.createdBy,
    updatedAt: version.updatedAt,
    revision: dataset.revision,
    ...await countsOf(services, version),
    published: version.published ?? null
  }
}

export async function showVersionDetails(services: Services, { dataset, version }: Resolved): Promise<VersionDetails> {
  const changes = await orNull(services.datasets.changes(version, dataset))
  return { ...await showVersion(services, { dataset, version }), changes: changes as ChangeCounts | null }
}

function parentOf(dataset: DatasetView, id: VersionView['id']): Version['parents'][number] {
  const parent = dataset.versions.find(version => version.id === id)
  return { id, number: parent?.number ?? null, name: parent?.name ?? null }
}

/** Files, links and bytes of a version; nulls while its tree is not on this node. */
export async function countsOf(services: Services, version: VersionView): Promise<{ files: number | null, links: number | null, bytes: number | null }> {
  const { published } = version
  if (published !== undefined) return { files: published.files, links: published.links, bytes: published.bytes }
  const stats = await orNull(services.datasets.stats(version))
  return { files: stats?.files ?? null, links: stats?.links ?? null, bytes: stats?.bytes ?? null }
}

/** Null where the data is not on this node; every other failure goes on. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (isShoalError(error, 'CHUNK_MISSING')) return null
    throw error
  }
}
