import { type ChunkStore, blake3, createMemoryStore } from '../../src/chunks/index.ts'
import { type Datasets, type Use, createDatasets } from '../../src/datasets/index.ts'
import type { Hash, VersionRef } from '../../src/model/index.ts'
import { manualClock, seededChance, silentLog } from '../../src/runtime/index.ts'
import { type Entry, type FileEntry, editTree, treeEntries } from '../../src/trees/index.ts'
import { type FakeCatalog, fakeCatalog } from './fake-catalog.ts'

/** A room of datasets over a catalog and a store in memory. */
export interface World {
  readonly datasets: Datasets
  readonly catalog: FakeCatalog
  readonly store: ChunkStore
  readonly clock: ReturnType<typeof manualClock>
  readonly uses: Use[]
  /** Puts small files into a draft, all in one edit. */
  put(ref: VersionRef, files: Readonly<Record<string, string>>): Promise<void>
  remove(ref: VersionRef, path: string): Promise<void>
  /** Path and content of every file of a version, read back from the store. */
  read(ref: VersionRef): Promise<Record<string, string>>
}

/** A file small enough to be one chunk, put into the store. */
export async function smallFile(store: ChunkStore, path: string, text: string): Promise<FileEntry> {
  const bytes = new TextEncoder().encode(text)
  const hash = blake3(bytes)
  if (bytes.length > 0) await store.putMany([{ hash, bytes }])
  return { kind: 'file', path, size: bytes.length, hash, executable: false, profile: 'text', content: { kind: 'whole' } }
}

/** Makes a tree's files equal what a test says, by content. */
export async function readTree(store: ChunkStore, tree: Hash): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for await (const entry of treeEntries(store, tree)) if (entry.kind === 'file') files[entry.path] = await textOf(store, entry)
  return files
}

async function textOf(store: ChunkStore, entry: Entry): Promise<string> {
  if (entry.kind !== 'file' || entry.size === 0) return ''
  const [bytes] = await store.getMany([entry.hash])
  return bytes === undefined ? `MISSING ${entry.path}` : new TextDecoder().decode(bytes)
}

export function datasetsWorld(options: { store?: ChunkStore, seed?: number } = {}): World {
  const clock = manualClock()
  const catalog = fakeCatalog(clock)
  const store = options.store ?? createMemoryStore()
  const uses: Use[] = []
  const datasets = createDatasets({ catalog, store, clock, chance: seededChance(options.seed ?? 1), log: silentLog, usesOf: () => uses })
  return {
    datasets, catalog, store, clock, uses,
    put: (ref, files) => datasets.leases.during(async () => {
      const entries = await Promise.all(Object.entries(files).map(([path, text]) => smallFile(store, path, text)))
      await datasets.commit(ref, `put ${Object.keys(files).join(', ')}`, tree => editTree(store, tree, entries.map(entry => ({ op: 'put', entry }))))
    }),
    remove: async (ref, path) => { await datasets.commit(ref, `remove ${path}`, tree => editTree(store, tree, [{ op: 'remove', path }])) },
    read: async ref => readTree(store, await datasets.tree(datasets.resolve(ref).version))
  }
}
