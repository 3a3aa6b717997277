import { blake3 } from '../chunks/index.ts'
import { type DatasetId, type DeviceId, type VersionId, hashToHex, toBase32, versionId } from '../model/index.ts'
import { type Envelope, logName, readPublishRecord } from '../trust/index.ts'
import type { DocumentView, VersionDocument } from './document-view.ts'
import type { Published } from './publishing.ts'
import { readJson } from './schema.ts'
import type { DatasetView, Json, PublishedView, VersionView } from './views.ts'

/** A publish record as it is kept beside a dataset's document. Hashes as hex, times in milliseconds since 1970. */
export interface PublishItem extends Published {
  readonly dataset: DatasetId
  readonly by: DeviceId
  readonly at: number
  readonly name: string
  readonly tree: string
  readonly commit: string
  /** Commits of the draft that this seals. */
  readonly over: readonly string[]
  readonly files: number
  readonly links: number
  readonly bytes: number
  readonly parents: readonly string[]
  readonly message: string
  readonly from: readonly VersionId[]
  readonly mode: 'inherit' | 'new'
  readonly metadata: { readonly [key: string]: Json }
  readonly maskLabels: { readonly [rgb: string]: readonly string[] }
}

/** Where one log of a document stands. */
export interface LogState {
  readonly device: DeviceId
  readonly epoch: number
  /** The last step that counts. */
  readonly seq: number
  /** Its hash, hex. */
  readonly hash: string
  /** The last step that is kept here: behind `seq` when what later steps build on was undone. */
  readonly stored: number
  /** How many of the steps are Automerge changes. */
  readonly changes: number
  /** The step at which the log ended for good, and why: it does not count, nor does what comes after it. */
  readonly ended?: { readonly seq: number, readonly reason: string }
}

/** Everything about one dataset that reading it needs: one checked record on the disk, so that reading never loads a document. */
export interface DatasetRecord {
  readonly format: typeof RECORD_FORMAT
  readonly document: DocumentView
  /** Automerge heads, sorted. */
  readonly heads: readonly string[]
  /** By name: the same set gives the same list on every node. */
  readonly published: readonly PublishItem[]
  /** By version: the record this node saw first. Not shared. */
  readonly firstSeen: { readonly [version: VersionId]: string }
  /** By publish record: devices that said they hold and have verified it, sorted. */
  readonly receipts: { readonly [record: string]: readonly DeviceId[] }
  /** By log. */
  readonly logs: { readonly [log: string]: LogState }
  /** When things were last changed, by whoever says so last. Milliseconds since 1970. */
  readonly updated: { readonly dataset: number, readonly versions: { readonly [id: VersionId]: number } }
  /** Envelopes since the last snapshot of the document. */
  readonly sinceSnapshot: number
}

/** Records of another format are made anew from the envelopes. */
export const RECORD_FORMAT = 3

export const emptyRecord = (document: DocumentView): DatasetRecord =>
  ({ format: RECORD_FORMAT, document, heads: [], published: [], firstSeen: {}, receipts: {}, logs: {}, updated: { dataset: 0, versions: {} }, sinceSnapshot: 0 })

/** @throws FORMAT_INVALID when the body is no publish record */
export function publishItemOf(envelope: Envelope): PublishItem {
  const record = readPublishRecord(envelope.body)
  const { tree, commit, over, parents, heads, after, metadata, maskLabels, ...rest } = record
  return {
    ...rest,
    record: hashToHex(envelope.hash),
    by: envelope.device,
    at: envelope.at,
    tree: hashToHex(tree),
    commit: hashToHex(commit),
    over: over.map(hashToHex),
    parents: parents.map(hashToHex),
    heads: heads.map(hashToHex),
    after: after.map(hashToHex),
    metadata: objectOf(metadata) as PublishItem['metadata'],
    maskLabels: Object.fromEntries(Object.entries(objectOf(maskLabels)).map(([rgb, labels]) => [rgb, Array.isArray(labels) ? labels.filter(label => typeof label === 'string') : []]))
  }
}

function objectOf(text: string): object {
  const value = readJson(text)?.value
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

/** Adds a record where it belongs. */
export const withPublished = (record: DatasetRecord, item: PublishItem): DatasetRecord =>
  ({ ...record, published: [...record.published, item].sort((a, b) => a.record < b.record ? -1 : 1), firstSeen: { [item.version]: item.record, ...record.firstSeen } })

/** Notes who holds a version. */
export function withReceipt(record: DatasetRecord, published: string, device: DeviceId): DatasetRecord {
  const holders = record.receipts[published] ?? []
  return holders.includes(device) ? record : { ...record, receipts: { ...record.receipts, [published]: [...holders, device].sort() } }
}

/** Adds a time to what it concerns; a later word of an earlier time changes nothing. */
export function withTime(updated: DatasetRecord['updated'], at: number, versions: readonly VersionId[]): DatasetRecord['updated'] {
  const times = { ...updated.versions }
  for (const id of versions) times[id] = Math.max(at, times[id] ?? 0)
  return { dataset: Math.max(at, updated.dataset), versions: times }
}

export const encodeRecord = (record: DatasetRecord): Uint8Array => Buffer.from(JSON.stringify(record))

/** @returns undefined for a record of another format */
export function decodeRecord(bytes: Uint8Array): DatasetRecord | undefined {
  const record = JSON.parse(Buffer.from(bytes).toString('utf8')) as DatasetRecord
  return record.format === RECORD_FORMAT ? record : undefined
}

/** Actors worked out before: the few of a team are asked for with every dataset. */
const actors = new Map<string, string>()
const KEPT_ACTORS = 10_000

/** A device's actor in Automerge: 16 bytes that follow from who it is, so that nobody writes in another's name. */
export function actorOf(workspace: string, device: DeviceId, epoch: number): string {
  const name = `shoal/actor/1\0${workspace}\0${device}\0${epoch}`
  const actor = actors.get(name) ?? hashToHex(blake3(Buffer.from(name))).slice(0, 32)
  if (actors.size >= KEPT_ACTORS) actors.clear()
  actors.set(name, actor)
  return actor
}

/** Who an actor is, among those whose logs are here. */
export type Authors = (actor: string) => DeviceId

export function authorsOf(workspace: string, logs: Iterable<Pick<LogState, 'device' | 'epoch'>>): Authors {
  const devices = new Map([...logs].map(({ device, epoch }) => [actorOf(workspace, device, epoch), device]))
  return actor => devices.get(actor) ?? '' as DeviceId
}

let last = { at: 0, text: '1970-01-01T00:00:00.000Z' }

/** Versions that were made together have one time. */
function iso(at: number): string {
  if (last.at !== at) last = { at, text: new Date(at).toISOString() }
  return last.text
}

/** The view of a dataset: its document, overruled by publish records; undefined while there is none, or it was deleted. */
export function datasetViewOf(id: DatasetId, record: DatasetRecord, authors: Authors): DatasetView | undefined {
  const { deleted, hidden: _hidden, creator, createdAt, versions: _versions, ...fields } = record.document
  const versions = versionViewsOf(record, authors)
  if (createdAt === undefined || (deleted && versions.length === 0)) return undefined
  return {
    ...fields,
    id,
    createdAt: iso(createdAt),
    createdBy: authors(creator),
    updatedAt: iso(record.updated.dataset),
    revision: revisionOf(record),
    versions
  }
}

/** Changes with everything anyone says of a dataset; equal on all nodes that have seen the same. */
const revisionOf = (record: DatasetRecord): string =>
  toBase32(blake3(Buffer.from(JSON.stringify([record.heads, record.published.map(item => item.record)]))).subarray(0, 15))

function versionViewsOf(record: DatasetRecord, authors: Authors): VersionView[] {
  const shown = record.published.filter(item => !record.document.hidden.includes(item.record))
  const views: VersionView[] = []
  const apart = apartOf(record)
  const begun = new Set(record.document.versions.map(version => version.id))
  for (const version of record.document.versions) {
    const own = record.published.filter(item => item.version === version.id)
    views.push(...own.filter(item => shown.includes(item)).map(item => publishedView(record, version, item, shown, authors)))
    if (own.length === 0) views.push(...draftViews(record, version, authors, apart.get(version.id)))
    for (const [id, draft] of apart) if (draft.parent === version && !begun.has(id)) views.push(...draftViews(record, begunApart(id, draft), authors, draft))
  }
  return views
}

/**
 * The id a publish record's version is listed under. Of records that seal one version (made apart), the one with the lowest name keeps the
 * version's id, everywhere alike; the others stand beside it under ids that follow from their names, so that nothing that was published goes.
 */
export function listedId(item: PublishItem, published: readonly PublishItem[]): VersionId {
  const isFirst = published.every(other => other.version !== item.version || other.record >= item.record)
  return isFirst ? item.version : versionId(blake3(Buffer.from(`shoal/rival/1\0${item.record}`)).subarray(0, 16))
}

/** What was edited apart from its deletion stays: files beat the end. */
function draftViews(record: DatasetRecord, version: VersionDocument, authors: Authors, apart: Apart | undefined): VersionView[] {
  const heads = apart === undefined ? version.heads : [...new Set([...version.heads, ...apart.heads])].sort()
  return version.deleted && heads.length === 0 ? [] : [plainView(record, version, heads, 'draft', authors)]
}

/** What was committed to drafts apart from their publication: it stands in a draft that comes from the published version. */
export interface Apart {
  /** The published version it comes from. */
  readonly parent: VersionDocument
  /** Under which versions' keys the commits are kept. */
  readonly keptAt: readonly VersionId[]
  readonly heads: readonly string[]
}

/** Commits of published versions that no record holds, by the id of the draft they stand in: the same on every node. */
export function apartOf({ document, published }: Pick<DatasetRecord, 'document' | 'published'>): ReadonlyMap<VersionId, Apart> {
  const sealed = new Set(published.flatMap(item => [item.commit, ...item.over]))
  const sealedVersions = new Set(published.map(item => item.version))
  const byId = new Map(document.versions.map(version => [version.id, version]))
  const found = new Map<VersionId, Apart>()
  for (const version of document.versions) {
    const heads = sealedVersions.has(version.id) ? version.heads.filter(head => !sealed.has(head)) : []
    if (heads.length === 0) continue
    // That draft may have been published, too.
    let parent = version
    for (let next = byId.get(apartId(parent.id)); next !== undefined && sealedVersions.has(next.id); next = byId.get(apartId(parent.id))) parent = next
    const before = found.get(apartId(parent.id))
    found.set(apartId(parent.id), { parent, keptAt: [...before?.keptAt ?? [], version.id], heads: [...before?.heads ?? [], ...heads] })
  }
  return found
}

const apartId = (version: VersionId): VersionId => versionId(blake3(Buffer.from(`shoal/apart/1\0${version}`)).subarray(0, 16))

/** A draft nobody has said anything of yet. */
/** Whether another record states the same number: then, and only then, a version may be given another. For good, as records are. */
export const isClashing = (published: readonly PublishItem[], item: PublishItem): boolean => published.some(other => other !== item && other.number === item.number)

/** The number a published version has: its record's, or the one it was given because another record states the same. */
function numberOf({ document, published }: DatasetRecord, item: PublishItem): string {
  const given = document.versions.find(version => version.id === item.version)?.renumbered[item.record]
  return given !== undefined && isClashing(published, item) ? given : item.number
}

const begunApart = (id: VersionId, { parent }: Apart): VersionDocument =>
  ({ ...parent, id, heads: [], parents: [parent.id], mode: 'inherit', name: '', description: '', comment: '', tags: [], notes: {}, renumbered: {}, archived: false, deleted: false })

/** Field by field: a catalog shows hundreds of thousands of versions, and copies with and without some fields take ten times as long. */
function plainView<State extends VersionView['state']>(record: DatasetRecord, version: VersionDocument, heads: readonly string[], state: State, authors: Authors): VersionView & { readonly state: State } {
  const { id, number, name, description, comment, mode, parents, tags, metadata, maskLabels, notes = {}, archived, creator, createdAt } = version
  const changedAt = Math.max(record.updated.versions[id] ?? 0, createdAt)
  const created = iso(createdAt)
  return {
    id, number, name, state, heads, parents, mode, description, comment, metadata, maskLabels, tags, notes, archived,
    createdAt: created, createdBy: authors(creator), updatedAt: changedAt === createdAt ? created : iso(changedAt)
  }
}

/** @param shown publish records whose versions were not deleted */
function publishedView(record: DatasetRecord, version: VersionDocument, item: PublishItem, shown: readonly PublishItem[], authors: Authors): VersionView {
  const { name, mode, metadata, maskLabels, from } = item
  const number = numberOf(record, item)
  const id = listedId(item, record.published)
  const rivals = shown.filter(other => other !== item && other.version === item.version).map(other => other.record)
  const published: PublishedView = {
    record: item.record,
    at: iso(item.at),
    by: item.by,
    message: item.message,
    tree: item.tree,
    commit: item.commit,
    files: item.files,
    links: item.links,
    bytes: item.bytes,
    clashes: shown.filter(other => other !== item && numberOf(record, other) === number).map(other => other.record),
    ...number === item.number ? {} : { sealedNumber: item.number },
    holders: [...new Set([item.by, ...record.receipts[item.record] ?? []])].sort(),
    ...rivals.length > 0 ? { rivals } : {}
  }
  return { ...plainView(record, version, [item.commit], 'published', authors), id, number, name, mode, metadata, maskLabels, parents: from, published }
}

/** A log's name among those of its document. */
export const nameOfLog = (state: Pick<LogState, 'device' | 'epoch'>): string => logName(state.device, state.epoch)
