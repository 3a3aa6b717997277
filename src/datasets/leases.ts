import { toShoalError } from '../errors/index.ts'
import { deadline } from '../runtime/index.ts'

/**
 * Held by whoever puts chunks that no version names yet (an import, an upload, a download), until the change that names them is durable
 * or given up. Under a lease these chunks are safe from collection: ones put (or asked for with `hasMany` and found) since it began, and
 * ones of every version that was there at any moment of it.
 */
export interface Lease {
  /** Ends the lease; more than once does nothing. */
  end(): void
}

interface Held { readonly ended: Promise<void> }

/**
 * What lets collection run beside everything else without ever taking a chunk that is about to be named: it waits for the leases that were
 * held when it began, and the store spares what came in since.
 */
export class Leases {
  readonly #held = new Set<Held>()
  readonly #listeners = new Set<() => void>()

  /** Calls `listener` when a lease begins; returns a function that ends it. */
  onHold(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** How many are held now. */
  get held(): number { return this.#held.size }

  hold(): Lease {
    let end = (): void => undefined
    const held: Held = { ended: new Promise(resolve => { end = resolve }) }
    this.#held.add(held)
    for (const listener of this.#listeners) listener()
    return {
      end: () => {
        this.#held.delete(held)
        end()
      }
    }
  }

  /** Does `work` under a lease. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const lease = this.hold()
    try {
      return await work()
    } finally {
      lease.end()
    }
  }

  /** Resolves when every lease that is held now has ended; new ones are not waited for. @param ms longest wait @throws TIMED_OUT, CANCELLED */
  async settled(ms: number, signal?: AbortSignal): Promise<void> {
    const limit = deadline(ms, signal)
    let stop = (): void => undefined
    const stopped = new Promise<never>((_, reject) => { stop = () => reject(toShoalError(limit.reason)) })
    limit.addEventListener('abort', stop, { once: true })
    if (limit.aborted) stop()
    try {
      await Promise.race([stopped, Promise.all([...this.#held].map(held => held.ended))])
    } finally {
      limit.removeEventListener('abort', stop)
    }
  }
}
