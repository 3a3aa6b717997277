import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fail } from '../errors/index.ts'
import type { DatasetId } from '../model/index.ts'
import type { Chance, Clock, Log } from '../runtime/index.ts'
import { type Device, type Envelope, makeGenesis, readEnvelope, readGenesis, readMemberRecord, workspaceOf } from '../trust/index.ts'
import { Documents } from './documents.ts'
import { ENVELOPES, GENESIS_KEY, HEADS, RECORDS, WORKSPACE_DOCUMENT, envelopesOf, evidenceOf, headKey, recordKey } from './keys.ts'
import { LiveCatalog } from './live-catalog.ts'
import { type DatasetRecord, decodeRecord, emptyRecord, encodeRecord, publishItemOf, withPublished } from './records.ts'
import { documentState } from './snapshots.ts'
import { State, decodeHead, encodeHead } from './state.ts'
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
  if (hasCatalog(options.folder)) fail('WORKSPACE_TAKEN', `${options.folder} holds a workspace already`, { folder: options.folder })
  // Made beside and moved: a folder that was begun and has no workspace yet could neither be opened nor made again.
  const next = `${options.folder}.next`
  await rm(next, { recursive: true, force: true })
  await mkdir(dirname(options.folder), { recursive: true })
  const fresh = await Storage.open(next, { create: true })
  try {
    await fresh.write([{ key: GENESIS_KEY, value: options.genesis }])
  } finally {
    await fresh.close()
  }
  await rm(options.folder, { recursive: true, force: true })
  await rename(next, options.folder)
  return await openCatalog(options)
}

/** @throws HOME_IN_USE, STORE_DAMAGED */
export async function openCatalog(options: CatalogOptions): Promise<LiveCatalog> {
  return await assemble(options, await Storage.open(options.folder, { create: false }))
}

async function assemble(options: CatalogOptions, storage: Storage): Promise<LiveCatalog> {
  let opened: Documents | undefined
  try {
    const genesis = await storage.get(GENESIS_KEY) ?? fail('STORE_DAMAGED', `the catalog in ${options.folder} has no workspace`)
    const state = new State(readGenesis(genesis))
    const documents = new Documents(id => documentState(storage, id, device => state.headOf(id, device), state.underWay(id)), options.log)
    opened = documents
    await readMembers(storage, state)
    await readHeads(storage, state)
    await readRecords(storage, state, documents, options.log)
    const author = { workspace: workspaceOf(genesis), device: options.device, documents, clock: options.clock, chance: options.chance }
    return new LiveCatalog(author, state, storage, options.log)
  } catch (error) {
    await opened?.close()
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

/** Where a head is damaged, all are checked against the envelopes: the damage may be in a key, and then nobody knows whose head it was. */
async function readHeads(storage: Storage, state: State): Promise<void> {
  const rows = await storage.range(HEADS)
  for (const [, bytes] of rows) if (bytes !== undefined) state.addHead(decodeHead(bytes))
  if (rows.every(([, bytes]) => bytes !== undefined)) return
  for (const [key, bytes] of await storage.range(ENVELOPES)) {
    const { document, device, seq, hash } = readEnvelope(bytes ?? damaged(key))
    if (seq <= state.headOf(document, device)) continue
    const evidence = await storage.range(evidenceOf(document, device))
    state.addHead({ document, device, seq, hash, ...evidence.length === 0 ? {} : { frozen: 'a step of its author was refused before' } })
  }
  await storage.write([
    ...rows.filter(([, bytes]) => bytes === undefined).map(([key]) => ({ key, value: undefined })),
    ...[...state.heads.values()].map(head => ({ key: headKey(head.document, head.device), value: encodeHead(head) }))
  ])
}

/** Records that are damaged, or missing though there are steps of their dataset, are made anew from the envelopes. */
async function readRecords(storage: Storage, state: State, documents: Documents, log: Log): Promise<void> {
  const missing = new Set([...state.heads.values()].filter(head => head.seq > 0 && head.document !== WORKSPACE_DOCUMENT).map(head => head.document as DatasetId))
  for (const [key, bytes] of await storage.range(RECORDS)) {
    if (bytes === undefined) continue
    const id = key.slice(RECORDS.length) as DatasetId
    missing.delete(id)
    state.addRecord(id, decodeRecord(bytes))
  }
  for (const id of missing) {
    const record = await rebuild(storage, documents, id)
    log.warn('a damaged record of the catalog was made anew from its envelopes', { dataset: id })
    await storage.write([{ key: recordKey(id), value: encodeRecord(record) }])
    state.addRecord(id, record)
  }
}

async function rebuild(storage: Storage, documents: Documents, id: DatasetId): Promise<DatasetRecord> {
  const envelopes: Envelope[] = (await storage.range(envelopesOf(id))).map(([key, bytes]) => readEnvelope(bytes ?? damaged(key)))
  // Of a dataset of which only a publish record has come, there is no document yet: it shows nothing.
  if (!envelopes.some(envelope => envelope.kind === 'change')) return envelopes.reduce(withStatement, emptyRecord(id))
  const { view, heads } = await documents.view(id)
  const base: DatasetRecord = { document: view, heads, published: [], sinceSnapshot: envelopes.length }
  return envelopes.reduce(withStatement, base)
}

const withStatement = (record: DatasetRecord, envelope: Envelope): DatasetRecord => envelope.kind === 'publish' ? withPublished(record, publishItemOf(envelope)) : record
