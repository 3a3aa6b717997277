import { fail } from '../errors/index.ts'
import { blake3 } from '../chunks/index.ts'
import { type DatasetFields, type DatasetId, type DeviceId, type VersionId, type WorkspaceId, hashFromHex, hashToHex } from '../model/index.ts'
import type { Log } from '../runtime/index.ts'
import { admitEnvelopes, readSigned } from './admission.ts'
import type { AdmitResult, Catalog, CatalogChange, LogHead, NewVersion, PublishRequest, Refusal } from './catalog.ts'
import { CommitQueue } from './commit-queue.ts'
import { ENDED_SEQ, endedHash, exchangedSteps } from './exchange.ts'
import { historyOf } from './history.ts'
import { GENESIS_KEY, WORKSPACE_DOCUMENT } from './keys.ts'
import { ADMIT_SLICE } from './limits.ts'
import { type Author, addMember, applyChanges, createDataset, giveReceipt, introduce, publishVersion, removeMember, setRole } from './own-changes.ts'
import { type LogState, nameOfLog } from './record.ts'
import { type Staging, type State, authorsIn } from './state.ts'
import type { DatasetView, HistoryItem, MemberView } from './views.ts'
import { Waiting } from './waiting.ts'

type Change = Parameters<Parameters<Catalog['onChange']>[0]>[0]

/** The catalog on this node. Changes are made one after the other, become durable in groups, and only then show. */
export class LiveCatalog implements Catalog {
  readonly workspace: WorkspaceId
  readonly device: DeviceId
  readonly #author: Author
  readonly #state: State
  readonly #log: Log
  readonly #queue: CommitQueue
  readonly #mayWrite: () => Promise<void> | undefined
  readonly #waiting = new Waiting()
  /** Settles when the signatures of all that came so far are checked. */
  #reading: Promise<unknown> = Promise.resolve()
  readonly #listeners = new Set<(change: Change) => void>()

  constructor(author: Author, state: State, log: Log, mayWrite: () => Promise<void> | undefined) {
    this.workspace = state.workspace
    this.device = author.device.id
    this.#author = author
    this.#state = state
    this.#log = log
    this.#mayWrite = mayWrite
    this.#queue = new CommitQueue(author, state)
  }

  members(): readonly MemberView[] {
    return [...this.#state.members.now().members.values()].map(({ epoch: _epoch, addedAt, ...member }) => ({ ...member, addedAt: new Date(addedAt).toISOString() }))
  }

  datasets(): readonly DatasetView[] { return this.#state.sorted() }
  dataset(id: DatasetId): DatasetView | undefined { return this.#state.view(id) }

  create(fields: DatasetFields, tags: readonly string[], first: NewVersion): Promise<DatasetView> {
    return this.#own(async staging => this.#shown(staging, await createDataset(this.#author, staging, fields, tags, first)))
  }

  apply(dataset: DatasetId, changes: readonly CatalogChange[]): Promise<DatasetView> {
    return this.#own(async staging => {
      const before = staging.view(dataset)
      await applyChanges(this.#author, staging, dataset, changes)
      return this.#shown(staging, dataset, before)
    })
  }

  publish(request: PublishRequest): Promise<DatasetView> {
    return this.#own(async staging => {
      await publishVersion(this.#author, staging, request)
      return this.#shown(staging, request.dataset)
    })
  }

  receipt(dataset: DatasetId, record: string): Promise<void> {
    return this.#own(async staging => {
      giveReceipt(this.#author, staging, dataset, record)
      return () => this.#tell({ dataset, own: true })
    })
  }

  addMember(member: { id: DeviceId, name: string, role: MemberView['role'], addresses: readonly string[] }): Promise<void> {
    return this.#membersChange(staging => addMember(this.#author, staging, member))
  }

  setRole(id: DeviceId, role: MemberView['role']): Promise<void> {
    return this.#membersChange(staging => setRole(this.#author, staging, id, role))
  }

  removeMember(id: DeviceId): Promise<void> {
    return this.#membersChange(staging => removeMember(this.#author, staging, id))
  }

  /** Tells the others this device's name and where it can be reached. @throws NOT_ALLOWED */
  introduce(self: { readonly name: string, readonly addresses: readonly string[] }): Promise<void> {
    return this.#membersChange(staging => introduce(this.#author, staging, self))
  }

  #membersChange(work: (staging: Staging) => void): Promise<void> {
    return this.#own(async staging => {
      work(staging)
      return () => this.#tell({ own: true })
    })
  }

  /** A change that this device signs, as soon as it may. */
  #own<T>(work: (staging: Staging) => Promise<() => T>): Promise<T> {
    const waiting = this.#mayWrite()
    return waiting === undefined ? this.#queue.run(work) : waiting.then(() => this.#queue.run(work))
  }

  async admit(envelopes: readonly Uint8Array[]): Promise<AdmitResult> {
    let total: AdmitResult = { admitted: 0, known: 0, refused: [] }
    for (let at = 0; at < envelopes.length; at += ADMIT_SLICE) {
      const { admitted, known, refused } = await this.#admitSlice(envelopes.slice(at, at + ADMIT_SLICE))
      total = { admitted: total.admitted + admitted, known: total.known + known, refused: [...total.refused, ...refused] }
    }
    return total
  }

  /** Signatures are checked before its turn comes, while what came before is taken in: turns are in the order of the calls. */
  async #admitSlice(envelopes: readonly Uint8Array[]): Promise<AdmitResult> {
    const reading = readSigned(this.workspace, envelopes)
    const before = this.#reading
    this.#reading = Promise.allSettled([before, reading])
    await before
    const signed = await reading
    return this.#queue.run(async staging => {
      const { storage, documents } = this.#author
      const result = await admitEnvelopes({ storage, documents, waiting: this.#waiting }, staging, signed)
      for (const refused of result.refused) this.#log.warn('an envelope was refused', { ...refused })
      const [touched, changesMembers] = [staging.touched, staging.changesMembers]
      return () => {
        for (const dataset of touched) this.#tell({ dataset, own: false })
        if (changesMembers) this.#tell({ own: false })
        return result
      }
    })
  }

  /** What a change of our own answers once it is durable: the view as the change left it. @param before the view, where the change took the dataset away */
  #shown(staging: Staging, id: DatasetId, before?: DatasetView): () => DatasetView {
    const after = staging.view(id) ?? before
    return () => {
      this.#tell({ dataset: id, own: true })
      return after ?? fail('INTERNAL', `the dataset ${id} was changed and is not there`)
    }
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#log.error('a listener failed', { error })
      }
    }
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  firstSeen(dataset: DatasetId, version: VersionId): string | undefined {
    const record = this.#state.records.get(dataset)
    const first = record?.firstSeen[version]
    // What was seen first may count no more.
    return record?.published.some(item => item.record === first) === true ? first : undefined
  }

  refusals(dataset: DatasetId): readonly Refusal[] {
    return this.#logsOf(dataset).flatMap(({ device, ended }) => ended === undefined ? [] : [{ device, ...ended }])
  }

  async history(dataset: DatasetId): Promise<readonly HistoryItem[]> {
    const record = this.#state.records.get(dataset)
    return record === undefined ? [] : historyOf(this.#author.storage, this.#author.documents, dataset, record)
  }

  async logHeads(documents?: readonly string[]): Promise<readonly LogHead[]> {
    const wanted = documents ?? [WORKSPACE_DOCUMENT, ...this.#state.records.keys()]
    return wanted.flatMap(document => this.#logsOf(document).flatMap(log => headOf(document, log) ?? []))
  }

  #logsOf(document: string): readonly LogState[] {
    if (document === WORKSPACE_DOCUMENT) return Object.values(this.#state.workspaceLogs)
    return Object.values(this.#state.records.get(document as DatasetId)?.logs ?? {})
  }

  mayRead(document: string, device: DeviceId): boolean {
    if (document === WORKSPACE_DOCUMENT) return true
    const record = this.#state.records.get(document as DatasetId)
    if (record === undefined) return false
    const { publicAccess, registry, creator } = record.document
    return publicAccess || registry.includes(device) || authorsIn(this.workspace, record)(creator) === device
  }

  /** @param device the log's name, as `logHeads` gives it: of a device's later epochs it has a dot and a number behind it */
  envelopes(document: string, device: DeviceId, after: number, limit: number): Promise<readonly Uint8Array[]> {
    const log = this.#logsOf(document).find(state => nameOfLog(state) === device)
    return log === undefined ? Promise.resolve([]) : exchangedSteps(this.#author.storage, document, log, after, limit)
  }

  /** The signed beginning of the workspace: what a joiner's catalog starts from. */
  async genesis(): Promise<Uint8Array> {
    return await this.#author.storage.get(GENESIS_KEY) ?? fail('STORE_DAMAGED', 'the catalog has lost the beginning of its workspace')
  }

  /** One hash of all that counts here: equal on nodes that have seen the same envelopes, in whatever order. */
  stateHash(): string {
    const logs = (document: string): unknown => this.#logsOf(document).filter(log => log.seq > 0).map((log): [string, ...unknown[]] => [nameOfLog(log), log.seq, log.hash]).sort(byName)
    // A dataset of which nothing counts is as good as none: what is refused may be heard of here and not there.
    const datasets = [...this.#state.records].filter(([, record]) => Object.values(record.logs).some(log => log.seq > 0)).sort(([a], [b]) => a < b ? -1 : 1).map(([id, record]) => [id, logs(id), record.document, record.heads, record.published, sorted(record.updated)])
    const members = [...this.#state.members.now().members.values()].sort((a, b) => a.id < b.id ? -1 : 1)
    return hashToHex(blake3(Buffer.from(JSON.stringify([this.workspace, members, logs(WORKSPACE_DOCUMENT), datasets]))))
  }

  async close(): Promise<void> {
    await this.#queue.close()
    await this.#author.documents.close()
    await this.#author.storage.close()
  }
}

const sorted = ({ dataset, versions }: { readonly dataset: number, readonly versions: object }): unknown => [dataset, Object.entries(versions).sort(byName)]

const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => a < b ? -1 : a > b ? 1 : 0

/** Where a log stands for others; one that has ended stands behind every other state of it, so that they ask for what shows its end. */
function headOf(document: string, log: LogState): LogHead | undefined {
  const device = nameOfLog(log) as DeviceId
  if (log.ended !== undefined) return { document, device, seq: ENDED_SEQ, hash: endedHash(log.ended.seq, log.hash), stands: log.seq }
  return log.seq === 0 ? undefined : { document, device, seq: log.seq, hash: hashFromHex(log.hash), stands: log.seq }
}

