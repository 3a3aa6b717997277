import { toShoalError } from '../errors/index.ts'
import { MAX_GROUP, SNAPSHOT_EVERY } from './limits.ts'
import type { Author } from './own-changes.ts'
import { Staging, type State, withStaged } from './state.ts'
import { documentState, encodeSnapshot } from './stored.ts'

interface Task { readonly run: (staging: Staging) => Promise<() => void>, readonly fail: (error: unknown) => void }

/** Makes changes one after the other and writes all that came in meanwhile with one flush: a thousand at the same time take a few. */
export class CommitQueue {
  readonly #author: Author
  readonly #state: State
  readonly #tasks: Task[] = []
  #draining: Promise<void> | undefined
  #isClosed = false

  constructor(author: Author, state: State) {
    this.#author = author
    this.#state = state
  }

  /**
   * Queues a change. `work` checks and stages it; what it answers is called once it is durable, and its answer is the result.
   * @throws what `work` throws, DISK_FULL, STORE_DAMAGED, CANCELLED when the catalog is closed
   */
  run<T>(work: (staging: Staging) => Promise<() => T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isClosed) return reject(toShoalError(new DOMException('the catalog is closed', 'AbortError')))
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

  /** Resolves when all that was queued is durable; nothing is taken after that. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#tasks.length > 0) {
      const staging = new Staging(this.#state)
      const staged: { readonly task: Task, readonly done: () => void }[] = []
      for (const task of this.#tasks.splice(0, MAX_GROUP)) {
        const own = staging.child()
        try {
          staged.push({ task, done: await task.run(own) })
          staging.merge(own)
        } catch (error) {
          task.fail(toShoalError(error))
        }
      }
      await this.#commit(staging, staged)
    }
    // In the same breath as the look at the queue: a change that comes later starts the next run.
    this.#draining = undefined
  }

  async #commit(staging: Staging, staged: readonly { readonly task: Task, readonly done: () => void }[]): Promise<void> {
    try {
      await this.#addSnapshots(staging)
      await staging.commit(this.#author.storage)
    } catch (error) {
      for (const { task } of staged) task.fail(toShoalError(error))
      return
    }
    for (const { task, done } of staged) {
      try {
        done()
      } catch (error) {
        task.fail(toShoalError(error))
      }
    }
  }

  async #addSnapshots(staging: Staging): Promise<void> {
    const { documents, storage } = this.#author
    for (const id of staging.touched) {
      const record = staging.recordOrEmpty(id)
      if (record.sinceSnapshot < SNAPSHOT_EVERY) continue
      const bytes = await documents.save({ document: id, heads: record.heads }, options => withStaged(staging, id, () => documentState(storage, id, this.#state.records.get(id)?.logs ?? {}, options)))
      staging.addSnapshot(id, encodeSnapshot(record.logs, bytes))
      staging.setRecord(id, { ...record, sinceSnapshot: 0 })
    }
  }
}
