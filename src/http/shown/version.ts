import { isShoalError } from '../../errors/index.ts'
import type { DatasetView, VersionView } from '../../catalog/index.ts'
import { type Created, type Resolved, referenceTo } from '../../datasets/index.ts'
import type { Version, VersionDetails } from '../contract.ts'
import type { Services } from '../services.ts'

/** A version as HTTP shows it. */
export async function showVersion(services: Services, resolved: Created): Promise<Version> {
  const { dataset, version, warnings = [], conflicts = [] } = resolved
  return {
    id: version.id,
    ref: referenceTo(dataset, version),
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
    published: version.published ?? null,
    ...warnings.length === 0 ? {} : { warnings },
    ...conflicts.length === 0 ? {} : { conflicts: conflicts.map(({ path, keptAt }) => ({ path, ...keptAt === undefined ? {} : { keptAt } })) }
  }
}

export async function showVersionDetails(services: Services, resolved: Resolved): Promise<VersionDetails> {
  return { ...await showVersion(services, resolved), changes: await orNull(services.datasets.changes(resolved.version, resolved.dataset)) }
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
