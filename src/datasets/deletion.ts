import type { DatasetView, VersionView } from '../catalog/index.ts'
import { fail, isShoalError } from '../errors/index.ts'
import { type DatasetId, type VersionId, formatDatasetRef } from '../model/index.ts'
import { childrenOf } from './lineage.ts'
import { runningIn } from './runs.ts'
import { versionLabel } from './resolve.ts'
import type { Resolved } from './service.ts'
import type { Shared } from './shared.ts'

/** C5: drafts go when asked, published versions only with `force`; what other versions come from or an experiment uses stays. */
export async function removeVersion(shared: Shared, { dataset: { id }, version: { id: versionId } }: Resolved, force: boolean): Promise<void> {
  await shared.locks.run(id, async () => {
    const { dataset, version } = shared.directory.need(id, versionId)
    needDeletable(shared, { dataset, version }, force)
    await shared.catalog.apply(dataset.id, [{ change: 'version.delete', version: version.id }])
  })
}

/** @param gone versions that go with it @throws VERSION_IN_USE, VERSION_HAS_CHILDREN, VERSION_PUBLISHED without `force` */
export function needDeletable(shared: Shared, { dataset, version }: Resolved, force: boolean, gone: ReadonlySet<VersionId> = new Set()): void {
  const reference = `${formatDatasetRef(dataset)}@${version.number}`
  const uses = usesOf(shared, { ...dataset, versions: [version] })
  if (uses.length > 0) {
    fail('VERSION_IN_USE', `${reference} is used by ${namesOf(uses)}`,
      { dataset: dataset.id, version: version.id, experiments: uses.map(use => use.name) })
  }
  const children = childrenOf(dataset, version.id).filter(child => !gone.has(child.id))
  if (children.length > 0) {
    fail('VERSION_HAS_CHILDREN', `${children.map(versionLabel).join(', ')} ${children.length === 1 ? 'comes' : 'come'} from ${reference}`,
      { dataset: dataset.id, version: version.id, children: children.map(child => child.id) })
  }
  if (version.state === 'published' && !force) {
    fail('VERSION_PUBLISHED', `${reference} is published; it is deleted only with force`, { dataset: dataset.id, version: version.id })
  }
}

/** C6, K6: an empty dataset goes when asked, one with drafts with `allVersions`, one with published versions also only with `force`. */
export async function removeDataset(shared: Shared, id: DatasetId, options: { readonly allVersions?: boolean, readonly force?: boolean }): Promise<void> {
  await shared.locks.run(id, async () => {
    const dataset = shared.catalog.dataset(id)
    if (dataset === undefined) return
    const name = formatDatasetRef(dataset)
    const uses = usesOf(shared, dataset)
    if (uses.length > 0) fail('DATASET_IN_USE', `${name} is used by ${namesOf(uses)}`, { dataset: id, experiments: uses.map(use => use.name) })
    const published = dataset.versions.filter(version => version.state === 'published')
    if (published.length > 0 && !(options.allVersions === true && options.force === true)) {
      fail('DATASET_NOT_EMPTY', `${name} has ${count(published.length, 'published version')}; deleting it takes all versions and force`,
        { dataset: id, published: published.length, needs: ['allVersions', 'force'] })
    }
    // Nobody edits a draft between the look into it and its end.
    await shared.drafts.exclusive(dataset.versions.map(version => version.id), async () => {
      if (options.allVersions !== true) await needEmpty(shared, shared.catalog.dataset(id) ?? dataset)
      await shared.catalog.apply(id, [{ change: 'dataset.delete' }])
    })
  })
}

/** @throws DATASET_NOT_EMPTY when a draft holds something */
async function needEmpty(shared: Shared, dataset: DatasetView): Promise<void> {
  for (const version of dataset.versions) {
    if (await isEmpty(shared, version)) continue
    fail('DATASET_NOT_EMPTY', `${formatDatasetRef(dataset)} has files in ${versionLabel(version)}; deleting it takes all versions`,
      { dataset: dataset.id, version: version.id, needs: ['allVersions'] })
  }
}

type Use = ReturnType<typeof runningIn>[number]

async function isEmpty(shared: Shared, version: VersionView): Promise<boolean> {
  if (version.heads.length === 0 && version.published === undefined) return true
  try {
    const { files, links } = await shared.standings.stats(version)
    return files + links === 0
  } catch (error) {
    // What is not on this node was put there by somebody: it counts as something.
    if (isShoalError(error, 'CHUNK_MISSING')) return false
    throw error
  }
}

const usesOf = (shared: Shared, dataset: DatasetView): readonly Use[] => runningIn(dataset, shared.clock.now())
const namesOf = (uses: readonly Use[]): string => `the experiment${uses.length === 1 ? '' : 's'} ${uses.map(use => use.name).join(', ')}`
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
