import { ShoalError, fail, isShoalError, toShoalError } from '../../errors/index.ts'
import { sleep, type Log } from '../../runtime/index.ts'
import { isIndexDamage } from './databases.ts'
import { Engine, type Leftovers } from './engine.ts'
import type { StoreLimits } from './limits.ts'
import { Space } from './space.ts'

/** Between two looks whether a store that failed can be opened again. Milliseconds. */
const RETRY_MS = 1000

export interface CoreOptions { readonly folder: string, readonly limits: StoreLimits, readonly log: Log }

/**
 * A store that outlives a failed write, such as on a full disk: writes then fail, reads go on, and as soon as it can be the store is opened anew.
 * What was written before is in what is opened, so a barrier afterwards tells the truth.
 */
export class LevelCore {
  readonly #options: CoreOptions
  readonly #space: Space
  readonly #stopping = new AbortController()
  /** Ends what an engine is doing that takes long, before another takes its place. */
  #ending = new AbortController()
  #engine: Engine | undefined
  /** Why there is no engine at the moment. */
  #failure: ShoalError | undefined
  /** What the last engine left, until another has taken it over. */
  #leftovers: Leftovers | undefined
  readonly #running = new Set<Promise<unknown>>()
  #changing: Promise<void> | undefined
  #recovering: Promise<void> | undefined

  private constructor(options: CoreOptions) {
    this.#options = options
    this.#space = new Space(options.folder, options.limits)
  }

  /** @throws HOME_IN_USE, HOME_TOO_NEW, DISK_FULL, STORE_DAMAGED */
  static async open(options: CoreOptions): Promise<LevelCore> {
    const core = new LevelCore(options)
    core.#engine = await core.#openEngine()
    return core
  }

  async #openEngine(isIndexDamaged = false): Promise<Engine> {
    const { folder, limits, log } = this.#options
    const open = (isDamaged: boolean): Promise<Engine> =>
      Engine.open({ folder, limits, log, space: this.#space, isIndexDamaged: isDamaged, onFailure: failure => { this.#onFailure(failure) } })
    try {
      return await open(isIndexDamaged)
    } catch (error) {
      if (isIndexDamage(error) && !isIndexDamaged) return await open(true)
      if (!isShoalError(error, 'DISK_FULL')) throw error
      log.warn('the disk is full: the ballast gives way so that the store can be opened')
      this.#space.dropBallast()
      return await open(isIndexDamaged)
    }
  }

  /** Does something with the engine of the moment. @param work gets a signal that fires when the engine has to go */
  async use<T>(work: (engine: Engine, signal: AbortSignal) => Promise<T>): Promise<T> {
    while (this.#changing !== undefined) await this.#changing
    if (this.#stopping.signal.aborted) fail('INTERNAL', 'the chunk store is closed')
    if (this.#engine === undefined) throw this.#failure ?? new ShoalError('INTERNAL', 'the chunk store is not open')
    const running = work(this.#engine, this.#ending.signal)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  #onFailure(failure: ShoalError): void {
    this.#options.log.error('writing to the chunk store failed', { code: failure.code, detail: failure.message })
    this.#recovering ??= this.#recover(failure).finally(() => { this.#recovering = undefined })
  }

  async #recover(failure: ShoalError): Promise<void> {
    const { signal } = this.#stopping
    for (let wait = isIndexDamage(failure) ? 0 : RETRY_MS; !signal.aborted; wait = RETRY_MS) {
      await sleep(wait, signal).catch(() => undefined)
      if (signal.aborted || (failure.code === 'DISK_FULL' && !this.#space.hasRoom)) continue
      this.#changing = this.#change(isIndexDamage(failure))
      await this.#changing
      this.#changing = undefined
      if (this.#engine !== undefined) return
    }
  }

  /** Puts another engine in the place of the one that failed. */
  async #change(isIndexDamaged: boolean): Promise<void> {
    const old = this.#engine
    this.#ending.abort(new ShoalError('DISK_FULL', 'the chunk store had to be opened anew'))
    await Promise.allSettled(this.#running)
    this.#ending = new AbortController()
    try {
      this.#leftovers ??= old?.leftovers()
      this.#engine = undefined
      await old?.close().catch((error: unknown) => this.#options.log.debug('closing a store that failed', { error }))
      const engine = await this.#openEngine(isIndexDamaged)
      await this.#takeOver(engine)
      this.#engine = engine
      this.#options.log.info('the chunk store is open again')
    } catch (error) {
      this.#failure = toShoalError(error)
      this.#options.log.warn('the chunk store can not be opened again yet', { code: this.#failure.code, detail: this.#failure.message })
    }
  }

  /** Has a new engine go on where the old one stopped. @throws STORE_DAMAGED when it lacks what the old one had written */
  async #takeOver(engine: Engine): Promise<void> {
    if (this.#leftovers === undefined) return
    const { kept, written } = this.#leftovers
    try {
      const has = await engine.has(written)
      if (has.includes(false)) fail('STORE_DAMAGED', 'chunks that were written are gone after the store was opened anew')
      await engine.put(kept, true)
      this.#leftovers = undefined
    } catch (error) {
      await engine.close().catch((closing: unknown) => this.#options.log.debug('closing a store that can not take over', { error: closing }))
      throw error
    }
  }

  async close(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    this.#stopping.abort()
    this.#ending.abort(new ShoalError('INTERNAL', 'the chunk store is closed'))
    await this.#recovering
    await Promise.allSettled(this.#running)
    await this.#engine?.close()
    this.#engine = undefined
  }
}
