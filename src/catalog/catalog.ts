import type { DatasetFields, DatasetId, DeviceId, Hash, VersionId, WorkspaceId } from '../model/index.ts'
import type { DatasetView, HistoryItem, Json, MemberView } from './views.ts'

/** Every change anyone can make to a dataset's document, by name; each becomes one Automerge change in one signed envelope. */
export type CatalogChange =
  | { readonly change: 'dataset.edit', readonly fields: Partial<DatasetFields> }
  | { readonly change: 'dataset.archive', readonly archived: boolean }
  | { readonly change: 'dataset.delete' }
  | { readonly change: 'dataset.tag', readonly add: readonly string[], readonly remove: readonly string[] }
  | { readonly change: 'version.create', readonly version: NewVersion }
  | { readonly change: 'version.edit', readonly version: VersionId, readonly fields: Partial<VersionFields> }
  | { readonly change: 'version.tag', readonly version: VersionId, readonly add: readonly string[], readonly remove: readonly string[] }
  /** Sets notes by name; null takes one away. Published versions have notes too. */
  | { readonly change: 'version.note', readonly version: VersionId, readonly notes: { readonly [name: string]: Json } }
  | { readonly change: 'version.archive', readonly version: VersionId, readonly archived: boolean }
  | { readonly change: 'version.delete', readonly version: VersionId }
  /** Gives a published version another number than its record's, where another record was given the same one apart. */
  | { readonly change: 'version.renumber', readonly version: VersionId, readonly number: string }
  /** Moves a draft to a commit that follows `over` (the heads it replaces). */
  | { readonly change: 'draft.commit', readonly version: VersionId, readonly commit: Hash, readonly over: readonly string[], readonly message: string }

export interface VersionFields {
  readonly number: string
  readonly name: string
  readonly description: string
  readonly comment: string
  readonly metadata: { readonly [key: string]: Json }
  readonly maskLabels: { readonly [rgb: string]: readonly string[] }
}

export interface NewVersion extends VersionFields {
  readonly id: VersionId
  readonly parents: readonly VersionId[]
  readonly mode: 'inherit' | 'new'
  /** The commit it starts from; undefined for an empty one. */
  readonly commit?: Hash
}

/** What a publish record states; signing it is the catalog's work. */
export interface PublishRequest {
  readonly dataset: DatasetId
  readonly version: VersionId
  readonly number: string
  readonly name: string
  readonly tree: Hash
  readonly commit: Hash
  /** Heads (hex) of the draft that the commit holds. */
  readonly over: readonly string[]
  readonly files: number
  readonly links: number
  readonly bytes: number
  /** Records (hex) of the published parents. */
  readonly parents: readonly string[]
  readonly message: string
}

/** Where one device's log of one document stands. `seq` counts from 1. */
export interface LogHead {
  readonly document: string
  readonly device: DeviceId
  /** What others are told: the last step that counts, or a number above all where the log has ended. */
  readonly seq: number
  /** Of logs with one `seq`, equal where they hold the same steps. */
  readonly hash: Hash
  /** The last step that counts. Not told. */
  readonly stands: number
}

/** A member's step that breaks the rules: a forged publish record, a change of another's name, two steps of one number. */
export interface Refusal { readonly device: DeviceId, readonly seq: number, readonly reason: string }

export interface AdmitResult {
  readonly admitted: number
  /** Already here. */
  readonly known: number
  /** Refused, with the reason; each freezes its log. */
  readonly refused: readonly { readonly document: string, readonly device: DeviceId, readonly seq: number, readonly reason: string, /** The device it names did not sign it: whoever sent it is to blame. */ readonly forged?: boolean }[]
}

/**
 * The team's catalog on this node: views to read, named changes to make, envelopes to exchange. A change is durable (fsynced) when its
 * promise resolves. Reading never loads a document.
 */
export interface Catalog {
  readonly workspace: WorkspaceId
  readonly device: DeviceId
  members(): readonly MemberView[]
  /** All datasets that are not deleted, sorted by namespace and name. */
  datasets(): readonly DatasetView[]
  dataset(id: DatasetId): DatasetView | undefined
  /** @throws DATASET_EXISTS when the name is taken here */
  create(fields: DatasetFields, tags: readonly string[], first: NewVersion): Promise<DatasetView>
  /** All in one envelope, or none. @throws NOT_ALLOWED for readers, VERSION_PUBLISHED, EDIT_CONFLICT, DATASET_NOT_FOUND, VERSION_NOT_FOUND */
  apply(dataset: DatasetId, changes: readonly CatalogChange[]): Promise<DatasetView>
  /** Signs and stores a publish record. @throws VERSION_EXISTS when the number is taken, VERSION_PUBLISHED */
  publish(request: PublishRequest): Promise<DatasetView>
  /** The publish record (hex) this node saw first under a version's id; undefined for ids that only stand beside it. */
  firstSeen(dataset: DatasetId, version: VersionId): string | undefined
  /** What members said that can not be, by dataset: from that step on their log counts no more. Nothing of it is shown or served. */
  refusals(dataset: DatasetId): readonly Refusal[]
  /** Signs and stores that this device holds and has verified a published version; once. @param record its publish record @throws NOT_ALLOWED, VERSION_NOT_FOUND */
  receipt(dataset: DatasetId, record: string): Promise<void>
  /** Newest last. */
  history(dataset: DatasetId): Promise<readonly HistoryItem[]>
  /** Calls `listener` after each change, own or foreign; returns a function that ends it. */
  onChange(listener: (change: { dataset?: DatasetId, own: boolean }) => void): () => void

  // Exchange with other nodes.
  /** @param documents only of these; default of all */
  logHeads(documents?: readonly string[]): Promise<readonly LogHead[]>
  /** Whether a member may see a document, also one of a deleted dataset: private ones go to their creator and the devices they are shared with. */
  mayRead(document: string, device: DeviceId): boolean
  /** Envelopes of one log from `after + 1` on, oldest first, at most `limit`. */
  envelopes(document: string, device: DeviceId, after: number, limit: number): Promise<readonly Uint8Array[]>
  /** Takes foreign envelopes in, in any order; ones whose past is not here yet wait. */
  admit(envelopes: readonly Uint8Array[]): Promise<AdmitResult>
  addMember(member: { id: DeviceId, name: string, role: MemberView['role'], addresses: readonly string[] }): Promise<void>
  /** Changes what a member may do, from here on. @throws NOT_ALLOWED, MEMBER_NOT_FOUND */
  setRole(id: DeviceId, role: MemberView['role']): Promise<void>
  /** What the member did so far stays, as far as it is known here; nothing it does later counts anywhere. @throws NOT_ALLOWED, MEMBER_NOT_FOUND */
  removeMember(id: DeviceId): Promise<void>

  close(): Promise<void>
}
