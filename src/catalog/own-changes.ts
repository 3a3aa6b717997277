import { fail } from '../errors/index.ts'
import { type DatasetFields, type DatasetId, type DeviceId, compareHashes, datasetId, formatDatasetRef, hashFromHex } from '../model/index.ts'
import type { Chance, Clock } from '../runtime/index.ts'
import {
  type Device, type EnvelopeKind, FIRST_PREVIOUS, MAX_BODY_BYTES, MAX_SEEN, type Member, type MemberRecord, cutName, readEnvelope, signEnvelope, writeMemberRecord, writePublishRecord, writeReceipt
} from '../trust/index.ts'
import type { CatalogChange, NewVersion, PublishRequest } from './catalog.ts'
import type { Documents } from './documents.ts'
import { type Keeping, editsFor, editsForNew, editsToBegin } from './edits.ts'
import { happeningsOf, publishHappening, versionsIn } from './happenings.ts'
import { WORKSPACE_DOCUMENT } from './keys.ts'
import { MAX_CHANGE_OPS } from './limits.ts'
import { advanced } from './log-tail.ts'
import { placedRecordOf } from './member-admission.ts'
import { newestOf } from './publishing.ts'
import { type DatasetRecord, type LogState, actorOf, apartOf, isClashing, listedId, nameOfLog, publishItemOf, withPublished, withReceipt, withTime } from './record.ts'
import type { Edit } from './schema.ts'
import { type Staging, withStaged } from './state.ts'
import { type Kept, documentState } from './stored.ts'
import type { Storage } from './storage.ts'
import type { DatasetView, MemberView } from './views.ts'

/** This device's own changes: checked against the rules, signed, staged. */
export interface Author {
  readonly device: Device
  readonly documents: Documents
  readonly storage: Storage
  readonly clock: Clock
  readonly chance: Chance
}

/** @throws NOT_ALLOWED */
function needMember(author: Author, staging: Staging): Member {
  const member = staging.membership().members.get(author.device.id)
  return member === undefined || member.removed ? fail('NOT_ALLOWED', 'this device is not a member of the workspace') : member
}

/** @throws NOT_ALLOWED */
function needWriter(author: Author, staging: Staging): void {
  if (needMember(author, staging).role === 'reader') fail('NOT_ALLOWED', 'this device is a reader of the workspace: it may look at everything and change nothing')
}

/** @throws NOT_ALLOWED */
function needAdmin(author: Author, staging: Staging, what: string): void {
  if (needMember(author, staging).role !== 'admin') fail('NOT_ALLOWED', `only an admin of the workspace ${what}`)
}

/** @throws DATASET_NOT_FOUND */
function needView(staging: Staging, id: DatasetId): DatasetView {
  return staging.view(id) ?? fail('DATASET_NOT_FOUND', `there is no dataset ${id}`, { dataset: id })
}

export async function createDataset(author: Author, staging: Staging, fields: DatasetFields, tags: readonly string[], first: NewVersion): Promise<DatasetId> {
  needWriter(author, staging)
  if (staging.isTaken(fields.namespace, fields.name)) fail('DATASET_EXISTS', `${formatDatasetRef(fields)} exists already`, { namespace: fields.namespace, name: fields.name })
  const id = datasetId(author.chance.bytes(16))
  const at = author.clock.now()
  await changeDocument(author, staging, id, editsForNew(fields, tags, first, at), at)
  return id
}

export async function applyChanges(author: Author, staging: Staging, id: DatasetId, changes: readonly CatalogChange[]): Promise<void> {
  needWriter(author, staging)
  const view = needView(staging, id)
  const at = author.clock.now()
  const record = staging.recordOrEmpty(id)
  await changeDocument(author, staging, id, editsFor(view, changes, at, lastOrder(record), keepingOf(record)), at)
}

const lastOrder = ({ document }: DatasetRecord): number => Math.max(0, ...document.versions.map(version => version.order))

function keepingOf(record: DatasetRecord): Keeping {
  const { document, published } = record
  const keptAt = new Map(published.map(item => [listedId(item, published), item.version]))
  const apart = apartOf(record)
  return {
    keptAt: id => keptAt.get(id) ?? id,
    apartAt: id => apart.get(id)?.keptAt ?? [],
    isClashing: record => published.some(item => item.record === record && isClashing(published, item)),
    isSealed: number => published.some(item => item.number === number),
    isBegun: id => document.versions.some(version => version.id === id)
  }
}

/** One Automerge change in one envelope; edits that change nothing (a tag that is there already) make neither. */
async function changeDocument(author: Author, staging: Staging, id: DatasetId, edits: readonly Edit[], at: number): Promise<void> {
  if (edits.length === 0) return
  const log = openLog(author, staging, id)
  const { heads } = staging.recordOrEmpty(id)
  const actor = actorOf(staging.workspace, author.device.id, log.epoch)
  const result = await author.documents.change({ document: id, heads, actor, edits }, options =>
    withStaged(staging, id, () => documentState(author.storage, id, staging.recordOrEmpty(id).logs, options)))
  if (result.change === undefined) return
  const { bytes, operations, done } = result.change
  if (bytes.length > MAX_BODY_BYTES || operations > MAX_CHANGE_OPS) {
    fail('LIMIT_EXCEEDED', `a change of ${bytes.length} bytes and ${operations} operations is more than the catalog takes at once (${MAX_BODY_BYTES} bytes, ${MAX_CHANGE_OPS} operations)`)
  }
  const step = sign(author, staging, log, { document: id, kind: 'change', body: bytes, at })
  const record = staging.recordOrEmpty(id)
  staging.addChanges(id, [bytes])
  staging.addTold(id, nameOfLog(log), step.envelope.seq, { at: step.envelope.at, order: done.order, items: happeningsOf(done.edits) })
  staging.setRecord(id, {
    ...record,
    document: result.view,
    heads: result.heads,
    updated: withTime(record.updated, step.envelope.at, versionsIn(done.edits)),
    logs: { ...record.logs, [nameOfLog(log)]: advanced(log, step) },
    sinceSnapshot: record.sinceSnapshot + 1
  })
}

export async function publishVersion(author: Author, staging: Staging, request: PublishRequest): Promise<void> {
  needWriter(author, staging)
  const view = needView(staging, request.dataset)
  const before = staging.recordOrEmpty(request.dataset)
  const at = author.clock.now()
  await changeDocument(author, staging, request.dataset, editsToBegin(view, request.version, at, lastOrder(before), keepingOf(before)), at)
  const record = staging.recordOrEmpty(request.dataset)
  const version = view.versions.find(item => item.id === request.version) ??
    fail('VERSION_NOT_FOUND', `${formatDatasetRef(view)} has no version ${request.version}`, { dataset: view.id, version: request.version })
  if (version.state === 'published') fail('VERSION_PUBLISHED', `${formatDatasetRef(view)}@${version.number} is published already`, { dataset: view.id, version: version.id })
  const other = record.published.find(item => item.number === request.number) ?? view.versions.flatMap(item => item.state === 'published' && item.number === request.number ? [{ version: item.id }] : [])[0]
  if (other !== undefined) fail('VERSION_EXISTS', `${formatDatasetRef(view)}@${request.number} was published already`, { dataset: view.id, number: request.number, version: other.version })
  const body = writePublishRecord({
    ...request,
    over: sortedHashes(request.over),
    parents: sortedHashes(request.parents),
    from: version.parents,
    mode: version.mode,
    metadata: JSON.stringify(version.metadata),
    maskLabels: JSON.stringify(version.maskLabels),
    heads: sortedHashes(record.heads),
    after: sortedHashes(newestOf(record.published))
  })
  if (body.length > MAX_BODY_BYTES) fail('LIMIT_EXCEEDED', `the metadata and labels of the version take ${body.length} bytes; at most ${MAX_BODY_BYTES} are published`)
  const log = openLog(author, staging, request.dataset)
  const step = sign(author, staging, log, { document: request.dataset, kind: 'publish', body, at })
  const item = publishItemOf(step.envelope)
  staging.addTold(request.dataset, nameOfLog(log), step.envelope.seq, { at: step.envelope.at, order: 0, items: [publishHappening(item)] })
  const updated = withTime(record.updated, step.envelope.at, [item.version])
  const logs = { ...record.logs, [nameOfLog(log)]: advanced(log, step) }
  staging.setRecord(request.dataset, withPublished({ ...record, updated, logs, sinceSnapshot: record.sinceSnapshot + 1 }, item))
}

/** Says that this device holds and has verified a published version; once. @throws NOT_ALLOWED, DATASET_NOT_FOUND, VERSION_NOT_FOUND */
export function giveReceipt(author: Author, staging: Staging, dataset: DatasetId, published: string): void {
  needMember(author, staging)
  needView(staging, dataset)
  const record = staging.recordOrEmpty(dataset)
  const item = record.published.find(one => one.record === published) ?? fail('VERSION_NOT_FOUND', `nothing was published as ${published}`, { dataset })
  if (item.by === author.device.id || record.receipts[published]?.includes(author.device.id) === true) return
  const log = openLog(author, staging, dataset)
  const step = sign(author, staging, log, { document: dataset, kind: 'receipt', body: writeReceipt({ record: hashFromHex(published) }), at: author.clock.now() })
  staging.addTold(dataset, nameOfLog(log), step.envelope.seq, { at: step.envelope.at, order: 0, items: [] })
  const logs = { ...record.logs, [nameOfLog(log)]: advanced(log, step) }
  staging.setRecord(dataset, withReceipt({ ...record, logs, sinceSnapshot: record.sinceSnapshot + 1 }, published, author.device.id))
}

const sortedHashes = (hexes: readonly string[]): Uint8Array[] => [...new Set(hexes)].map(hashFromHex).sort(compareHashes)

export interface NewMember { readonly id: DeviceId, readonly name: string, readonly role: MemberView['role'], readonly addresses: readonly string[] }

/** Adds a member, or brings a removed one back: with logs of its own beginning. @throws NOT_ALLOWED */
export function addMember(author: Author, staging: Staging, { id, name, role, addresses }: NewMember): void {
  needAdmin(author, staging, 'adds members')
  const known = staging.membership().members.get(id)
  const epoch = known === undefined ? 0 : known.epoch + (known.removed ? 1 : 0)
  signMember(author, staging, { op: 'add', device: id, name, role, addresses, epoch, cuts: [] })
}

/** Changes what a member may do. @throws NOT_ALLOWED, MEMBER_NOT_FOUND */
export function setRole(author: Author, staging: Staging, id: DeviceId, role: MemberView['role']): void {
  needAdmin(author, staging, 'changes roles')
  if (role !== 'admin') needOtherAdmin(staging, id)
  const { name, addresses, epoch } = needOther(staging, id)
  signMember(author, staging, { op: 'role', device: id, name, role, addresses, epoch, cuts: cutsOf(staging, id) })
}

/** Removes a member: what it did so far stays, as far as it is known here. @throws NOT_ALLOWED, MEMBER_NOT_FOUND */
export function removeMember(author: Author, staging: Staging, id: DeviceId): void {
  needAdmin(author, staging, 'removes members')
  needOtherAdmin(staging, id)
  const { name, role, addresses, epoch } = needOther(staging, id)
  signMember(author, staging, { op: 'remove', device: id, name, role, addresses, epoch, cuts: cutsOf(staging, id) })
}

/** This device's word about itself. @throws NOT_ALLOWED */
export function introduce(author: Author, staging: Staging, self: { readonly name: string, readonly addresses: readonly string[] }): void {
  const { id, role, epoch } = needMember(author, staging)
  signMember(author, staging, { op: 'self', device: id, role, ...self, epoch, cuts: [] })
}

function needOther(staging: Staging, id: DeviceId): Member {
  const member = staging.membership().members.get(id)
  return member === undefined || member.removed ? fail('MEMBER_NOT_FOUND', `${id} is not a member of this workspace`, { member: id }) : member
}

/** A workspace without an admin could never change its members again. @throws NOT_ALLOWED */
function needOtherAdmin(staging: Staging, id: DeviceId): void {
  const admins = [...staging.membership().members.values()].filter(member => member.role === 'admin' && !member.removed)
  if (admins.every(admin => admin.id === id)) fail('NOT_ALLOWED', 'this is the only admin of the workspace: make another member admin first')
}

/** Where each log of a device stands here. */
function cutsOf(staging: Staging, id: DeviceId): MemberRecord['cuts'] {
  return staging.documents().flatMap(document => Object.values(staging.logs(document)).filter(log => log.device === id && log.seq > 0).map(log => [cutName(document, log.epoch), log.seq] as const))
}

function signMember(author: Author, staging: Staging, record: MemberRecord): void {
  const log = staging.log(WORKSPACE_DOCUMENT, author.device.id, record.op === 'self' ? record.epoch : openLog(author, staging, WORKSPACE_DOCUMENT).epoch)
  const step = sign(author, staging, log, { document: WORKSPACE_DOCUMENT, kind: 'member', body: writeMemberRecord(record), at: author.clock.now() })
  const placed = placedRecordOf(step.envelope)
  const refusal = typeof placed === 'string' ? placed : staging.members().refusalOf(placed)
  if (typeof placed === 'string' || refusal !== undefined) return fail('NOT_ALLOWED', `the members would not take this: ${refusal ?? ''}`)
  staging.addPlaced(placed)
  staging.setWorkspaceLogs({ ...staging.logs(WORKSPACE_DOCUMENT), [nameOfLog(log)]: advanced(log, step) })
}

/** The log this device writes to; where that can't go on (it was forked, or what it builds on was undone), the device begins its next epoch. */
function openLog(author: Author, staging: Staging, document: string): LogState {
  const { epoch, ...self } = needMember(author, staging)
  const log = staging.log(document, author.device.id, epoch)
  if (log.ended === undefined && log.stored === log.seq) return log
  signMember(author, staging, { op: 'self', device: author.device.id, name: self.name, role: self.role, addresses: self.addresses, epoch: epoch + 1, cuts: [] })
  return staging.log(document, author.device.id, epoch + 1)
}

interface Statement { readonly document: string, readonly kind: EnvelopeKind, readonly body: Uint8Array, readonly at: number }

function sign(author: Author, staging: Staging, log: LogState, statement: Statement): Kept {
  const seq = log.seq + 1
  const previous = log.seq === 0 ? FIRST_PREVIOUS : hashFromHex(log.hash)
  const { bytes } = signEnvelope(author.device, { ...statement, workspace: staging.workspace, epoch: log.epoch, seq, previous, seen: staging.membership().heads.slice(0, MAX_SEEN) })
  staging.addEnvelope(statement.document, nameOfLog(log), seq, bytes)
  return { envelope: readEnvelope(bytes), bytes }
}
