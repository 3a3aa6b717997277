import type { DatasetRef, VersionRef } from '../model/index.ts'
import { changeVersions, needArchived } from './bulk.ts'
import { conflictsOf, settleConflict } from './conflicts.ts'
import { createDataset, editDataset } from './create.ts'
import { removeDataset, removeVersion } from './deletion.ts'
import type { DatasetsDeps } from './deps.ts'
import { Changes, diffVersions } from './diff.ts'
import { Directory } from './directory.ts'
import { Drafts } from './drafts.ts'
import { historyOf } from './history.ts'
import { createIssues } from './issues.ts'
import { Leases } from './leases.ts'
import { Locks } from './locks.ts'
import { MergeHistory } from './merge-history.ts'
import type { NotesDeps } from './notes.ts'
import { publishVersion } from './publish.ts'
import { chooseVersion, needFirstSeen } from './resolve.ts'
import { rootsOf } from './roots.ts'
import { RunBook } from './runs.ts'
import { inStoredForm, matchesFilter, matchesQuery } from './search.ts'
import type { Datasets, Resolved } from './service.ts'
import type { Shared } from './shared.ts'
import { takeSnapshot } from './snapshot.ts'
import { Standings } from './standings.ts'
import { undoCommit } from './undo.ts'
import { StoredSizes } from './stored-size.ts'
import { archiveVersion, createVersion, editVersion } from './versions.ts'

/** Datasets and their versions over a catalog and a chunk store; both stay the caller's to close. */
export function createDatasets(deps: DatasetsDeps): Datasets {
  const shared = shareOf(deps)
  const { catalog, directory, leases, standings } = shared
  const changes = new Changes()
  const sizes = new StoredSizes()
  const find = (ref: DatasetRef): ReturnType<Datasets['find']> => directory.find(ref)
  const resolve = (ref: VersionRef): Resolved => resolveIn(shared, ref)
  const notes = notesIn(shared, resolve)
  return {
    leases,
    runs: new RunBook(notes),
    issues: createIssues(notes),
    list: (query = {}) => {
      const wanted = inStoredForm(query)
      return catalog.datasets().filter(dataset => matchesQuery(dataset, wanted))
    },
    find,
    create: input => createDataset(deps, directory, input),
    edit: async (ref, fields, ifMatch) => shared.locks.run(find(ref).id, () => editDataset(deps, find(ref), fields, ifMatch)),
    archive: async (ref, archived) => {
      const dataset = find(ref)
      return dataset.archived === archived ? dataset : catalog.apply(dataset.id, [{ change: 'dataset.archive', archived }])
    },
    remove: async (ref, options = {}) => removeDataset(shared, find(ref).id, options),
    versions: (ref, filter = {}) => {
      const dataset = find(ref)
      const found = dataset.versions.filter(version => matchesFilter(version, filter))
      directory.know(dataset, found)
      return found
    },
    resolve,
    createVersion: async (ref, input) => createVersion(shared, ref, input),
    editVersion: async (ref, fields, ifMatch) => editVersion(shared, resolve(ref), fields, ifMatch),
    archiveVersion: async (ref, archived) => archiveVersion(shared, resolve(ref), archived),
    removeVersion: async (ref, options = {}) => {
      const resolved = resolve(ref)
      if (options.archived === true) needArchived(resolved)
      await removeVersion(shared, resolved, options.force === true)
    },
    changeVersions: (ref, change) => changeVersions(shared, ref, change),
    publish: async (ref, { as, message, signal, progress } = {}) => publishVersion(shared, resolve(ref), { as, message, signal, progress }),
    snapshot: async (ref, options = {}) => takeSnapshot(shared, ref, options),
    tree: async version => (await standings.of(version)).tree,
    stats: version => standings.stats(version),
    commit: async (ref, message, edit) => {
      const { dataset, version } = resolve(ref)
      return leases.during(() => shared.drafts.commit(dataset.id, version.id, message, edit))
    },
    conflicts: async ref => conflictsOf(shared, resolve(ref)),
    settle: async (ref, path, take) => settleConflict(shared, resolve(ref), path, take),
    undo: async (ref, head) => undoCommit(shared, resolve(ref), head),
    diff: (before, after, options = {}) => diffVersions(shared, resolve(before), resolve(after), options.prefix),
    changes: (version, dataset) => changes.of(shared, version, dataset),
    storedSize: (version, dataset) => sizes.of(shared, version, dataset),
    log: async ref => {
      const dataset = find(ref)
      return historyOf(shared, dataset, ref.version === undefined ? undefined : chooseVersion(dataset, ref.version).version)
    },
    roots: () => rootsOf(shared, catalog.datasets()),
    versionById: id => directory.version(id)
  }
}

function shareOf(deps: DatasetsDeps): Shared {
  const { catalog, store } = deps
  const directory = new Directory(catalog)
  const standings = new Standings(version => {
    const dataset = deps.storeOf === undefined ? undefined : directory.version(version.id)?.dataset
    return dataset === undefined ? store : deps.storeOf?.(dataset.id) ?? store
  }, catalog.device)
  return { ...deps, directory, standings, leases: new Leases(), drafts: new Drafts(deps, directory, standings), merges: new MergeHistory(store), locks: new Locks() }
}

/** @throws DATASET_NOT_FOUND, VERSION_NOT_FOUND, VERSION_CONFLICT */
function resolveIn({ catalog, directory }: Shared, ref: VersionRef): Resolved {
  const dataset = directory.find(ref)
  const { version, warnings } = chooseVersion(dataset, ref.version)
  needFirstSeen(catalog, dataset, version, ref.version)
  directory.know(dataset, [version])
  return { dataset, version, ...warnings.length === 0 ? {} : { warnings } }
}

/** What runs and issues are written with. */
function notesIn({ catalog, clock, chance, locks, standings }: Shared, resolve: NotesDeps['resolve']): NotesDeps {
  return {
    device: catalog.device, clock, chance, datasets: () => catalog.datasets(), resolve,
    tree: async version => (await standings.of(version)).tree,
    note: (dataset, version, notes) => locks.run(dataset, async () => { await catalog.apply(dataset, [{ change: 'version.note', version, notes }]) }),
    setStatus: async (dataset, status) => {
      if (catalog.dataset(dataset)?.status !== status) await catalog.apply(dataset, [{ change: 'dataset.edit', fields: { status } }])
    }
  }
}
