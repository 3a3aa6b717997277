import { fail, toShoalError } from '../errors/index.ts'
import { blake3 } from '../chunks/index.ts'
import { type DatasetId, type DeviceId, type WorkspaceId, hashToHex } from '../model/index.ts'
import type { Log } from '../runtime/index.ts'
import { type Admitting, Waiting, admitEnvelopes } from './admission.ts'
import type { AdmitResult, Catalog, CatalogChange, DatasetFields, LogHead, NewVersion, PublishRequest } from './catalog.ts'
import { historyOf } from './history.ts'
import { type Author, addMember, applyChanges, createDataset, publishVersion } from './local-changes.ts'
import { GENESIS_KEY, WORKSPACE_DOCUMENT, envelopeKey, logOf, snapshotKey } from './keys.ts'
import { Staging, type State } from './state.ts'
import type { Storage } from './storage.ts'
import type { DatasetView, HistoryItem, MemberView } from './views.ts'
import { encodeSnapshot } from './snapshots.ts'

type Change = Parameters<Parameters<Catalog['onChange']>[0]>[0]

interface Task { readonly run: (staging: Staging) => Promise<() => void>, readonly fail: (error: unknown) => void }

/** Tasks that become durable together: one fsync for all that came in while the last one ran. */
const MAX_GROUP = 256
/** A snapshot of a document is taken after so many envelopes: loading then applies at most so many. */
const SNAPSHOT_EVERY = 64

/** The catalog on this node. Changes are made one after the other, become durable in groups, and only then show. */
export class LiveCatalog implements Catalog {
  readonly workspace: WorkspaceId
  readonly device: DeviceId
  readonly #author: Author
  readonly #state: State
  readonly #storage: Storage
  readonly #log: Log
  readonly #waiting = new Waiting()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #tasks: Task[] = []
  #draining: Promise<void> | undefined
  #isClosed = false

  constructor(author: Author, state: State, storage: Storage, log: Log) {
    this.workspace = author.workspace as WorkspaceId
    this.device = author.device.id
    this.#author = author
    this.#state = state
    this.#storage = storage
    this.#log = log
  }

  members(): readonly MemberView[] {
    return [...this.#state.membership.members.values()].map(({ cuts: _cuts, addedAt, ...member }) => ({ ...member, addedAt: new Date(addedAt).toISOString() }))
  }

  datasets(): readonly DatasetView[] { return this.#state.sorted() }
  dataset(id: DatasetId): DatasetView | undefined { return this.#state.views.get(id) }

  create(fields: DatasetFields, tags: readonly string[], first: NewVersion): Promise<DatasetView> {
    return this.#do(async staging => this.#own(await createDataset(this.#author, staging, fields, tags, first)))
  }

  apply(dataset: DatasetId, changes: readonly CatalogChange[]): Promise<DatasetView> {
    return this.#do(async staging => {
      await applyChanges(this.#author, staging, dataset, changes)
      const view = staging.record(dataset)?.document.deleted === true ? this.#state.views.get(dataset) : undefined
      return this.#own(dataset, view)
    })
  }

  publish(request: PublishRequest): Promise<DatasetView> {
    return this.#do(async staging => {
      publishVersion(this.#author, staging, request)
      return this.#own(request.dataset)
    })
  }

  addMember(member: { id: DeviceId, name: string, role: MemberView['role'], addresses: readonly string[] }): Promise<void> {
    return this.#do(async staging => {
      const { id, ...rest } = member
      addMember(this.#author, staging, { device: id, ...rest })
      return () => this.#tell({ own: true })
    })
  }

  admit(envelopes: readonly Uint8Array[]): Promise<AdmitResult> {
    return this.#do(async staging => {
      const admitting: Admitting = { workspace: this.workspace, state: this.#state, storage: this.#storage, documents: this.#author.documents, waiting: this.#waiting }
      const result = await admitEnvelopes(admitting, staging, envelopes)
      for (const refused of result.refused) this.#log.warn('an envelope was refused', { ...refused })
      const touched = staging.touched
      return () => {
        for (const dataset of touched) this.#tell({ dataset, own: false })
        if (result.admitted > 0 && touched.length === 0) this.#tell({ own: false })
        return result
      }
    })
  }

  /** What a change of our own answers once it is durable. @param before the view, where the change took the dataset away */
  #own(id: DatasetId, before?: DatasetView): () => DatasetView {
    return () => {
      this.#tell({ dataset: id, own: true })
      return this.#state.views.get(id) ?? before as DatasetView
    }
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        // The change is made: whoever listens must not undo that, nor keep others from hearing of it.
        this.#log.error('a listener of the catalog failed', { error })
      }
    }
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  history(dataset: DatasetId): Promise<readonly HistoryItem[]> { return historyOf(this.#storage, dataset, device => this.#state.headOf(dataset, device)) }

  async logHeads(documents?: readonly string[]): Promise<readonly LogHead[]> {
    const wanted = documents === undefined ? undefined : new Set(documents)
    return [...this.#state.heads.values()].filter(head => head.seq > 0 && wanted?.has(head.document) !== false).map(({ document, device, seq, hash }) => ({ document, device, seq, hash }))
  }

  envelopes(document: string, device: DeviceId, after: number, limit: number): Promise<readonly Uint8Array[]> {
    // Rows behind the head are of a write that was reported as failed: sent out, they would contradict the steps made in their place.
    const there = this.#state.headOf(document, device) - after
    return there <= 0 ? Promise.resolve([]) : this.#storage.page(logOf(document, device), envelopeKey(document, device, after + 1), Math.min(limit, there))
  }

  mayRead(document: string, device: DeviceId): boolean {
    if (document === WORKSPACE_DOCUMENT) return true
    const record = this.#state.records.get(document as DatasetId)?.document
    return record !== undefined && (record.publicAccess || record.createdBy === device || record.registry.includes(device))
  }

  /** The signed beginning of the workspace: what a joiner's catalog starts from. */
  async genesis(): Promise<Uint8Array> {
    return await this.#storage.get(GENESIS_KEY) ?? new Uint8Array()
  }

  /** One hash of all that is known: equal on nodes that have seen the same envelopes. */
  stateHash(): string {
    const heads = [...this.#state.heads.values()].map(head => `${head.document}/${head.device}/${head.seq}/${hashToHex(head.hash)}/${head.frozen !== undefined}`).sort()
    const views = this.#state.sorted().map(view => JSON.stringify(view))
    return hashToHex(blake3(Buffer.from(JSON.stringify([heads, views, this.members().map(member => JSON.stringify(member)).sort()]))))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#draining
    await this.#author.documents.close()
    await this.#storage.close()
  }

  /** Queues a change. `work` checks and stages it; what it answers is called once it is durable. */
  #do<T>(work: (staging: Staging) => Promise<() => T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) fail('CANCELLED', 'the catalog is closed')
      this.#tasks.push({
        run: async staging => {
          const done = await work(staging)
          return () => resolve(done())
        },
        fail: reject
      })
      this.#draining ??= this.#drain()
    })
  }

  async #drain(): Promise<void> {
    while (this.#tasks.length > 0) {
      const group = this.#tasks.splice(0, MAX_GROUP)
      const staging = new Staging(this.#state)
      this.#state.underWay = document => staging.changesOf(document)
      const staged: { readonly task: Task, readonly done: () => void }[] = []
      for (const task of group) {
        const undo = staging.mark()
        this.#author.documents.touched.clear()
        try {
          staged.push({ task, done: await task.run(staging) })
        } catch (error) {
          undo()
          // The worker's documents may hold what came to nothing: they are loaded anew.
          for (const dataset of this.#author.documents.touched) await this.#author.documents.forget(dataset)
          task.fail(error)
        }
      }
      await this.#commit(staging, staged)
      this.#state.underWay = () => []
    }
    // In the same breath as the look at the queue: a change that comes later starts the next run.
    this.#draining = undefined
  }

  async #commit(staging: Staging, staged: readonly { readonly task: Task, readonly done: () => void }[]): Promise<void> {
    try {
      await this.#addSnapshots(staging)
      await staging.commit(this.#storage)
    } catch (error) {
      // The worker's documents are ahead of the disk now: they are loaded anew.
      this.#state.underWay = () => []
      for (const dataset of staging.touched) await this.#author.documents.forget(dataset)
      for (const { task } of staged) task.fail(toShoalError(error))
      return
    }
    for (const { done } of staged) done()
  }

  async #addSnapshots(staging: Staging): Promise<void> {
    for (const id of staging.touched) {
      const record = staging.record(id)
      if (record === undefined || record.sinceSnapshot < SNAPSHOT_EVERY) continue
      let bytes: Uint8Array
      try {
        bytes = await this.#author.documents.save(id)
      } catch (error) {
        this.#log.warn('a snapshot could not be made; the envelopes hold everything', { dataset: id, error })
        continue
      }
      const logs = [...this.#state.heads.values()].filter(head => head.document === id).map(head => head.device)
      const through = Object.fromEntries([...new Set([...logs, this.device])].map(device => [device, staging.head(id, device)?.seq ?? 0]))
      staging.addWrite({ key: snapshotKey(id), value: encodeSnapshot({ through, bytes }) })
      staging.addRecord(id, { ...record, sinceSnapshot: 0 })
    }
  }
}

