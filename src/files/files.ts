import { type ChunkStore, type Ingester, createIngester } from '../chunks/index.ts'
import { type Datasets, Locks } from '../datasets/index.ts'
import { fail, toShoalError } from '../errors/index.ts'
import { type DatasetId, type Hash, type VersionRef, checkPath } from '../model/index.ts'
import type { Clock, Log } from '../runtime/index.ts'
import { type Entry, type FileEntry, type FolderItem, getEntry, isFolder, listTree, treeStats } from '../trees/index.ts'
import { archiveOf } from './archive/archive.ts'
import { checkoutVersion } from './checkout/checkout.ts'
import { draftOf } from './draft.ts'
import { editFiles } from './edit.ts'
import { importSource } from './import/import.ts'
import { readContent } from './read.ts'
import { select, splitsOf, type Selection } from './selection/select.ts'
import type { ArchiveFormat, FileEdit, Files } from './service.ts'
import { writeFile } from './write.ts'

export interface FilesDeps {
  readonly datasets: Datasets
  readonly store: ChunkStore
  /** What a dataset's files are read from, when that is not just `store`: others may have what is not here. */
  readonly storeOf?: (dataset: DatasetId) => ChunkStore
  readonly clock: Clock
  readonly log: Log
  /** Where what is known of imported folders is kept between runs. */
  readonly cacheFolder: string
  /** The node's own folder: an import of what it lies in leaves it out. */
  readonly home?: string
}

/** A version's tree, and where to read it from. */
interface Opened { readonly tree: Hash, readonly store: ChunkStore }

/** Files of versions, over trees and chunks. */
export function createFiles(deps: FilesDeps): Files {
  const { datasets, store } = deps
  const ingester = createIngester(store)
  const [imports, checkouts] = [new Locks(), new Locks()]
  const open = async (ref: VersionRef): Promise<Opened> => {
    const { dataset, version } = datasets.resolve(ref)
    return { tree: await datasets.tree(version), store: deps.storeOf?.(dataset.id) ?? store }
  }
  return {
    import: (source, ref, options = {}) => readable(importSource(deps, imports, source, ref, options)),
    checkout: (ref, folder, options = {}) => readable(checkoutVersion(deps, ingester, checkouts, ref, folder, options)),
    list: async (ref, options = {}) => {
      const opened = await open(ref)
      return listTree(opened.store, opened.tree, options)
    },
    async* entries(ref, options = {}) {
      yield* (await selected(deps, ingester, ref, options)).entries()
    },
    splits: async ref => {
      const opened = await open(ref)
      return await splitsOf(opened.store, opened.tree)
    },
    stat: async (ref, path) => statEntry(await open(ref), path),
    read: async (ref, path, range = {}) => readFile(await open(ref), path, range),
    write: async (ref, path, source, options = {}) => writeFile(datasets, store, ingester, ref, path, source, options),
    edit: async (ref, edits, message) => {
      let changed = 0
      await datasets.commit(draftOf(datasets, ref), message ?? messageOf(edits), async tree => {
        const result = await editFiles(store, tree, edits, datasets.find(ref))
        changed = result.changed
        return result.root
      })
      return { changed }
    },
    archive: (ref, format, options = {}) => archive(deps, ingester, ref, format, options)
  }
}

/** Whatever ends a job, above all a signal's reason, as a failure that users can read. */
async function readable<T>(job: Promise<T>): Promise<T> {
  try {
    return await job
  } catch (error) {
    throw toShoalError(error)
  }
}

/** @throws FILE_NOT_FOUND, PATH_INVALID */
async function statEntry({ store, tree }: Opened, path: string): Promise<Entry | FolderItem> {
  const entry = await getEntry(store, tree, checkPath(path))
  if (entry !== undefined) return entry
  if (await isFolder(store, tree, path)) return { kind: 'subfolder', path }
  return fail('FILE_NOT_FOUND', `there is no file ${path} in this version`, { path })
}

/** @throws FILE_NOT_FOUND, PATH_INVALID */
async function fileEntry(opened: Opened, path: string): Promise<FileEntry> {
  const entry = await statEntry(opened, path)
  return entry.kind === 'file' ? entry : fail('FILE_NOT_FOUND', `${path} is a ${entry.kind === 'link' ? 'link' : 'folder'}, not a file`, { path })
}

/** @throws FILE_NOT_FOUND, PATH_INVALID, RANGE_INVALID */
async function readFile(opened: Opened, path: string, range: { readonly from?: number, readonly to?: number }): ReturnType<Files['read']> {
  const entry = await fileEntry(opened, path)
  const { from = 0, to = entry.size } = range
  const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to && to <= entry.size
  if (!isRange) fail('RANGE_INVALID', `bytes ${from} to ${to} lie outside ${path}, which has ${entry.size}`, { path, size: entry.size })
  return { entry, bytes: readContent(opened.store, entry, from, to) }
}

function messageOf(edits: readonly FileEdit[]): string {
  const [edit] = edits
  if (edit === undefined || edits.length > 1) return `${edits.length} edits`
  return 'path' in edit ? `${edit.op} ${edit.path}` : `${edit.op} ${edit.from} to ${edit.to}`
}

/** A part of a version, from the tree it has now. @throws FILE_NOT_FOUND, PATH_INVALID, FIELD_INVALID */
async function selected({ datasets, ...deps }: FilesDeps, ingester: Ingester, ref: VersionRef, selection: Selection, signal?: AbortSignal): Promise<Opened & { time: Date, entries: () => AsyncIterable<Entry> }> {
  const resolved = datasets.resolve(ref)
  const { dataset, version } = resolved
  const store = deps.storeOf?.(dataset.id) ?? deps.store
  const tree = await datasets.tree(version)
  const prefix = selection.prefix === undefined || selection.prefix === '' ? '' : checkPath(selection.prefix)
  return { store, tree, time: new Date(version.published?.at ?? version.updatedAt), entries: await select(store, ingester, tree, resolved, { ...selection, prefix }, signal) }
}

async function* archive(deps: FilesDeps, ingester: Ingester, ref: VersionRef, format: ArchiveFormat, options: Selection & { signal?: AbortSignal }): AsyncGenerator<Uint8Array, void, undefined> {
  // What describes a version is put into the store for the length of the stream.
  const lease = deps.datasets.leases.hold()
  try {
    const { store, tree, time, entries } = await selected(deps, ingester, ref, options, options.signal)
    const { prefix = '' } = options
    if (!await isFolder(store, tree, prefix)) fail('FILE_NOT_FOUND', `there is no folder ${prefix} in this version`, { path: prefix })
    yield* archiveOf({ store, hasLinks: (await treeStats(store, tree)).links > 0, time, signal: options.signal, entries }, format)
  } finally {
    lease.end()
  }
}
