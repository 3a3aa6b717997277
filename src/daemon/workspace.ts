import { existsSync, renameSync, rmSync } from 'node:fs'
import { type CatalogOptions, type LiveCatalog, createWorkspace, hasCatalog, joinWorkspace, openCatalog } from '../catalog/index.ts'
import type { Chunk, ChunkStore } from '../chunks/index.ts'
import { type Datasets, type Watched, createDatasets } from '../datasets/index.ts'
import { type Files, createFiles } from '../files/index.ts'
import type { DatasetId, Hash, VersionRef } from '../model/index.ts'
import type { Welcome } from '../sync/index.ts'
import { type Upkeep, createUpkeep } from '../upkeep/index.ts'

/** What works on one workspace's catalog. */
export interface OpenWorkspace {
  readonly catalog: LiveCatalog
  readonly datasets: Datasets
  readonly files: Files
  readonly upkeep: Upkeep
  readonly genesis: Uint8Array
}

export interface WorkspaceDeps extends CatalogOptions {
  readonly store: ChunkStore
  /** The store, with what peers have of a dataset behind it. */
  readonly storeOf: (dataset: DatasetId) => ChunkStore
  /** Makes a version complete here as far as peers have it. */
  readonly hold: (ref: VersionRef, watched: Watched) => Promise<void>
  readonly fetchFromPeers: (hashes: readonly Hash[], signal: AbortSignal | undefined) => AsyncIterable<Chunk>
  readonly cacheFolder: string
  readonly home: string
  /** Chunks that uploads under way need. */
  readonly pinned: () => AsyncIterable<readonly Hash[]>
}

/** Opens the catalog of the home's workspace; a fresh home founds one of its own. @param name of this device */
export async function openHomeCatalog(options: CatalogOptions, name: string): Promise<LiveCatalog> {
  return hasCatalog(options.folder) ? await openCatalog(options) : await createWorkspace({ ...options, name })
}

/** What is written to a folder is read by a thread that knows no peers: it comes here first. */
const holding = (files: Files, hold: WorkspaceDeps['hold']): Files => ({
  ...files,
  checkout: async (ref, folder, options = {}) => {
    await hold(ref, options)
    return files.checkout(ref, folder, options)
  }
})

/** L5: publishing looks at every chunk in the store, so what peers have of a draft comes here first. */
const awaiting = (datasets: Datasets, hold: WorkspaceDeps['hold']): Datasets => ({
  ...datasets,
  publish: async (ref, options = {}) => {
    await hold(ref, options)
    return datasets.publish(ref, options)
  },
  snapshot: async (ref, options = {}) => {
    await hold(ref, options)
    return datasets.snapshot(ref, options)
  }
})

export async function openWorkspace(deps: WorkspaceDeps, catalog: LiveCatalog): Promise<OpenWorkspace> {
  const datasets = awaiting(createDatasets({ ...deps, catalog }), deps.hold)
  return {
    catalog,
    datasets,
    files: holding(createFiles({ ...deps, datasets }), deps.hold),
    upkeep: createUpkeep({ ...deps, datasets, catalog }),
    genesis: await catalog.genesis()
  }
}

/**
 * Makes this home one of another workspace. The new catalog is made beside the old one and takes its place in one step; the old one is
 * kept aside, in `<folder>.before-join`.
 */
export async function adoptWorkspace(deps: WorkspaceDeps, old: OpenWorkspace, welcome: Welcome): Promise<OpenWorkspace> {
  const next = `${deps.folder}.joining`
  rmSync(next, { recursive: true, force: true })
  const joined = await joinWorkspace({ ...deps, folder: next, genesis: welcome.genesis })
  await joined.admit(welcome.envelopes)
  await joined.close()
  await old.catalog.close()
  const aside = `${deps.folder}.before-join`
  if (existsSync(aside)) rmSync(aside, { recursive: true })
  renameSync(deps.folder, aside)
  renameSync(next, deps.folder)
  return await openWorkspace(deps, await openCatalog(deps))
}
