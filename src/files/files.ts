import { type ChunkStore, createIngester } from '../chunks/index.ts'
import { type Datasets, Locks, type Resolved } from '../datasets/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, type VersionRef, checkPath, parseHash, sameHash } from '../model/index.ts'
import type { Clock, Log } from '../runtime/index.ts'
import { type Entry, type FileEntry, type FolderItem, editTree, getEntry, isFolder, listTree, treeEntries } from '../trees/index.ts'
import { archiveOf } from './archive.ts'
import { checkoutVersion } from './checkout/checkout.ts'
import { entryOf } from './content.ts'
import { editFiles } from './edit.ts'
import { importSource } from './import/import.ts'
import { readContent } from './read.ts'
import type { Files } from './service.ts'

export interface FilesDeps {
  readonly datasets: Datasets
  readonly store: ChunkStore
  readonly clock: Clock
  readonly log: Log
  /** Where what is known of imported folders is kept between runs. */
  readonly cacheFolder: string
  /** The node's own folder: an import of what it lies in leaves it out. */
  readonly home?: string
}

/** Files of versions, over trees and chunks. */
export function createFiles(deps: FilesDeps): Files {
  const { datasets, store } = deps
  const ingester = createIngester(store)
  const imports = new Locks()
  const checkouts = new Locks()
  const treeOf = async (ref: VersionRef): Promise<{ resolved: Resolved, tree: Hash }> => {
    const resolved = datasets.resolve(ref)
    return { resolved, tree: await datasets.tree(resolved.version) }
  }
  return {
    import: async (source, ref, options = {}) => importSource(deps, imports, source, ref, options),
    checkout: async (ref, folder, options = {}) => checkoutVersion(deps, checkouts, ref, folder, options),
    list: async (ref, options = {}) => listTree(store, (await treeOf(ref)).tree, options),
    async* entries(ref, options = {}) {
      yield* treeEntries(store, (await treeOf(ref)).tree, options)
    },
    stat: async (ref, path) => statEntry(store, (await treeOf(ref)).tree, path),
    read: async (ref, path, range = {}) => {
      const entry = await fileEntry(store, (await treeOf(ref)).tree, path)
      const { from = 0, to = entry.size } = range
      if (!(from >= 0 && from <= to && to <= entry.size)) fail('RANGE_INVALID', `bytes ${from} to ${to} lie outside ${path}, which has ${entry.size}`, { path, size: entry.size })
      return { entry, bytes: readContent(store, entry, from, to) }
    },
    write: async (ref, path, source, options = {}) => datasets.leases.during(async () => {
      checkPath(path)
      const target = draftOf(datasets, ref)
      const ingested = await ingester.stream(source)
      if (options.size !== undefined && options.size !== ingested.size) fail('CONTENT_MISMATCH', `${path} has ${ingested.size} bytes instead of the announced ${options.size}`, { path })
      if (options.hash !== undefined && !sameHash(parseHash(options.hash), ingested.hash)) fail('CONTENT_MISMATCH', `${path} has another BLAKE3 than the announced one`, { path })
      const entry = await entryOf(store, path, options.executable === true, ingested, options.mediaType)
      await datasets.commit(target, options.message ?? `write ${path}`, tree => editTree(store, tree, [{ op: 'put', entry }]))
      return entry
    }),
    edit: async (ref, edits, message) => {
      let changed = 0
      await datasets.commit(draftOf(datasets, ref), message ?? edits.map(edit => edit.op).join(', ').slice(0, 200), async tree => {
        const result = await editFiles(store, tree, edits)
        changed = result.changed
        return result.root
      })
      return { changed }
    },
    archive: (ref, format, options = {}) => archive(deps, ref, format, options)
  }
}

/** Refused before bytes are taken in. @throws VERSION_PUBLISHED */
function draftOf(datasets: Datasets, ref: VersionRef): VersionRef {
  const { version } = datasets.resolve(ref)
  if (version.state === 'published') fail('VERSION_PUBLISHED', `${ref.namespace}/${ref.name}@${version.number} is published: its files never change`, { version: version.id })
  return { namespace: ref.namespace, name: ref.name, version: version.id }
}

/** @throws FILE_NOT_FOUND, PATH_INVALID */
async function statEntry(store: ChunkStore, tree: Hash, path: string): Promise<Entry | FolderItem> {
  const entry = await getEntry(store, tree, checkPath(path))
  if (entry !== undefined) return entry
  if (await isFolder(store, tree, path)) return { kind: 'subfolder', path }
  return fail('FILE_NOT_FOUND', `there is no file ${path} in this version`, { path })
}

/** @throws FILE_NOT_FOUND, PATH_INVALID */
async function fileEntry(store: ChunkStore, tree: Hash, path: string): Promise<FileEntry> {
  const entry = await statEntry(store, tree, path)
  return entry.kind === 'file' ? entry : fail('FILE_NOT_FOUND', `${path} is a ${entry.kind === 'link' ? 'link' : 'folder'}, not a file`, { path })
}

async function* archive({ datasets, store }: FilesDeps, ref: VersionRef, format: Parameters<Files['archive']>[1], options: NonNullable<Parameters<Files['archive']>[2]>): AsyncGenerator<Uint8Array> {
  const { version } = datasets.resolve(ref)
  const tree = await datasets.tree(version)
  const prefix = options.prefix === undefined || options.prefix === '' ? {} : { prefix: checkPath(options.prefix) }
  const time = new Date(version.published?.at ?? version.updatedAt)
  yield* archiveOf(store, treeEntries(store, tree, prefix), format, time, options.signal)
}
