import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Level } from 'level'
import { blake3, unreadableTables } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES } from '../model/index.ts'
import { WRITE_SLICE } from './limits.ts'

/** A write to the catalog's database: a value, or undefined to delete. */
export interface Write { readonly key: string, readonly value: Uint8Array | undefined }

/**
 * Values stand behind the BLAKE3 of their key and content: LevelDB gives flipped bits back as good data, and a flipped key would give one
 * record for another.
 */
const sealOf = (key: string, content: Uint8Array): Uint8Array => blake3(Buffer.concat([Buffer.from(`${key}\0`), content]))
const sealed = (key: string, content: Uint8Array): Uint8Array => Buffer.concat([sealOf(key, content), content])

function opened(key: string, value: Uint8Array): Uint8Array | undefined {
  if (value.length < HASH_BYTES) return undefined
  // A copy: what is read may live longer than LevelDB's buffer, and Automerge must not see more than its part of it.
  const content = new Uint8Array(value.subarray(HASH_BYTES))
  return Buffer.compare(sealOf(key, content), value.subarray(0, HASH_BYTES)) === 0 ? content : undefined
}

/** LevelDB replays its log (up to 4 MiB) into a table when it opens: with this much free space it can. */
const PROBE_BYTES = 8 * 1024 * 1024

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
  static async open(folder: string, options: { readonly create: boolean }): Promise<Storage> {
    const [unreadable] = existsSync(folder) ? await unreadableTables(folder) : []
    if (unreadable !== undefined) fail('STORE_DAMAGED', `the catalog's file ${unreadable} is damaged where LevelDB can not read around it`, { file: unreadable })
    // Uncompressed: a flipped bit then spoils one record instead of a block of them, and envelopes are compressed already.
    const db = new Level<string, Uint8Array>(folder, { valueEncoding: 'view', createIfMissing: options.create, compression: false })
    try {
      await db.open()
    } catch (error) {
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
      const code = reason instanceof Error && 'code' in reason ? reason.code : ''
      if (code === 'LEVEL_LOCKED') fail('HOME_IN_USE', `${folder} is open in another process`, { folder }, error)
      fail('STORE_DAMAGED', `the catalog in ${folder} can not be opened: ${messageOf(reason)}`, { folder }, error)
    }
    return new Storage(db, folder)
  }

  /** One value; undefined where there is none. @throws STORE_DAMAGED */
  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#reading(() => this.#db.get(key))
    return value === undefined ? undefined : opened(key, value) ?? damaged(key)
  }

  /** One value; undefined where there is none or a damaged one. */
  async getWhole(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#reading(() => this.#db.get(key))
    return value === undefined ? undefined : opened(key, value)
  }

  /** All values below a prefix (from the key `first` on), by key; undefined for damaged ones. */
  async range(prefix: string, first = prefix): Promise<[key: string, value: Uint8Array | undefined][]> {
    const rows = await this.#reading(() => this.#db.iterator({ gte: first, lt: endOf(prefix) }).all())
    return rows.map(([key, value]) => [key, opened(key, value)])
  }

  /** Values from the key `first` on to the end of `prefix`, at most `limit`; ends before a damaged one. */
  async page(prefix: string, first: string, limit: number): Promise<Uint8Array[]> {
    const rows = await this.#reading(() => this.#db.iterator({ gte: first, lt: endOf(prefix), limit }).all())
    const values = rows.map(([key, value]) => opened(key, value))
    const end = values.indexOf(undefined)
    return (end < 0 ? values : values.slice(0, end)).filter(value => value !== undefined)
  }

  /** The names that keys below a prefix go on with, up to the next slash: each once, without reading what lies between. */
  async namesBelow(prefix: string): Promise<string[]> {
    const names: string[] = []
    for (let first = prefix; ;) {
      const [key] = await this.#reading(() => this.#db.keys({ gte: first, lt: endOf(prefix), limit: 1 }).all())
      if (key === undefined) return names
      const name = key.slice(prefix.length).split('/')[0] ?? ''
      names.push(name)
      first = endOf(`${prefix}${name}/`)
    }
  }

  /** All or none, and fsynced. @throws DISK_FULL, STORE_DAMAGED; the next write tries anew */
  async write(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return
    try {
      if (this.#hasFailed) await this.#renew()
      await this.#writeTogether(writes)
    } catch (error) {
      this.#hasFailed = true
      fail(/no space left|ENOSPC|quota/i.test(messageOf(error)) ? 'DISK_FULL' : 'STORE_DAMAGED', `the catalog can not be written: ${messageOf(error)}`, {}, error)
    }
  }

  /** In one batch, which is gathered with pauses: thousands of values keep nobody waiting. */
  async #writeTogether(writes: readonly Write[]): Promise<void> {
    const batch = this.#db.batch()
    for (const [i, { key, value }] of writes.entries()) {
      if (i > 0 && i % WRITE_SLICE === 0) await setImmediate()
      if (value === undefined) batch.del(key)
      else batch.put(key, sealed(key, value))
    }
    await batch.write({ sync: true })
  }

  async close(): Promise<void> {
    await this.#db.close()
  }

  /** Closing waits for the reads under way; whoever comes while the handle is exchanged waits for the new one. */
  async #reading<T>(read: () => Promise<T>): Promise<T> {
    await this.#renewing
    try {
      return await read()
    } catch (error) {
      return fail('STORE_DAMAGED', `the catalog can not be read: ${messageOf(error)}`, {}, error)
    }
  }

  /**
   * A handle that failed to write takes no more writes, also when there is space again; it still reads. It is exchanged for a fresh one
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

/** The first key behind all that begin with `prefix`, which ends in a slash. */
const endOf = (prefix: string): string => `${prefix.slice(0, -1)}0`

/** @throws STORE_DAMAGED */
export const damaged = (key: string): never => fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key })

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
