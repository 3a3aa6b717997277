import type { CatalogChange, DatasetView, VersionView } from '../catalog/index.ts'
import { ShoalError, fail, toShoalError } from '../errors/index.ts'
import { type DatasetRef, type VersionId, formatDatasetRef, readTags, refuseProblems } from '../model/index.ts'
import { tagChange } from './create.ts'
import { removeVersion } from './deletion.ts'
import { versionOf } from './deps.ts'
import { chooseVersion } from './resolve.ts'
import { matchesFilter } from './search.ts'
import type { BulkChange, BulkResult, Resolved } from './service.ts'
import type { Shared } from './shared.ts'

/** Changes of one envelope: more would unfold into more operations than one change may have. */
const CHANGES_AT_ONCE = 2000

/**
 * W6: one action on many versions of a dataset. Each succeeds or fails by itself; archiving, restoring and tagging go into as few envelopes
 * as hold them. Deleting (W4) is only from the archive.
 * @throws DATASET_NOT_FOUND, FIELD_INVALID (nothing is changed then)
 */
export async function changeVersions(shared: Shared, ref: DatasetRef, change: BulkChange): Promise<readonly BulkResult[]> {
  const tags = checkTags(change)
  const dataset = shared.directory.find(ref)
  const wanted = change.versions === undefined
    ? dataset.versions.filter(version => matchesFilter(version, change.filter ?? {})).map(version => version.id)
    : change.versions
  if (change.action === 'delete') return await eachAlone(wanted, version => deleteArchived(shared, ref, version, change.force === true))
  return await shared.locks.run(dataset.id, async () => {
    const found = await eachAlone(wanted, async version => chooseVersion(shared.directory.find(ref), version).version.id)
    const view = shared.directory.find(ref)
    const ids = [...new Set(found.flatMap(result => result.id ?? []))]
    const changes = ids.flatMap(id => changesOf(view, id, change.action, tags))
    for (let i = 0; i < changes.length; i += CHANGES_AT_ONCE) await shared.catalog.apply(view.id, changes.slice(i, i + CHANGES_AT_ONCE))
    return found
  })
}

function checkTags({ action, add, remove }: BulkChange): { readonly add: readonly string[], readonly remove: readonly string[] } {
  const [added, removed] = [readTags(add ?? []), readTags(remove ?? [])]
  refuseProblems([
    ...added.ok ? [] : [{ field: 'add', detail: `the tags to add ${added.detail}` }],
    ...removed.ok ? [] : [{ field: 'remove', detail: `the tags to remove ${removed.detail}` }],
    ...action === 'tag' && add === undefined && remove === undefined ? [{ field: 'add', detail: 'tagging takes tags to add or to remove' }] : []
  ])
  return { add: added.ok ? added.value : [], remove: removed.ok ? removed.value : [] }
}

/** Only what differs is changed: doing it again leaves no trace in the history. */
function changesOf(dataset: DatasetView, id: VersionId, action: BulkChange['action'], tags: { readonly add: readonly string[], readonly remove: readonly string[] }): readonly CatalogChange[] {
  const version = versionOf(dataset, id)
  if (action === 'tag') {
    const after = [...new Set([...version.tags, ...tags.add])].filter(tag => !tags.remove.includes(tag))
    return tagChange(version.tags, after).map(change => ({ change: 'version.tag', version: id, ...change }))
  }
  const archived = action === 'archive'
  return version.archived === archived ? [] : [{ change: 'version.archive', version: id, archived }]
}

/** @throws VERSION_NOT_ARCHIVED, and what deleting throws */
async function deleteArchived(shared: Shared, ref: DatasetRef, wanted: string, force: boolean): Promise<VersionId> {
  const dataset = shared.directory.find(ref)
  const resolved: Resolved = { dataset, version: chooseVersion(dataset, wanted).version }
  needArchived(resolved)
  await removeVersion(shared, resolved, force)
  return resolved.version.id
}

/** W4: what is deleted for good was put aside before. @throws VERSION_NOT_ARCHIVED */
export function needArchived({ dataset, version }: { readonly dataset: DatasetView, readonly version: VersionView }): void {
  if (!version.archived) fail('VERSION_NOT_ARCHIVED', `${formatDatasetRef(dataset)}@${version.number} is not in the archive`, { version: version.id })
}

async function eachAlone(wanted: readonly string[], work: (version: string) => Promise<VersionId>): Promise<readonly BulkResult[]> {
  const results: BulkResult[] = []
  for (const version of wanted) {
    try {
      results.push({ version, id: await work(version) })
    } catch (error) {
      const failure = toShoalError(error)
      if (failure.code === 'INTERNAL') throw error
      results.push({ version, error: new ShoalError(failure.code, failure.message, failure.facts).toWire() })
    }
  }
  return results
}
