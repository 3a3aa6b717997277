import { join } from 'node:path'
import { z } from 'zod'
import { DurableFile } from '../peers/index.ts'

const fileSchema = z.object({ complete: z.array(z.string()) })
type CompletedFile = z.infer<typeof fileSchema>

/**
 * Targets known to be whole and durable here, so that a start does not walk every tree again. Only what is still wanted is remembered.
 * Written by `flush`: what a crash loses is looked at once more.
 */
export class Completed {
  readonly #file: DurableFile<CompletedFile>
  readonly #keys: Set<string>
  /** Complete for now: found out again after a start. */
  readonly #passing = new Set<string>()
  #changed = false

  private constructor(file: DurableFile<CompletedFile>) {
    this.#file = file
    this.#keys = new Set(file.value.complete)
  }

  static async open(folder: string): Promise<Completed> {
    return new Completed(await DurableFile.open(join(folder, 'complete.json'), fileSchema, { complete: [] }))
  }

  has(key: string): boolean { return this.#keys.has(key) || this.#passing.has(key) }

  /** Call after the store's barrier. */
  add(key: string): void {
    if (this.#keys.has(key)) return
    this.#keys.add(key)
    this.#changed = true
  }

  /** The same for what changes often and is soon found out: written only by `close`. */
  addPassing(key: string): void {
    this.#passing.add(key)
  }

  /** Writes down what was found out for now, too. @param barrier makes it durable */
  async close(barrier: () => Promise<void>): Promise<void> {
    if (this.#passing.size > 0) await barrier()
    for (const key of this.#passing) this.add(key)
    this.#passing.clear()
    await this.flush()
  }

  delete(key: string): void {
    this.#passing.delete(key)
    if (this.#keys.delete(key)) this.#changed = true
  }

  /** Forgets everything else. */
  retain(wanted: ReadonlySet<string>): void {
    for (const key of this.#keys) if (!wanted.has(key)) this.delete(key)
  }

  async flush(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    await this.#file.update(() => ({ complete: [...this.#keys] }))
  }
}
