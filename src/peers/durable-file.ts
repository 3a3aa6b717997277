import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { z } from 'zod'
import { fail } from '../errors/index.ts'
import { Mutex } from '../runtime/index.ts'

/** A small value kept in one JSON file: read once, replaced as a whole, durable before a change counts. */
export class DurableFile<T> {
  readonly #path: string
  readonly #turn = new Mutex()
  #value: T

  private constructor(path: string, value: T) {
    this.#path = path
    this.#value = value
  }

  /** @param empty what a file that does not exist yet holds @throws HOME_INVALID when the file can't be read as what it must be */
  static async open<T>(path: string, schema: z.ZodType<T>, empty: T): Promise<DurableFile<T>> {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new DurableFile(path, empty)
      return fail('HOME_INVALID', `${path} can not be read`, { path }, error)
    }
    const result = schema.safeParse(parseJson(text))
    return result.success ? new DurableFile(path, result.data) : fail('HOME_INVALID', `${path} is damaged: ${result.error.issues[0]?.message ?? ''}`, { path })
  }

  get value(): T { return this.#value }

  /** Resolves when no change is under way. */
  settled(): Promise<void> {
    return this.#turn.run(() => Promise.resolve())
  }

  /** Changes the value; calls take turns. The new value is on disk, fsynced, when this resolves; when `change` returns the old one nothing is written. */
  update(change: (value: T) => T): Promise<T> {
    return this.#turn.run(async () => {
      const next = change(this.#value)
      if (next !== this.#value) await writeDurably(this.#path, `${JSON.stringify(next, undefined, 2)}\n`)
      this.#value = next
      return next
    })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whole or not at all, also through a power cut: a file beside it, fsynced, renamed over it, and the folder fsynced. */
async function writeDurably(path: string, text: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const beside = `${path}.new`
  const file = await open(beside, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
