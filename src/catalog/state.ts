import { fail } from '../errors/index.ts'
import { type DatasetId, type DeviceId, type Hash, hashKey } from '../model/index.ts'
import { type Genesis, type Membership, type PlacedRecord, foldMembers } from '../trust/index.ts'
import { encodeRecord, type DatasetRecord, datasetViewOf } from './records.ts'
import { envelopeKey, evidenceKey, headKey, recordKey } from './keys.ts'
import type { Storage, Write } from './storage.ts'
import type { DatasetView } from './views.ts'

/** Where a log stands. A frozen one takes nothing any more. */
export interface Head { readonly document: string, readonly device: DeviceId, readonly seq: number, readonly hash: Hash, readonly frozen?: string }

/** Memberships of the past kept ready: envelopes made since one record share one. */
const KEPT_PASTS = 1000

const headName = (document: string, device: DeviceId): string => `${document}/${device}`

/** What is on the disk, as read views: only what is durable gets in here. */
export class State {
  readonly genesis: Genesis
  readonly heads = new Map<string, Head>()
  readonly records = new Map<DatasetId, DatasetRecord>()
  readonly views = new Map<DatasetId, DatasetView>()
  readonly placed = new Map<string, PlacedRecord>()
  readonly pasts = new Map<string, Membership>()
  membership: Membership
  /** Automerge changes of a document on their way to the disk: a document that is loaded anew needs them. */
  underWay: (document: string) => readonly Uint8Array[] = () => []
  #sorted: readonly DatasetView[] | undefined

  constructor(genesis: Genesis) {
    this.genesis = genesis
    this.membership = foldMembers(genesis, this.placed)
  }

  addHead(head: Head): void {
    this.heads.set(headName(head.document, head.device), head)
  }

  headOf(document: string, device: DeviceId): number {
    return this.heads.get(headName(document, device))?.seq ?? 0
  }

  addRecord(id: DatasetId, record: DatasetRecord): void {
    this.records.set(id, record)
    this.#sorted = undefined
    if (record.document.deleted) this.views.delete(id)
    else this.views.set(id, datasetViewOf(id, record))
  }

  addPlaced(placed: PlacedRecord): void {
    this.placed.set(hashKey(placed.hash), placed)
    this.membership = foldMembers(this.genesis, this.placed)
  }

  /** By namespace, name and id. */
  sorted(): readonly DatasetView[] {
    this.#sorted ??= [...this.views.values()].sort((a, b) => order(a.namespace, b.namespace) || order(a.name, b.name) || order(a.id, b.id))
    return this.#sorted
  }
}

const order = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0

/** Changes on their way to the disk: they see each other, readers don't see them, and they become durable all at once. */
export class Staging {
  readonly #state: State
  #heads = new Map<string, Head>()
  #records = new Map<DatasetId, DatasetRecord>()
  #changes = new Map<string, readonly Uint8Array[]>()
  readonly #placed: PlacedRecord[] = []
  readonly #writes: Write[] = []

  constructor(state: State) {
    this.#state = state
  }

  get isEmpty(): boolean { return this.#writes.length === 0 }

  head(document: string, device: DeviceId): Head | undefined {
    return this.#heads.get(headName(document, device)) ?? this.#state.heads.get(headName(document, device))
  }

  record(id: DatasetId): DatasetRecord | undefined {
    return this.#records.get(id) ?? this.#state.records.get(id)
  }

  /** A dataset as it will be. @throws DATASET_NOT_FOUND */
  view(id: DatasetId): DatasetView {
    const record = this.record(id)
    if (record === undefined || record.document.deleted) fail('DATASET_NOT_FOUND', `there is no dataset ${id}`, { dataset: id })
    return datasetViewOf(id, record)
  }

  /** Names in use, also by datasets on their way. */
  isTaken(namespace: string, name: string): boolean {
    const has = (record: DatasetRecord): boolean => !record.document.deleted && record.document.namespace === namespace && record.document.name === name
    if ([...this.#records.values()].some(has)) return true
    return this.#state.sorted().some(view => view.namespace === namespace && view.name === name && !this.#records.has(view.id))
  }

  /** Membership records, those on their way included. */
  placed(): ReadonlyMap<string, PlacedRecord> {
    if (this.#placed.length === 0) return this.#state.placed
    return new Map([...this.#state.placed, ...this.#placed.map((placed): [string, PlacedRecord] => [hashKey(placed.hash), placed])])
  }

  /** Who was a member in what an envelope had seen: always the same, so it is worked out once. */
  membershipAt(seen: readonly Hash[]): Membership {
    const key = seen.map(hashKey).join('')
    const membership = this.#state.pasts.get(key) ?? foldMembers(this.#state.genesis, this.placed(), seen)
    if (this.#state.pasts.size >= KEPT_PASTS) this.#state.pasts.clear()
    this.#state.pasts.set(key, membership)
    return membership
  }

  membership(): Membership {
    return this.#placed.length === 0 ? this.#state.membership : foldMembers(this.#state.genesis, this.placed())
  }

  /** Remembers where it is; the function that is answered undoes what came after. */
  mark(): () => void {
    const [heads, records, changes] = [new Map(this.#heads), new Map(this.#records), new Map(this.#changes)]
    const [placed, writes] = [this.#placed.length, this.#writes.length]
    return () => {
      this.#heads = heads
      this.#records = records
      this.#changes = changes
      this.#placed.length = placed
      this.#writes.length = writes
    }
  }

  /** Automerge changes of a document on their way to the disk, oldest first. */
  changesOf(document: string): readonly Uint8Array[] {
    return this.#changes.get(document) ?? []
  }

  /** @param change the Automerge change it holds, if it holds one */
  addEnvelope(head: Head, bytes: Uint8Array, change?: Uint8Array): void {
    if (change !== undefined) this.#changes.set(head.document, [...this.changesOf(head.document), change])
    this.#heads.set(headName(head.document, head.device), head)
    this.#writes.push({ key: envelopeKey(head.document, head.device, head.seq), value: bytes }, { key: headKey(head.document, head.device), value: encodeHead(head) })
  }

  /** Ends a log where it stands and keeps what ended it. */
  freeze(document: string, device: DeviceId, evidence: { seq: number, bytes: Uint8Array }, reason: string): void {
    const head = this.head(document, device) ?? { document, device, seq: 0, hash: new Uint8Array(32) }
    const frozen = { ...head, frozen: reason }
    this.#heads.set(headName(document, device), frozen)
    this.#writes.push({ key: evidenceKey(document, device, evidence.seq), value: evidence.bytes }, { key: headKey(document, device), value: encodeHead(frozen) })
  }

  addRecord(id: DatasetId, record: DatasetRecord): void {
    this.#records.set(id, record)
    this.#writes.push({ key: recordKey(id), value: encodeRecord(record) })
  }

  addPlaced(placed: PlacedRecord): void {
    this.#placed.push(placed)
  }

  addWrite(write: Write): void {
    this.#writes.push(write)
  }

  get touched(): readonly DatasetId[] { return [...this.#records.keys()] }

  /** @throws DISK_FULL, STORE_DAMAGED; the state is as before then */
  async commit(storage: Storage): Promise<void> {
    await storage.write(this.#writes)
    for (const head of this.#heads.values()) this.#state.addHead(head)
    for (const [id, record] of this.#records) this.#state.addRecord(id, record)
    for (const placed of this.#placed) this.#state.addPlaced(placed)
  }
}

export const encodeHead = (head: Head): Uint8Array =>
  Buffer.from(JSON.stringify({ document: head.document, device: head.device, seq: head.seq, hash: Buffer.from(head.hash).toString('hex'), ...head.frozen === undefined ? {} : { frozen: head.frozen } }))

export function decodeHead(bytes: Uint8Array): Head {
  const head = JSON.parse(Buffer.from(bytes).toString('utf8')) as Omit<Head, 'hash'> & { hash: string }
  return { ...head, hash: new Uint8Array(Buffer.from(head.hash, 'hex')) }
}
