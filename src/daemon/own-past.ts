import { ENDED_SEQ, type Catalog } from '../catalog/index.ts'
import { sleep, type Log } from '../runtime/index.ts'
import type { Network } from '../sync/index.ts'
import type { HomePlace } from './home-place.ts'

/** Milliseconds between two tries to hear from a member. */
const HEAR_EVERY_MS = 3_000

/**
 * How long the first writes of a node that goes online wait for a member to tell what this device has said: members that are there have
 * told it within a second. Without one the node works alone. Milliseconds.
 */
const ASK_MS = 5_000

/**
 * What this device has signed before, as far as other members know it. A home whose disk was set back to an earlier state can't see that
 * by itself, and would contradict what it said since: so a node that goes online first asks, and only then signs. A home that is known to
 * be a copy writes nothing before it has heard.
 */
export class OwnPast {
  readonly #place: HomePlace
  readonly #others: () => number
  /** Until the first answer, or until it was waited for long enough. */
  #asking: Promise<void> | undefined
  #asked: () => void = () => undefined

  /** @param others members that could know more of this device */
  constructor(place: HomePlace, others: () => number) {
    this.#place = place
    this.#others = others
  }

  /** This node is about to go online: `hear` follows. */
  expect(): void {
    const timer = setTimeout(() => this.#asked(), ASK_MS).unref()
    this.#asking = new Promise(resolve => {
      this.#asked = () => {
        clearTimeout(timer)
        this.#asking = undefined
        resolve()
      }
    })
  }

  /** @returns when this device may sign; undefined when at once. It rejects with HOME_COPIED */
  mayWrite(): Promise<void> | undefined {
    if (this.#asking === undefined && !this.#place.isCopy) return undefined
    return this.#mayWrite()
  }

  async #mayWrite(): Promise<void> {
    if (this.#others() > 0) await this.#asking
    this.#place.check(this.#others())
  }

  /** Asks the members, a copy until one has told all it knows. Ends also when there is nobody to ask, or when `signal` fires; never rejects. */
  async hear(network: Network, catalog: Catalog, log: Log, signal: AbortSignal): Promise<void> {
    const before = await signed(catalog)
    while (this.#others() > 0 && !signal.aborted) {
      const peers = await this.#ask(network, log, signal)
      if (peers > 0) this.#heard(await signed(catalog) - before, log)
      this.#asked()
      if (!this.#place.isCopy) break
      await sleep(HEAR_EVERY_MS, signal).catch(() => undefined)
    }
    this.#asked()
  }

  async #ask(network: Network, log: Log, signal: AbortSignal): Promise<number> {
    try {
      return (await network.sync(undefined, { signal })).peers
    } catch (error) {
      if (!signal.aborted) log.warn('the members could not be asked what this device said', { error })
      return 0
    }
  }

  #heard(steps: number, log: Log): void {
    if (this.#place.isCopy) {
      this.#place.settle()
      log.warn('this home was copied or restored from a backup; it has heard from a member what this device said since, and goes on. Let no other copy of it run', { steps })
    } else if (steps > 0 && this.#asking !== undefined) {
      // Nothing was signed here meanwhile: they came from others.
      log.warn('this home was set back to an earlier state; it has heard from a member what this device said since, and goes on', { steps })
    }
  }
}

/** Steps of this device's own that are here, in logs that go on. */
async function signed(catalog: Catalog): Promise<number> {
  const own = (await catalog.logHeads()).filter(({ device, seq }) => device.split('.')[0] === catalog.device && seq < ENDED_SEQ)
  return own.reduce((sum, { seq }) => sum + seq, 0)
}
