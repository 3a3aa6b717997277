import { join } from 'node:path'
import { z } from 'zod'
import { DurableFile } from '../peers/index.ts'

const fileSchema = z.object({ complete: z.array(z.string()) })

/** Targets known to be whole and durable here, so that a start does not walk every tree again. Only what is still wanted is remembered. */
export class Completed {
  readonly #file: DurableFile<z.infer<typeof fileSchema>>
  #keys: ReadonlySet<string>

  private constructor(file: DurableFile<z.infer<typeof fileSchema>>) {
    this.#file = file
    this.#keys = new Set(file.value.complete)
  }

  static async open(folder: string): Promise<Completed> {
    return new Completed(await DurableFile.open(join(folder, 'complete.json'), fileSchema, { complete: [] }))
  }

  has(key: string): boolean { return this.#keys.has(key) }

  /** Call after the store's barrier. */
  add(key: string): Promise<void> {
    return this.#write(keys => keys.add(key))
  }

  /** Forgets what is not wanted any more: its chunks may be collected. */
  retain(wanted: ReadonlySet<string>): Promise<void> {
    return this.#write(keys => { for (const key of keys) if (!wanted.has(key)) keys.delete(key) })
  }

  async #write(change: (keys: Set<string>) => void): Promise<void> {
    await this.#file.update(file => {
      const keys = new Set(file.complete)
      const before = keys.size
      change(keys)
      if (keys.size === before) return file
      this.#keys = keys
      return { complete: [...keys] }
    })
  }
}
