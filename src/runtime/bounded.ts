import { toShoalError } from '../errors/index.ts'

/** Lets at most `limit` pieces of work run at once; the others wait in order. */
export class Gate {
  readonly #limit: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param signal ends the waiting; what it does to the work is the work's own matter @throws CANCELLED, TIMED_OUT */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) throw toShoalError(signal.reason)
    if (this.#running >= this.#limit) await this.#turn(signal)
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(toShoalError(signal?.reason))
      }
      this.#waiting.push(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
}

/** A gate of one: what must not overlap. */
export class Mutex extends Gate {
  constructor() {
    super(1)
  }
}

/** Maps with at most `limit` calls under way; results in the order of the items; the first failure ends it. */
export async function mapBounded<T, R>(items: Iterable<T>, limit: number, map: (item: T, index: number) => Promise<R>, signal?: AbortSignal): Promise<R[]> {
  const results: R[] = []
  const iterator = items[Symbol.iterator]()
  let index = 0
  let failed = false
  const worker = async (): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted()
      if (failed) return
      const step = iterator.next()
      if (step.done === true) return
      const at = index++
      try {
        results[at] = await map(step.value, at)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}
