import type { CatalogChange, DatasetView, VersionView } from '../catalog/index.ts'
import { type WireError, fail, toShoalError } from '../errors/index.ts'
import { type DatasetRef, type VersionId, formatDatasetRef, readTags, refuseProblems } from '../model/index.ts'
import { tagChange } from './create.ts'
import { needDeletable } from './deletion.ts'
import { chooseVersion } from './resolve.ts'
import { matchesFilter } from './search.ts'
import type { BulkChange, BulkResult } from './service.ts'
import type { Shared } from './shared.ts'

/** Changes of one envelope: more would unfold into more operations than one change may have. */
const CHANGES_AT_ONCE = 2000

/**
 * W6: one action on many versions of a dataset. Each succeeds or fails by itself; what succeeds goes into as few envelopes as hold it.
 * Deleting (W4) is only from the archive.
 * @throws DATASET_NOT_FOUND, FIELD_INVALID (nothing is changed then)
 */
export async function changeVersions(shared: Shared, ref: DatasetRef, change: BulkChange): Promise<readonly BulkResult[]> {
  const tags = checkTags(change)
  const dataset = shared.directory.find(ref)
  const wanted = change.versions === undefined
    ? dataset.versions.filter(version => matchesFilter(version, change.filter ?? {})).map(version => version.id)
    : change.versions
  return await shared.locks.run(dataset.id, async () => {
    const view = shared.directory.find(ref)
    const byId = new Map<string, VersionView>(view.versions.map(version => [version.id, version]))
    const found = eachAlone(wanted, version => (byId.get(version) ?? chooseVersion(view, version).version).id)
    const ids = new Set(found.flatMap(result => result.id ?? []))
    const chosen = view.versions.filter(version => ids.has(version.id))
    const refused = refusalsOf(shared, view, chosen, change, tags)
    const changes = chosen.filter(version => !refused.has(version.id)).flatMap(version => changesOf(version, change.action, tags))
    for (let i = 0; i < changes.length; i += CHANGES_AT_ONCE) await shared.catalog.apply(view.id, changes.slice(i, i + CHANGES_AT_ONCE))
    return found.map(result => withRefusal(result, refused))
  })
}

/** Which of the versions the action is refused for, and why. Versions that come from one another are deleted together: the newest are looked at first. */
function refusalsOf(shared: Shared, dataset: DatasetView, chosen: readonly VersionView[], { action, force }: BulkChange, tags: Tags): ReadonlyMap<VersionId, WireError> {
  const refused = new Map<VersionId, WireError>()
  const gone = new Set<VersionId>()
  for (const version of chosen.toReversed()) {
    try {
      if (action === 'tag') needFewTags(version, tags)
      if (action !== 'delete') continue
      needArchived({ dataset, version })
      needDeletable(shared, { dataset, version }, force === true, gone)
      gone.add(version.id)
    } catch (error) {
      refused.set(version.id, wireOf(error))
    }
  }
  return refused
}

/** @throws FIELD_INVALID when a version would have more tags than are kept */
function needFewTags(version: VersionView, tags: Tags): void {
  const read = readTags(retagged(version, tags))
  if (!read.ok) refuseProblems([{ field: 'add', detail: `the tags ${read.detail}` }])
}

const withRefusal = (result: BulkResult, refused: ReadonlyMap<VersionId, WireError>): BulkResult => {
  const error = result.id === undefined ? undefined : refused.get(result.id)
  return error === undefined ? result : { version: result.version, error }
}

interface Tags { readonly add: readonly string[], readonly remove: readonly string[] }

function checkTags({ action, add, remove }: BulkChange): Tags {
  const [added, removed] = [readTags(add ?? []), readTags(remove ?? [])]
  refuseProblems([
    ...added.ok ? [] : [{ field: 'add', detail: `the tags to add ${added.detail}` }],
    ...removed.ok ? [] : [{ field: 'remove', detail: `the tags to remove ${removed.detail}` }],
    ...action === 'tag' && add === undefined && remove === undefined ? [{ field: 'add', detail: 'tagging takes tags to add or to remove' }] : []
  ])
  return { add: added.ok ? added.value : [], remove: removed.ok ? removed.value : [] }
}

const retagged = ({ tags }: VersionView, { add, remove }: Tags): readonly string[] => [...new Set([...tags, ...add])].filter(tag => !remove.includes(tag))

/** Only what differs is changed: doing it again leaves no trace in the history. */
function changesOf(version: VersionView, action: BulkChange['action'], tags: Tags): readonly CatalogChange[] {
  const { id } = version
  if (action === 'tag') return tagChange(version.tags, retagged(version, tags)).map(change => ({ change: 'version.tag', version: id, ...change }))
  if (action === 'delete') return [{ change: 'version.delete', version: id }]
  const archived = action === 'archive'
  return version.archived === archived ? [] : [{ change: 'version.archive', version: id, archived }]
}

/** W4: what is deleted for good was put aside before. @throws VERSION_NOT_ARCHIVED */
export function needArchived({ dataset, version }: { readonly dataset: DatasetView, readonly version: VersionView }): void {
  if (!version.archived) fail('VERSION_NOT_ARCHIVED', `${formatDatasetRef(dataset)}@${version.number} is not in the archive`, { version: version.id })
}

function eachAlone(wanted: readonly string[], find: (version: string) => VersionId): readonly BulkResult[] {
  return wanted.map(version => {
    try {
      return { version, id: find(version) }
    } catch (error) {
      return { version, error: wireOf(error) }
    }
  })
}

/** A failure as one result of many; what nobody foresaw ends all of them. */
function wireOf(error: unknown): WireError {
  const failure = toShoalError(error)
  if (failure.code === 'INTERNAL') throw error
  return failure.toWire()
}
