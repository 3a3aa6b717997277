import { readdirSync } from 'node:fs'
import type { ShoalError } from '../../errors/index.ts'
import { fail } from '../../errors/index.ts'
import { Gate, Mutex, sleep } from '../../runtime/index.ts'
import { levelFailure, type Database } from './databases.ts'
import { ABOVE_ALL } from './keys.ts'

/** Batches inside LevelDB at a time: two keep it busy, and leave threads of Node's pool to others. */
const BATCHES_IN_LEVELDB = 2
/** Between two looks whether LevelDB has begun another log: it does at once, or when it is done with a table. Milliseconds. */
const FIRST_LOOK_MS = 1
const LONGEST_LOOK_MS = 16

export type Change =
  | { readonly type: 'put', readonly key: Uint8Array, readonly value: Uint8Array }
  | { readonly type: 'del', readonly key: Uint8Array }

/**
 * Writes to a database, and knows what of it is safe. LevelDB writes to a log, which it doesn't sync, and to memory; when that is full, it
 * begins another log and writes what it had in memory to a synced table; then it deletes the old log. So what went into a log is safe
 * when that log is gone, and nothing else LevelDB says is proof of it: a flush that failed, or didn't happen, looks like one that did.
 *
 * It ends with the first write that fails: the log may be torn there, so nothing may follow before the database is opened anew.
 */
export class ChunkLog {
  readonly #database: Database
  readonly #onFailure: (failure: ShoalError) => void
  readonly #gate = new Gate(BATCHES_IN_LEVELDB)
  readonly #flushes = new Mutex()
  readonly #writing = new Set<Promise<void>>()
  #pause: Promise<void> | undefined
  #failure: ShoalError | undefined

  constructor(database: Database, onFailure: (failure: ShoalError) => void) {
    this.#database = database
    this.#onFailure = onFailure
  }

  /** @throws what a write has failed with */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Ends it. */
  fail(failure: ShoalError): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#onFailure(failure)
  }

  /**
   * Writes changes, all or none.
   * @param sync whether they are safe when it resolves; what was written before is not made safe by it
   * @throws DISK_FULL, STORE_DAMAGED
   */
  async write(changes: Change[], { sync }: { sync: boolean }): Promise<void> {
    try {
      await this.#gate.run(async () => {
        while (this.#pause !== undefined) await this.#pause
        this.check()
        const writing = writeBatch(this.#database, changes, sync)
        this.#writing.add(writing)
        await writing.finally(() => this.#writing.delete(writing))
      })
      // One that was inside LevelDB at the same time may come before this one in the log: if it tore the log, this one is lost with it.
      await Promise.all(this.#writing)
    } catch (error) {
      const failure = levelFailure(error, 'writing chunks')
      this.fail(failure)
      throw failure
    }
  }

  /** The logs there are: what was written so far is in `newest` or one before, and what went into logs before `oldest` is safe. */
  logs(): { oldest: number, newest: number } {
    const logs = logsOf(this.#database)
    return { oldest: Math.min(...logs), newest: Math.max(...logs) }
  }

  /** Makes everything written before it safe, whatever is written meanwhile. @throws DISK_FULL, STORE_DAMAGED */
  flush(): Promise<void> {
    return this.#alone(async resume => {
      const flushing = beginFlush(this.#database)
      // Other writes may go on as soon as there is another log.
      for (let wait = FIRST_LOOK_MS; !flushing.isOver() && newestLog(this.#database) === flushing.last; wait = Math.min(2 * wait, LONGEST_LOOK_MS)) await sleep(wait)
      resume()
      await flushing.done
    })
  }

  /**
   * Writes changes into a table of their own and makes them safe. Deletions need that: in one table with new chunks they would span all numbers
   * in between, and compacting it would rewrite as much.
   * @throws DISK_FULL, STORE_DAMAGED
   */
  writeApart(changes: Change[]): Promise<void> {
    return this.#alone(async () => {
      await beginFlush(this.#database).done
      await writeBatch(this.#database, changes, false)
      await beginFlush(this.#database).done
    })
  }

  /**
   * Does something while no batch is inside LevelDB, which takes a request to begin another log for done when it stands behind a write in its queue.
   * @param work may let others go on before it ends
   */
  #alone(work: (resume: () => void) => Promise<void>): Promise<void> {
    return this.#flushes.run(async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const resume = (): void => {
        this.#pause = undefined
        resolve()
      }
      this.#pause = promise
      try {
        await Promise.allSettled(this.#writing)
        this.check()
        await work(resume)
      } catch (error) {
        const failure = levelFailure(error, 'making chunks durable')
        this.fail(failure)
        throw failure
      } finally {
        resume()
      }
    })
  }
}

/** Without options where there are none to state: the library copies them into every change. */
export const writeBatch = (database: Database, changes: Change[], sync: boolean): Promise<void> =>
  sync ? database.batch(changes, { sync }) : database.batch(changes)

const logsOf = (database: Database): number[] =>
  readdirSync(database.location).filter(name => name.endsWith('.log')).map(name => Number.parseInt(name, 10))

const newestLog = (database: Database): number => Math.max(...logsOf(database))

function beginFlush(database: Database): { readonly last: number, readonly done: Promise<void>, isOver(): boolean } {
  const last = newestLog(database)
  let isOver = false
  const done = database.compactRange(ABOVE_ALL, ABOVE_ALL).finally(() => { isOver = true }).then(async () => {
    if (logsOf(database).every(log => log > last)) return
    // What failed in the background LevelDB tells at the next write only.
    await database.batch([{ type: 'del', key: ABOVE_ALL }])
    fail('STORE_DAMAGED', `flushing ${database.location} failed for a reason LevelDB doesn't tell`)
  })
  done.catch(() => undefined)
  return { last, done, isOver: () => isOver }
}

/** Makes everything written before it safe, where nothing else is written meanwhile. @throws what LevelDB throws, STORE_DAMAGED */
export const flushAlone = (database: Database): Promise<void> => beginFlush(database).done
