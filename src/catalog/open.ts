import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fail } from '../errors/index.ts'
import type { Chance, Clock, Log } from '../runtime/index.ts'
import { type Device, makeGenesis, readGenesis, workspaceOf } from '../trust/index.ts'
import { type DocumentThread, Documents } from './documents.ts'
import { GENESIS_KEY, SPARE } from './keys.ts'
import { LiveCatalog } from './live-catalog.ts'
import { readAll } from './recovery.ts'
import { State } from './state.ts'
import { Storage } from './storage.ts'

export interface CatalogOptions {
  readonly folder: string
  readonly device: Device
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /**
   * Asked before each change of this device's own: undefined when it may be signed at once, or a promise of when it may, which rejects
   * where it must not. What others signed is taken in meanwhile. Default: it always may.
   */
  readonly mayWrite?: () => Promise<void> | undefined
  /** Begins what Automerge runs in; default a thread of its own with bounded memory. */
  readonly startDocuments?: () => DocumentThread
}

/** Whether a folder holds a catalog. */
export const hasCatalog = (folder: string): boolean => existsSync(join(folder, 'CURRENT'))

/** Founds a workspace: this device is its first admin. @param options.name of this device, as others see it @throws WORKSPACE_TAKEN */
export async function createWorkspace(options: CatalogOptions & { readonly name: string }): Promise<LiveCatalog> {
  return joinWorkspace({ ...options, genesis: makeGenesis(options.device, options.name, options.clock.now(), options.chance.bytes(16)) })
}

/** Begins an empty catalog of a workspace that exists elsewhere; its members and datasets come as envelopes. @throws FORMAT_INVALID, SIGNATURE_INVALID, WORKSPACE_TAKEN */
export async function joinWorkspace(options: CatalogOptions & { readonly genesis: Uint8Array }): Promise<LiveCatalog> {
  readGenesis(options.genesis)
  if (hasCatalog(options.folder)) fail('WORKSPACE_TAKEN', `${options.folder} holds a workspace already`, { folder: options.folder })
  // Made beside and moved: a folder that was begun and has no workspace yet could neither be opened nor made again.
  const next = `${options.folder}.next`
  await rm(next, { recursive: true, force: true })
  await mkdir(dirname(options.folder), { recursive: true })
  const fresh = await Storage.open(next, { create: true })
  try {
    await fresh.write([GENESIS_KEY, SPARE + GENESIS_KEY].map(key => ({ key, value: options.genesis })))
  } finally {
    await fresh.close()
  }
  await rm(options.folder, { recursive: true, force: true })
  await rename(next, options.folder)
  return openCatalog(options)
}

/** @throws HOME_IN_USE, STORE_DAMAGED */
export async function openCatalog(options: CatalogOptions): Promise<LiveCatalog> {
  const { folder, device, clock, chance, log, mayWrite = () => undefined } = options
  const storage = await Storage.open(folder, { create: false })
  const documents = new Documents(log, options.startDocuments)
  try {
    const genesis = await storage.getWhole(GENESIS_KEY) ?? await storage.getWhole(SPARE + GENESIS_KEY) ??
      fail('STORE_DAMAGED', `the catalog in ${folder} has lost the beginning of its workspace`, { folder })
    const state = new State(workspaceOf(genesis), readGenesis(genesis))
    await readAll({ storage, documents, log }, state)
    return new LiveCatalog({ device, documents, storage, clock, chance }, state, log, mayWrite)
  } catch (error) {
    await documents.close()
    await storage.close()
    throw error
  }
}
