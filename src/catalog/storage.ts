import { Level } from 'level'
import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES } from '../model/index.ts'

/** A write to the catalog's database: a value, or undefined to delete. */
export interface Write { readonly key: string, readonly value: Uint8Array | undefined }

/** Every value is kept behind its BLAKE3, because LevelDB gives flipped bits back as good data. */
const sealed = (value: Uint8Array): Uint8Array => Buffer.concat([blake3(value), value])

function opened(value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined || value.length < HASH_BYTES) return undefined
  const content = value.subarray(HASH_BYTES)
  return Buffer.compare(blake3(content), value.subarray(0, HASH_BYTES)) === 0 ? content : undefined
}

/** The catalog's LevelDB: small checked values, written in batches that are on the disk when they resolve. */
export class Storage {
  readonly #db: Level<string, Uint8Array>

  private constructor(db: Level<string, Uint8Array>) {
    this.#db = db
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
    return new Storage(db)
  }

  /** One value; undefined where there is none. @throws STORE_DAMAGED */
  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#read(this.#db.get(key))
    return value === undefined ? undefined : opened(value) ?? fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key })
  }

  /** All values below a prefix, by key; undefined for damaged ones. */
  async range(prefix: string): Promise<[string, Uint8Array | undefined][]> {
    const rows = await this.#read(this.#db.iterator({ gte: prefix, lt: `${prefix}\uffff` }).all())
    return (rows ?? []).map(([key, value]) => [key, opened(value)])
  }

  /** Values from `first` on to the end of `prefix`, at most `limit`. @throws STORE_DAMAGED */
  async page(prefix: string, first: string, limit: number): Promise<Uint8Array[]> {
    const rows = await this.#read(this.#db.iterator({ gte: first, lt: `${prefix}\uffff`, limit }).all())
    return (rows ?? []).map(([key, value]) => opened(value) ?? fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key }))
  }

  /** All or none, and fsynced. @throws DISK_FULL, STORE_DAMAGED */
  async write(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    const operations = writes.map(({ key, value }) => value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value: sealed(value) })
    try {
      await this.#db.batch(operations, { sync: true })
    } catch (error) {
      await this.#reopen()
      fail(/no space left/i.test(String(error)) ? 'DISK_FULL' : 'STORE_DAMAGED', `the catalog can not be written: ${error instanceof Error ? error.message : String(error)}`, {}, error)
    }
  }

  async close(): Promise<void> {
    await this.#db.close()
  }

  async #read<T>(reading: Promise<T>): Promise<T> {
    return await reading.catch((error: unknown) => fail('STORE_DAMAGED', `the catalog can not be read: ${error instanceof Error ? error.message : String(error)}`, {}, error))
  }

  /** A handle that failed to write stays dead, also when there is space again; a fresh one works as soon as there is. */
  async #reopen(): Promise<void> {
    await this.#db.close()
    await this.#read(this.#db.open({ createIfMissing: false }))
  }
}
