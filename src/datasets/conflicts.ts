import type { DatasetView, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, comparePaths, formatDatasetRef } from '../model/index.ts'
import { type Entry, type TreeEdit, editTree, getEntry, isFolder } from '../trees/index.ts'
import { needDraft } from './deps.ts'
import { type FoundConflict, type Side, isSame } from './merge-history.ts'
import type { Conflict, Resolved, Take } from './service.ts'
import type { Shared } from './shared.ts'

/** S3: paths of a draft that were changed apart and that nobody has decided about, in order. None for a published version. */
export async function conflictsOf(shared: Shared, { dataset, version }: Pick<Resolved, 'dataset' | 'version'>): Promise<readonly Conflict[]> {
  return (await openConflicts(shared, dataset, version)).map(conflict => shownTo(shared, conflict))
}

async function openConflicts(shared: Shared, dataset: DatasetView, version: VersionView): Promise<readonly FoundConflict[]> {
  if (version.state === 'published') return []
  const { commit, tree } = await shared.standings.of(version)
  if (commit === undefined) return []
  const sealed = new Set(dataset.versions.flatMap(other => other.published?.commit ?? []))
  const open = new Map<string, FoundConflict>()
  for (const conflict of await shared.merges.unsettled(commit, sealed)) {
    const now = await asItIs(shared, tree, conflict)
    if (now !== undefined) open.set(conflict.key, now)
  }
  return [...open.values()].sort((a, b) => comparePaths(a.path, b.path) || comparePaths(a.key, b.key))
}

/**
 * A conflict with what its two places hold now: settling takes away what was shown, never what somebody put there since. Undefined when
 * one of the two was removed or renamed: whoever did that has decided.
 */
async function asItIs({ store }: Shared, tree: Hash, conflict: FoundConflict): Promise<FoundConflict | undefined> {
  const { path, keptAt, kept, aside } = conflict
  const there = await getEntry(store, tree, path)
  if (keptAt === undefined) return there === undefined ? undefined : { ...conflict, kept: sideNow(kept, there) }
  const beside = await getEntry(store, tree, keptAt)
  if (beside === undefined || (there === undefined && !await isFolder(store, tree, path))) return undefined
  return { ...conflict, kept: sideNow(kept, there), aside: sideNow(aside, { ...beside, path }) }
}

const sideNow = (side: Side, entry: Entry | undefined): Side => isSame(side.entry, entry) ? side : { entry, by: undefined, at: undefined }

/** As this node sees it: *ours* is what was committed here; between others, what has the path. */
function shownTo({ catalog }: Shared, { path, keptAt, kept, aside }: FoundConflict): Conflict {
  const isMineAside = aside.by === catalog.device && kept.by !== catalog.device
  return { path, ...keptAt === undefined ? {} : { keptAt }, ours: isMineAside ? aside : kept, theirs: isMineAside ? kept : aside }
}

/**
 * S3: decides a conflict: keeps one of the two contents under the path, or both as they are.
 * @param name the path, or where the other content is kept
 * @throws VERSION_PUBLISHED, FILE_NOT_FOUND when there is no such conflict, FIELD_INVALID when the path has several and none is named, PATH_CLASH
 */
export async function settleConflict(shared: Shared, target: Resolved, name: string, take: Take): Promise<Resolved> {
  needDraft(target.dataset, target.version, 'settling a conflict')
  return shared.leases.during(() => shared.drafts.commitAlone(target.dataset.id, target.version.id, async (resolved, tree) => {
    const found = (await openConflicts(shared, resolved.dataset, resolved.version)).filter(conflict => conflict.path === name || conflict.keptAt === name)
    const reference = `${formatDatasetRef(resolved.dataset)}@${resolved.version.number}`
    if (found.length === 0) fail('FILE_NOT_FOUND', `${reference} has no conflict at "${name}"`, { path: name })
    if (found.length > 1 && take === 'theirs') {
      const places = found.map(conflict => conflict.key)
      fail('FIELD_INVALID', `"${name}" of ${reference} has ${found.length} other contents; name the one to take: ${places.join(', ')}`, { field: 'path', places })
    }
    const edits: TreeEdit[] = []
    for (const conflict of found) edits.push(...await editsFor(shared, tree, conflict, take))
    const settles = found.map(conflict => conflict.key)
    return { tree: await editTree(shared.store, tree, edits), settles, message: `Settle ${name}: ${take}` }
  }))
}

async function editsFor(shared: Shared, tree: Hash, conflict: FoundConflict, take: Take): Promise<readonly TreeEdit[]> {
  if (take === 'both') return []
  const { path, keptAt, kept } = conflict
  const isKeptWanted = (shownTo(shared, conflict).ours === kept) === (take === 'ours')
  if (keptAt === undefined) return isKeptWanted ? [] : [{ op: 'remove', path }]
  if (isKeptWanted) return [{ op: 'remove', path: keptAt }]
  const entry = await getEntry(shared.store, tree, keptAt)
  return entry === undefined ? [] : [{ op: 'remove', path: keptAt }, { op: 'put', entry: { ...entry, path } }]
}

/** @throws VERSION_HAS_CONFLICTS naming the paths */
export async function needSettled(shared: Shared, dataset: DatasetView, version: VersionView): Promise<void> {
  const open = await openConflicts(shared, dataset, version)
  if (open.length === 0) return
  const paths = open.map(conflict => conflict.path)
  const named = `${paths.slice(0, NAMED_PATHS).join(', ')}${paths.length > NAMED_PATHS ? ` and ${paths.length - NAMED_PATHS} more` : ''}`
  const verb = open.length === 1 ? 'was' : 'were'
  fail('VERSION_HAS_CONFLICTS', `${named} of ${formatDatasetRef(dataset)}@${version.number} ${verb} changed apart, and nobody has decided`,
    { dataset: dataset.id, version: version.id, paths })
}

/** Paths named in a message. */
const NAMED_PATHS = 5
