import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Catalog, createWorkspace } from '../../src/catalog/index.ts'
import { type ChunkStore, blake3, createMemoryStore, openLevelStore } from '../../src/chunks/index.ts'
import { type Datasets, createDatasets } from '../../src/datasets/index.ts'
import type { Hash, VersionRef } from '../../src/model/index.ts'
import { type Chance, manualClock, seededChance, silentLog, systemChance } from '../../src/runtime/index.ts'
import { type Entry, type FileEntry, editTree, treeEntries } from '../../src/trees/index.ts'
import { deviceFromSeed } from '../../src/trust/index.ts'
import { type FakeCatalog, fakeCatalog } from './fake-catalog.ts'

/** A room of datasets over a catalog and a store. */
export interface World<C extends Catalog = FakeCatalog> {
  readonly datasets: Datasets
  readonly catalog: C
  readonly store: ChunkStore
  readonly clock: ReturnType<typeof manualClock>
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

/** Over a catalog and a store in memory. */
export function datasetsWorld(options: { store?: ChunkStore } = {}): World {
  const clock = manualClock()
  return worldOf(fakeCatalog(clock), options.store ?? createMemoryStore(), clock, seededChance(1))
}

/** Over the real catalog and the LevelDB store in a folder of their own; `end` closes them and removes it. */
export async function realWorld(): Promise<World<Catalog> & { end(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'shoal-datasets-'))
  const clock = manualClock()
  // Every look at the clock takes a moment, as in life: the order of versions follows from when they were made.
  const ticking = { now: () => { clock.advance(1); return clock.now() }, elapsed: clock.elapsed }
  const store = await openLevelStore({ folder: join(home, 'store') })
  const device = deviceFromSeed(seededChance(7).bytes(32))
  const catalog = await createWorkspace({ folder: join(home, 'catalog'), device, clock: ticking, chance: systemChance, log: silentLog, name: 'test' })
  return {
    ...worldOf<Catalog>(catalog, store, { ...clock, now: ticking.now }, systemChance),
    end: async () => {
      await catalog.close()
      await store.close()
      await rm(home, { recursive: true })
    }
  }
}

function worldOf<C extends Catalog>(catalog: C, store: ChunkStore, clock: World['clock'], chance: Chance): World<C> {
  const datasets = createDatasets({ catalog, store, clock, chance, log: silentLog })
  return {
    datasets, catalog, store, clock,
    put: (ref, files) => datasets.leases.during(async () => {
      const entries = await Promise.all(Object.entries(files).map(([path, text]) => smallFile(store, path, text)))
      await datasets.commit(ref, `put ${Object.keys(files).join(', ')}`, tree => editTree(store, tree, entries.map(entry => ({ op: 'put', entry }))))
    }),
    remove: async (ref, path) => { await datasets.commit(ref, `remove ${path}`, tree => editTree(store, tree, [{ op: 'remove', path }])) },
    read: async ref => readTree(store, await datasets.tree(datasets.resolve(ref).version))
  }
}
