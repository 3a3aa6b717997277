import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES } from '../model/index.ts'

/** A write to the catalog's database: a value, or undefined to delete. */
export interface Write { readonly key: string, readonly value: Uint8Array | undefined }

/** Every value is kept behind a BLAKE3, because LevelDB gives flipped bits back as good data. */
const sealed = (key: string, value: Uint8Array): Uint8Array => Buffer.concat([sealOf(key, value), value])

/** Of key and value: a flipped bit in a key would give a record to somebody else. */
const sealOf = (key: string, content: Uint8Array): Uint8Array => blake3(Buffer.concat([Buffer.from(`${key}\0`), content]))

function opened(key: string, value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined || value.length < HASH_BYTES) return undefined
  const content = value.subarray(HASH_BYTES)
  return Buffer.compare(sealOf(key, content), value.subarray(0, HASH_BYTES)) === 0 ? content : undefined
}

/** LevelDB replays its log (up to 4 MiB) into a table when it opens; twice that is surely enough. */
const PROBE_BYTES = 8 * 1024 * 1024

const isFull = (error: unknown): boolean => /no space left|ENOSPC|EDQUOT/i.test(error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error))

/** The catalog's LevelDB: small checked values, written in batches that are on the disk when they resolve. */
export class Storage {
  readonly #db: Level<string, Uint8Array>
  readonly #folder: string
  #hasFailed = false
  #renewing: Promise<void> | undefined

  private constructor(db: Level<string, Uint8Array>, folder: string) {
    this.#db = db
    this.#folder = folder
  }

  /** @throws HOME_IN_USE, STORE_DAMAGED */
  static async open(folder: string, options: { create: boolean }): Promise<Storage> {
    const db = new Level<string, Uint8Array>(folder, { valueEncoding: 'view', createIfMissing: options.create, errorIfExists: false })
    try {
      await db.open()
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
      const code = reason instanceof Error && 'code' in reason ? reason.code : ''
      if (code === 'LEVEL_LOCKED') fail('HOME_IN_USE', `${folder} is open in another process`, {}, error)
      fail('STORE_DAMAGED', `the catalog in ${folder} can not be opened: ${reason instanceof Error ? reason.message : String(reason)}`, {}, error)
    }
    return new Storage(db, folder)
  }

  /** One value; undefined where there is none. @throws STORE_DAMAGED */
  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#read(() => this.#db.get(key))
    return value === undefined ? undefined : opened(key, value) ?? fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key })
  }

  /** All values below a prefix, by key; undefined for damaged ones. */
  async range(prefix: string): Promise<[string, Uint8Array | undefined][]> {
    const rows = await this.#read(() => this.#db.iterator({ gte: prefix, lt: `${prefix}\uffff` }).all())
    return (rows ?? []).map(([key, value]) => [key, opened(key, value)])
  }

  /** Values from `first` on to the end of `prefix`, at most `limit`. @throws STORE_DAMAGED */
  async page(prefix: string, first: string, limit: number): Promise<Uint8Array[]> {
    const rows = await this.#read(() => this.#db.iterator({ gte: first, lt: `${prefix}\uffff`, limit }).all())
    return (rows ?? []).map(([key, value]) => opened(key, value) ?? fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key }))
  }

  /** All or none, and fsynced. @throws DISK_FULL, STORE_DAMAGED */
  async write(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    const operations = writes.map(({ key, value }) => value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value: sealed(key, value) })
    try {
      if (this.#hasFailed) await this.#renew()
      await this.#db.batch(operations, { sync: true })
    } catch (error) {
      this.#hasFailed = true
      fail(isFull(error) ? 'DISK_FULL' : 'STORE_DAMAGED', `the catalog can not be written: ${error instanceof Error ? error.message : String(error)}`, {}, error)
    }
  }

  async close(): Promise<void> {
    await this.#db.close()
  }

  /** Closing waits for the reads under way; whoever comes while the handle is exchanged waits for the new one. */
  async #read<T>(reading: () => Promise<T>): Promise<T> {
    await this.#renewing
    try {
      return await reading()
    } catch (error) {
      return fail('STORE_DAMAGED', `the catalog can not be read: ${error instanceof Error ? error.message : String(error)}`, {}, error)
    }
  }

  /**
   * A handle that failed to write stays dead for writing, also when there is space again; it still reads. It is exchanged for a fresh one
   * only once there is space to open one: without, there would be none to read with.
   */
  async #renew(): Promise<void> {
    const probe = join(this.#folder, 'probe')
    try {
      await writeFile(probe, new Uint8Array(PROBE_BYTES), { flush: true })
    } finally {
      await rm(probe, { force: true })
    }
    this.#renewing = this.#exchange()
    try {
      await this.#renewing
      this.#hasFailed = false
    } finally {
      this.#renewing = undefined
    }
  }

  async #exchange(): Promise<void> {
    if (this.#db.status === 'open') await this.#db.close()
    await this.#db.open({ createIfMissing: false })
  }
}
