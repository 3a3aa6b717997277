import type { DatasetId, DeviceId, WorkspaceId } from '../model/index.ts'
import { type Genesis, type Membership, Members, type PlacedRecord } from '../trust/index.ts'
import type { DocumentState } from './document.ts'
import { type DocumentView, viewOf } from './document-view.ts'
import { EVIDENCE, WORKSPACE_DOCUMENT, envelopeKey, evidenceKey, happeningKey, recordKey, SPARE, SUM_KEY, snapshotKey } from './keys.ts'
import { type Authors, type DatasetRecord, type LogState, authorsOf, datasetViewOf, emptyRecord, encodeRecord, nameOfLog } from './record.ts'
import { encodeEvidence } from './evidence.ts'
import { type Told, encodeTold } from './history.ts'
import { RecordSum } from './record-sum.ts'
import type { Storage, Write } from './storage.ts'
import type { DatasetView } from './views.ts'

/** Logs of one document, by name. */
export type Logs = { readonly [log: string]: LogState }

/** Of a dataset of which nothing was said, or nothing counts any more. */
export const NO_DOCUMENT: DocumentView = viewOf(new Map())

/** What is on the disk, as read views: only what is durable gets in here. */
export class State {
  readonly workspace: WorkspaceId
  readonly genesis: Genesis
  members: Members
  workspaceLogs: Logs = {}
  readonly records = new Map<DatasetId, DatasetRecord>()
  readonly sum = new RecordSum()
  #sorted: readonly DatasetView[] | undefined
  /** The order of before: what is nearly sorted is sorted quickly, and one change of 10,000 datasets moves at most one. */
  #order: readonly DatasetId[] = []

  constructor(workspace: WorkspaceId, genesis: Genesis) {
    this.workspace = workspace
    this.genesis = genesis
    this.members = new Members(genesis)
  }

  /** @param bytes the record as it is on the disk */
  setRecord(id: DatasetId, record: DatasetRecord, bytes: Uint8Array): void {
    this.records.set(id, record)
    this.sum.set(id, bytes)
    this.#sorted = undefined
  }

  view(id: DatasetId): DatasetView | undefined {
    const record = this.records.get(id)
    return record === undefined ? undefined : viewIn(this.workspace, id, record)
  }

  /** By namespace, name and id. */
  sorted(): readonly DatasetView[] {
    if (this.#sorted !== undefined) return this.#sorted
    const ids = new Set([...this.#order, ...this.records.keys()])
    this.#sorted = [...ids].flatMap(id => this.view(id) ?? []).sort((a, b) => order(a.namespace, b.namespace) || order(a.name, b.name) || order(a.id, b.id))
    this.#order = this.#sorted.map(view => view.id)
    return this.#sorted
  }
}

const order = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

export const authorsIn = (workspace: string, record: DatasetRecord): Authors => authorsOf(workspace, Object.values(record.logs))

/** The view of each record, made when it is first asked for. */
const views = new WeakMap<DatasetRecord, { readonly view: DatasetView | undefined }>()

function viewIn(workspace: string, id: DatasetId, record: DatasetRecord): DatasetView | undefined {
  const made = views.get(record) ?? { view: datasetViewOf(id, record, authorsIn(workspace, record)) }
  views.set(record, made)
  return made.view
}

/** Changes of one document on their way to the disk; with `isWhole` they are all there is, and what the disk has of it counts no more. */
interface StagedChanges { readonly isWhole: boolean, readonly bytes: readonly Uint8Array[] }

/** Changes on their way to the disk: they see each other, readers don't see them, and they become durable all at once. */
export class Staging {
  readonly #state: State
  readonly #parent: Staging | undefined
  readonly #records = new Map<DatasetId, DatasetRecord>()
  readonly #changes = new Map<DatasetId, StagedChanges>()
  readonly #writes = new Map<string, Uint8Array | undefined>()
  #members: Members | undefined
  #workspaceLogs: Logs | undefined

  constructor(state: State, parent?: Staging) {
    this.#state = state
    this.#parent = parent
  }

  /** For work that may fail halfway: nothing of it counts before `merge`. */
  child(): Staging {
    return new Staging(this.#state, this)
  }

  /** Takes over what a child staged. */
  merge(child: Staging): void {
    for (const [id, record] of child.#records) this.#records.set(id, record)
    for (const [id, changes] of child.#changes) this.#changes.set(id, changes)
    for (const [key, value] of child.#writes) this.#writes.set(key, value)
    this.#members = child.#members ?? this.#members
    this.#workspaceLogs = child.#workspaceLogs ?? this.#workspaceLogs
  }

  get workspace(): WorkspaceId { return this.#state.workspace }
  get genesis(): Genesis { return this.#state.genesis }

  record(id: DatasetId): DatasetRecord | undefined {
    return this.#records.get(id) ?? (this.#parent === undefined ? this.#state.records.get(id) : this.#parent.record(id))
  }

  /** What there is of a dataset; an empty record while nobody has said anything of it. */
  recordOrEmpty(id: DatasetId): DatasetRecord {
    return this.record(id) ?? emptyRecord(NO_DOCUMENT)
  }

  /** A dataset as it will be. */
  view(id: DatasetId): DatasetView | undefined {
    const record = this.record(id)
    return record === undefined ? undefined : viewIn(this.workspace, id, record)
  }

  /** All datasets anybody has said anything of. */
  documents(): readonly DatasetId[] {
    const before = this.#parent === undefined ? [...this.#state.records.keys()] : this.#parent.documents()
    const fresh = [...this.#records.keys()].filter(id => !this.#state.records.has(id) && this.#parent?.record(id) === undefined)
    return [...before, ...fresh]
  }

  /** Whether a visible dataset has the name, also one on its way. */
  isTaken(namespace: string, name: string): boolean {
    return this.documents().some(id => {
      const document = this.record(id)?.document
      return document?.name === name && document.namespace === namespace && this.view(id) !== undefined
    })
  }

  members(): Members {
    return this.#members ?? this.#parent?.members() ?? this.#state.members
  }

  membership(): Membership {
    return this.members().now()
  }

  addPlaced(placed: PlacedRecord): void {
    this.#members ??= this.members().fork()
    this.#members.add(placed)
  }

  /** Puts other members in place of those there are: after some of their records were undone. */
  replaceMembers(members: Members): void {
    this.#members = members
  }

  logs(document: string): Logs {
    if (document !== WORKSPACE_DOCUMENT) return this.recordOrEmpty(document as DatasetId).logs
    return this.#workspaceLogs ?? this.#parent?.logs(document) ?? this.#state.workspaceLogs
  }

  log(document: string, device: DeviceId, epoch: number): LogState {
    const empty = { device, epoch, seq: 0, stored: 0, hash: NO_HASH, changes: 0 }
    const logs = this.logs(document)
    const name = nameOfLog(empty)
    return Object.hasOwn(logs, name) ? logs[name] ?? empty : empty
  }

  setWorkspaceLogs(logs: Logs): void {
    this.#workspaceLogs = logs
  }

  setRecord(id: DatasetId, record: DatasetRecord): void {
    this.#records.set(id, record)
  }

  /** @returns changes of a document that are not on the disk yet, or all there are */
  changes(id: DatasetId): StagedChanges {
    return this.#changes.get(id) ?? this.#parent?.changes(id) ?? { isWhole: false, bytes: [] }
  }

  addChanges(id: DatasetId, bytes: readonly Uint8Array[]): void {
    const before = this.changes(id)
    if (bytes.length > 0) this.#changes.set(id, { ...before, bytes: [...before.bytes, ...bytes] })
  }

  replaceChanges(id: DatasetId, bytes: readonly Uint8Array[]): void {
    this.#changes.set(id, { isWhole: true, bytes })
    this.#writes.set(snapshotKey(id), undefined)
  }

  addEnvelope(document: string, log: string, seq: number, bytes: Uint8Array): void {
    this.#writes.set(envelopeKey(document, log, seq), bytes)
    if (document === WORKSPACE_DOCUMENT) this.#writes.set(SPARE + envelopeKey(document, log, seq), bytes)
  }

  addTold(document: string, log: string, seq: number, told: Told): void {
    this.#writes.set(happeningKey(document, log, seq), encodeTold(told))
  }

  /** Keeps what ended a log. */
  addEvidence(document: string, log: string, ended: NonNullable<LogState['ended']>, envelopes: readonly Uint8Array[]): void {
    const bytes = encodeEvidence({ ...ended, envelopes })
    this.#writes.set(evidenceKey(document, log), bytes)
    if (document === WORKSPACE_DOCUMENT) this.#writes.set(SPARE + EVIDENCE + `${document}/${log}`, bytes)
  }

  addSnapshot(id: DatasetId, bytes: Uint8Array): void {
    this.#writes.set(snapshotKey(id), bytes)
  }

  /** An envelope that is staged and not on the disk yet. */
  staged(key: string): Uint8Array | undefined {
    return this.#writes.get(key) ?? this.#parent?.staged(key)
  }

  /** Staged values below a prefix. */
  stagedBelow(prefix: string): readonly (readonly [key: string, value: Uint8Array])[] {
    const own = [...this.#writes].flatMap(([key, value]): [string, Uint8Array][] => value !== undefined && key.startsWith(prefix) ? [[key, value]] : [])
    return [...new Map([...this.#parent?.stagedBelow(prefix) ?? [], ...own])]
  }

  get touched(): readonly DatasetId[] { return [...this.#records.keys()] }
  get changesMembers(): boolean { return this.#members !== undefined }
  get isEmpty(): boolean { return this.#writes.size + this.#records.size === 0 }

  /** @throws DISK_FULL, STORE_DAMAGED; the state is as before then */
  async commit(storage: Storage): Promise<void> {
    const writes: Write[] = [...this.#writes].map(([key, value]) => ({ key, value }))
    const records = [...this.#records].map(([id, record]) => ({ id, record, bytes: encodeRecord(record) }))
    const sum = records.length === 0 ? [] : [{ key: SUM_KEY, value: this.#state.sum.with(records) }]
    await storage.write([...writes, ...records.map(({ id, bytes }): Write => ({ key: recordKey(id), value: bytes })), ...sum])
    for (const { id, record, bytes } of records) this.#state.setRecord(id, record, bytes)
    this.#state.members = this.#members ?? this.#state.members
    this.#state.workspaceLogs = this.#workspaceLogs ?? this.#state.workspaceLogs
  }
}

export const NO_HASH = '0'.repeat(64)

/** A document's state on the disk with what is staged of it. */
export const withStaged = async (staging: Staging, id: DatasetId, onDisk: () => Promise<DocumentState>): Promise<DocumentState> => {
  const { isWhole, bytes } = staging.changes(id)
  if (isWhole) return { changes: bytes }
  const state = await onDisk()
  return { ...state, changes: [...state.changes, ...bytes] }
}
