import { fail } from '../errors/index.ts'
import { blake3 } from '../chunks/index.ts'
import { type DatasetId, type DeviceId, type VersionId, hashToHex } from '../model/index.ts'
import { type Envelope, readPublishRecord } from '../trust/index.ts'
import type { DocumentView, VersionDocumentView } from './document-view.ts'
import type { DatasetView, PublishedView, VersionView } from './views.ts'

/** A publish record as it is kept beside a dataset's view. */
export interface PublishItem extends Omit<PublishedView, 'clashes'> {
  readonly version: VersionId
  readonly number: string
  readonly name: string
  readonly parents: readonly string[]
}

/** Everything about one dataset that reading needs: kept as one checked record, so that reading never loads the document. */
export interface DatasetRecord {
  readonly document: DocumentView
  /** Automerge heads. */
  readonly heads: readonly string[]
  /** Sorted by record: the same set gives the same list on every node. */
  readonly published: readonly PublishItem[]
  /** Envelopes since the last snapshot of the document. */
  readonly sinceSnapshot: number
}

/** @throws FORMAT_INVALID when the body is no publish record, or one of another dataset */
export function publishItemOf(envelope: Envelope): PublishItem {
  const record = readPublishRecord(envelope.body)
  if (record.dataset !== envelope.document) fail('FORMAT_INVALID', 'a publish record names another dataset than its log')
  return {
    record: hashToHex(envelope.hash),
    at: new Date(envelope.at).toISOString(),
    by: envelope.device,
    message: record.message,
    tree: hashToHex(record.tree),
    commit: hashToHex(record.commit),
    files: record.files,
    links: record.links,
    bytes: record.bytes,
    version: record.version,
    number: record.number,
    name: record.name,
    parents: record.parents
  }
}

export function withPublished(record: DatasetRecord, item: PublishItem): DatasetRecord {
  if (record.published.some(known => known.record === item.record)) return record
  return { ...record, published: [...record.published, item].sort((a, b) => a.record < b.record ? -1 : 1) }
}

/** The view of a dataset: its document, overruled by its publish records where a version is published. */
export function datasetViewOf(id: DatasetId, record: DatasetRecord): DatasetView {
  const { deleted: _deleted, versions, ...fields } = record.document
  const revision = hashToHex(blake3(Buffer.from(JSON.stringify([record.heads, record.published.map(item => item.record)])))).slice(0, 16)
  return { ...fields, id, revision, versions: versions.map(version => versionViewOf(version, record.published, new Set(versions.map(other => other.id)))) }
}

/**
 * A version is published when there is a record of it. Of several records of one version (published apart), the one with the lowest
 * name counts everywhere, whatever order they came in; the others are shown as clashes, as are records of the same number (unless their version was deleted).
 */
function versionViewOf(version: VersionDocumentView, items: readonly PublishItem[], there: ReadonlySet<VersionId>): VersionView {
  const own = items.filter(item => item.version === version.id)
  const [first] = own
  if (first === undefined) return { ...version, state: 'draft' }
  const clashes = items.filter(item => item !== first && (item.version === version.id || (item.number === first.number && there.has(item.version)))).map(item => item.record)
  const { version: _version, number, name, parents: _parents, ...published } = first
  return { ...version, number, name, heads: [first.commit], state: 'published', published: { ...published, clashes } }
}

export const encodeRecord = (record: DatasetRecord): Uint8Array => Buffer.from(JSON.stringify(record))
export const decodeRecord = (bytes: Uint8Array): DatasetRecord => JSON.parse(Buffer.from(bytes).toString('utf8')) as DatasetRecord

/** A device's actor in Automerge: 16 bytes that follow from who it is, so that nobody writes in another's name. */
export const actorOf = (workspace: string, device: DeviceId, epoch: number): string =>
  hashToHex(blake3(Buffer.from(`shoal/actor/1\0${workspace}\0${device}\0${epoch}`))).slice(0, 32)

/** A dataset of which only a publish record has come so far: it shows nothing until its document does. */
export const emptyRecord = (id: DatasetId): DatasetRecord => ({ document: { ...NOTHING, id }, heads: [], published: [], sinceSnapshot: 0 })

const NOTHING: Omit<DocumentView, 'id'> = {
  namespace: '', name: '', displayName: '', description: '', type: '', task: '', format: '', status: '', scenario: '', license: '', publicAccess: false,
  strictTypes: false, example: false, tags: [], registry: [], archived: false, deleted: true, createdAt: '', createdBy: '' as DeviceId, updatedAt: '', versions: []
}
