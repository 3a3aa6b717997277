import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../runtime/index.ts'
import type { Upload } from './service.ts'

/** What is kept of an upload between runs of the node. */
export interface Kept extends Upload {
  /** Its stretches so far, as a tree of the store (hex); undefined where there are none. */
  readonly tree: string | undefined
  readonly segments: number
}

const NAME = /^[a-z2-7]{26}\.json$/

/** Uploads on the disk, one small file each: written beside the old one, flushed, and put in its place in one step. */
export class Book {
  readonly #folder: string
  readonly #uploads = new Map<string, Kept>()

  /** A file that can't be read is left aside with a warning: its upload begins anew. */
  constructor(folder: string, log: Log) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder).filter(name => NAME.test(name))) {
      try {
        this.#uploads.set(name.slice(0, 26), JSON.parse(readFileSync(join(folder, name), 'utf8')) as Kept)
      } catch (error) {
        log.warn('what is known of an upload can not be read', { file: name, error })
      }
    }
  }

  get size(): number { return this.#uploads.size }

  get(id: string): Kept | undefined {
    return this.#uploads.get(id)
  }

  all(): readonly Kept[] {
    return [...this.#uploads.values()]
  }

  /** Durable when it returns. */
  put(upload: Kept): void {
    const path = join(this.#folder, `${upload.id}.json`)
    const file = openSync(`${path}.next`, 'w', 0o600)
    try {
      writeSync(file, JSON.stringify(upload))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(`${path}.next`, path)
    this.#uploads.set(upload.id, upload)
  }

  remove(id: string): void {
    rmSync(join(this.#folder, `${id}.json`), { force: true })
    this.#uploads.delete(id)
  }
}
