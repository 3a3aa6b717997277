import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../errors/index.ts'
import type { DatasetId } from '../model/index.ts'
import type { Chance, Clock, Log } from '../runtime/index.ts'
import { type Device, type Envelope, makeGenesis, readEnvelope, readGenesis, readMemberRecord, workspaceOf } from '../trust/index.ts'
import { Documents } from './documents.ts'
import { GENESIS_KEY, HEADS, RECORDS, WORKSPACE_DOCUMENT, envelopesOf, recordKey } from './keys.ts'
import { LiveCatalog } from './live-catalog.ts'
import { type DatasetRecord, decodeRecord, encodeRecord, publishItemOf, withPublished } from './records.ts'
import { documentState } from './snapshots.ts'
import { State, decodeHead } from './state.ts'
import { Storage } from './storage.ts'

export interface CatalogOptions {
  readonly folder: string
  readonly device: Device
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** Whether a folder holds a catalog. */
export const hasCatalog = (folder: string): boolean => existsSync(join(folder, 'CURRENT'))

/** Founds a workspace: this device is its first admin. @param name of this device, as others see it */
export async function createWorkspace(options: CatalogOptions & { readonly name: string }): Promise<LiveCatalog> {
  return joinWorkspace({ ...options, genesis: makeGenesis(options.device, options.name, options.clock.now(), options.chance.bytes(16)) })
}

/** Begins an empty catalog of a workspace that exists elsewhere; its members and datasets come as envelopes. @throws FORMAT_INVALID, SIGNATURE_INVALID, WORKSPACE_TAKEN */
export async function joinWorkspace(options: CatalogOptions & { readonly genesis: Uint8Array }): Promise<LiveCatalog> {
  readGenesis(options.genesis)
  const storage = await Storage.open(options.folder, { create: true })
  if (await storage.get(GENESIS_KEY) !== undefined) fail('WORKSPACE_TAKEN', `${options.folder} holds a workspace already`, { folder: options.folder })
  await storage.write([{ key: GENESIS_KEY, value: options.genesis }])
  return await assemble(options, storage)
}

/** @throws HOME_IN_USE, STORE_DAMAGED */
export async function openCatalog(options: CatalogOptions): Promise<LiveCatalog> {
  return await assemble(options, await Storage.open(options.folder, { create: false }))
}

async function assemble(options: CatalogOptions, storage: Storage): Promise<LiveCatalog> {
  try {
    const genesis = await storage.get(GENESIS_KEY) ?? fail('STORE_DAMAGED', `the catalog in ${options.folder} has no workspace`)
    const state = new State(readGenesis(genesis))
    const documents = new Documents(id => documentState(storage, id), options.log)
    await readMembers(storage, state)
    await readHeads(storage, state)
    await readRecords(storage, state, documents, options.log)
    const author = { workspace: workspaceOf(genesis), device: options.device, documents, clock: options.clock, chance: options.chance }
    return new LiveCatalog(author, state, storage, options.log)
  } catch (error) {
    await storage.close()
    throw error
  }
}

async function readMembers(storage: Storage, state: State): Promise<void> {
  for (const [key, bytes] of await storage.range(envelopesOf(WORKSPACE_DOCUMENT))) {
    const envelope = readEnvelope(bytes ?? damaged(key))
    if (envelope.kind !== 'member') continue
    state.addPlaced({ hash: envelope.hash, by: envelope.device, at: envelope.at, seen: envelope.seen, record: readMemberRecord(envelope.body) })
  }
}

const damaged = (key: string): never => fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key })

/** A damaged head is made anew from the envelopes of its log. */
async function readHeads(storage: Storage, state: State): Promise<void> {
  for (const [key, bytes] of await storage.range(HEADS)) {
    if (bytes !== undefined) {
      state.addHead(decodeHead(bytes))
      continue
    }
    const rows = await storage.range(`e/${key.slice(HEADS.length)}/`)
    const last = rows.at(-1)
    if (last === undefined) continue
    const { document, device, seq, hash } = readEnvelope(last[1] ?? damaged(last[0]))
    state.addHead({ document, device, seq, hash })
  }
}

async function readRecords(storage: Storage, state: State, documents: Documents, log: Log): Promise<void> {
  for (const [key, bytes] of await storage.range(RECORDS)) {
    const id = key.slice(RECORDS.length) as DatasetId
    const record = bytes === undefined ? await rebuild(storage, documents, id) : decodeRecord(bytes)
    if (bytes === undefined) {
      log.warn('a damaged record of the catalog was made anew from its envelopes', { dataset: id })
      await storage.write([{ key: recordKey(id), value: encodeRecord(record) }])
    }
    state.addRecord(id, record)
  }
}

async function rebuild(storage: Storage, documents: Documents, id: DatasetId): Promise<DatasetRecord> {
  const envelopes: Envelope[] = (await storage.range(envelopesOf(id))).map(([key, bytes]) => readEnvelope(bytes ?? damaged(key)))
  const { view, heads } = await documents.view(id)
  const base: DatasetRecord = { document: view, heads, published: [], sinceSnapshot: envelopes.length }
  return envelopes.filter(envelope => envelope.kind === 'publish').reduce((record, envelope) => withPublished(record, publishItemOf(envelope)), base)
}
