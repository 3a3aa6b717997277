import { Mutex } from '../runtime/index.ts'

interface Held { readonly mutex: Mutex, users: number }

/** One mutex a key (a dataset, a draft); keys nobody uses cost nothing. */
export class Locks {
  readonly #held = new Map<string, Held>()

  /** Runs `work` when no other work of the same key runs; in the order of the calls. @param signal ends the waiting @throws CANCELLED, TIMED_OUT */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const held = this.#held.get(key) ?? { mutex: new Mutex(), users: 0 }
    this.#held.set(key, held)
    held.users++
    try {
      return await held.mutex.run(work, signal)
    } finally {
      held.users--
      if (held.users === 0) this.#held.delete(key)
    }
  }
}
