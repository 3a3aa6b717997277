import { fail } from '../errors/index.ts'
import { type DatasetId, type VersionId, datasetId, formatDatasetRef, hashToHex } from '../model/index.ts'
import type { Chance, Clock } from '../runtime/index.ts'
import { type Device, type EnvelopeKind, type MemberRecord, readEnvelope, signEnvelope, writeMemberRecord, writePublishRecord } from '../trust/index.ts'
import type { CatalogChange, DatasetFields, NewVersion, PublishRequest } from './catalog.ts'
import type { Stamp, Step } from './document.ts'
import type { Documents } from './documents.ts'
import { WORKSPACE_DOCUMENT } from './keys.ts'
import { actorOf, publishItemOf, withPublished } from './records.ts'
import type { Staging } from './state.ts'
import type { DatasetView, VersionView } from './views.ts'

/** This device's own changes: checked against the rules, signed, staged. */

/** Logs of this device begin here; a home that came back from a backup starts the next. */
const EPOCH = 0

export interface Author {
  readonly workspace: string
  readonly device: Device
  readonly documents: Documents
  readonly clock: Clock
  readonly chance: Chance
}

/** @throws NOT_ALLOWED */
function needWriter(author: Author, staging: Staging): void {
  const member = staging.membership().members.get(author.device.id)
  if (member === undefined || member.removed) fail('NOT_ALLOWED', 'this device is not a member of the workspace')
  if (member.role === 'reader') fail('NOT_ALLOWED', 'this device is a reader: it may look at everything and change nothing')
}

export async function createDataset(author: Author, staging: Staging, fields: DatasetFields, tags: readonly string[], first: NewVersion): Promise<DatasetId> {
  needWriter(author, staging)
  if (staging.isTaken(fields.namespace, fields.name)) fail('DATASET_EXISTS', `${formatDatasetRef(fields)} exists already`, { namespace: fields.namespace, name: fields.name })
  const id = datasetId(author.chance.bytes(16))
  await changeDocument(author, staging, id, [{ change: 'dataset.create', fields, tags, first }])
  return id
}

export async function applyChanges(author: Author, staging: Staging, id: DatasetId, changes: readonly CatalogChange[]): Promise<void> {
  needWriter(author, staging)
  const view = staging.view(id)
  for (const change of changes) checkChange(view, change)
  await changeDocument(author, staging, id, changes)
}

/** What of a published version its record states: nobody changes it any more. */
const SEALED_FIELDS = ['number', 'name'] as const

function checkChange(view: DatasetView, change: CatalogChange): void {
  if (change.change === 'version.create') {
    if (view.versions.some(version => version.id === change.version.id)) fail('VERSION_EXISTS', `the version ${change.version.id} exists already`, { version: change.version.id })
    return
  }
  if (!('version' in change)) return
  const version = versionIn(view, change.version)
  const seals = change.change === 'draft.commit' || (change.change === 'version.edit' && SEALED_FIELDS.some(field => change.fields[field] !== undefined))
  if (seals && version.state === 'published') fail('VERSION_PUBLISHED', `${formatDatasetRef(view)}@${version.number} is published`, { version: version.id })
  if (change.change === 'draft.commit' && change.over.some(head => !version.heads.includes(head))) {
    fail('EDIT_CONFLICT', `the draft ${formatDatasetRef(view)}@${version.number} has moved on`, { version: version.id })
  }
}

const versionIn = (view: DatasetView, id: VersionId): VersionView =>
  view.versions.find(version => version.id === id) ?? fail('VERSION_NOT_FOUND', `${formatDatasetRef(view)} has no version ${id}`, { version: id })

async function changeDocument(author: Author, staging: Staging, id: DatasetId, steps: readonly Step[]): Promise<void> {
  const at = author.clock.now()
  const stamp: Stamp = { at: new Date(at).toISOString(), by: author.device.id }
  const result = await author.documents.change({ document: id, actor: actorOf(author.workspace, author.device.id, EPOCH), steps, ...stamp, ...staging.record(id) === undefined ? { state: { changes: [] } } : {} })
  // Steps that change nothing (a tag that is there already) make no Automerge change and no envelope.
  if (result.change.length === 0) return
  const record = staging.record(id)
  stage(author, staging, { document: id, kind: 'change', body: result.change, at, note: noteOf(steps) })
  staging.addRecord(id, { document: result.view, heads: result.heads, published: record?.published ?? [], sinceSnapshot: (record?.sinceSnapshot ?? 0) + 1 })
}

export function publishVersion(author: Author, staging: Staging, request: PublishRequest): void {
  needWriter(author, staging)
  const view = staging.view(request.dataset)
  const version = versionIn(view, request.version)
  if (version.state === 'published') fail('VERSION_PUBLISHED', `${formatDatasetRef(view)}@${version.number} is published already`, { version: version.id })
  const other = view.versions.find(item => item.state === 'published' && item.number === request.number)
  if (other !== undefined) fail('VERSION_EXISTS', `${formatDatasetRef(view)}@${request.number} was published already`, { number: request.number, version: other.id })
  const detail = { number: request.number, name: request.name, message: request.message.slice(0, MESSAGE_LIMIT), tree: hashToHex(request.tree) }
  const note = JSON.stringify([{ change: 'version.publish', version: request.version, detail }])
  const bytes = stage(author, staging, { document: request.dataset, kind: 'publish', body: writePublishRecord(request), at: author.clock.now(), note })
  const record = staging.record(request.dataset)
  if (record !== undefined) staging.addRecord(request.dataset, withPublished(record, publishItemOf(readEnvelope(bytes))))
}

export function addMember(author: Author, staging: Staging, member: Omit<MemberRecord, 'op' | 'cuts'>): void {
  const me = staging.membership().members.get(author.device.id)
  if (me?.role !== 'admin' || me.removed) fail('NOT_ALLOWED', 'only an admin of the workspace adds members')
  const note = JSON.stringify([{ change: 'member.add', detail: { device: member.device, name: member.name, role: member.role } }])
  const bytes = stage(author, staging, { document: WORKSPACE_DOCUMENT, kind: 'member', body: writeMemberRecord({ ...member, op: 'add', cuts: [] }), at: author.clock.now(), note })
  const envelope = readEnvelope(bytes)
  staging.addPlaced({ hash: envelope.hash, by: envelope.device, at: envelope.at, seen: envelope.seen, record: { ...member, op: 'add', cuts: [] } })
}

interface Statement { readonly document: string, readonly kind: EnvelopeKind, readonly body: Uint8Array, readonly at: number, readonly note: string }

function stage(author: Author, staging: Staging, statement: Statement): Uint8Array {
  const head = staging.head(statement.document, author.device.id)
  if (head?.frozen !== undefined) fail('STORE_DAMAGED', `this device's log is frozen: ${head.frozen}`)
  const seq = (head?.seq ?? 0) + 1
  const draft = { ...statement, workspace: author.workspace as never, epoch: EPOCH, seq, previous: head?.hash ?? new Uint8Array(32), seen: staging.membership().heads }
  const { bytes, hash } = signEnvelope(author.device, draft)
  staging.addEnvelope({ document: statement.document, device: author.device.id, seq, hash }, bytes, statement.kind === 'change' ? statement.body : undefined)
  return bytes
}

/** Characters: as much as an envelope's note may have. */
const NOTE_LIMIT = 16 * 1024
/** Of a published version's message the history shows so much; its record holds all. Characters. */
const MESSAGE_LIMIT = 2000
/** Details of one change shown in the history; longer texts are cut. Characters. */
const DETAIL_LIMIT = 200

/** What the history shows of steps: their names, the version, the fields they set. */
function noteOf(steps: readonly Step[]): string {
  let items = steps.map(step => ({ change: step.change, ...versionOfStep(step), detail: detailOf(step) }))
  while (JSON.stringify(items).length > NOTE_LIMIT) items = items.slice(0, Math.floor(items.length / 2))
  return JSON.stringify(items)
}

const versionOfStep = (step: Step): { version?: VersionId } =>
  !('version' in step) ? {} : { version: typeof step.version === 'string' ? step.version : step.version.id }

function detailOf(step: Step): Record<string, unknown> {
  switch (step.change) {
    case 'dataset.create': return { namespace: step.fields.namespace, name: step.fields.name }
    case 'dataset.edit': case 'version.edit': return shortened(step.fields)
    case 'dataset.tag': case 'version.tag': return { add: step.add.slice(0, 20), remove: step.remove.slice(0, 20) }
    case 'dataset.archive': case 'version.archive': return { archived: step.archived }
    case 'version.create': return { number: step.version.number, name: step.version.name, mode: step.version.mode }
    case 'draft.commit': return { message: step.message.slice(0, DETAIL_LIMIT), commit: hashToHex(step.commit) }
    default: return {}
  }
}

const shortened = (fields: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, DETAIL_LIMIT) : typeof value === 'boolean' ? value : '…']))
