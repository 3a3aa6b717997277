import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { Level } from 'level'
import { ShoalError, fail, isShoalError } from '../../errors/index.ts'
import { checkTable } from './table-file.ts'

/** A LevelDB database; `level` is this class on Node. */
export type Database = ClassicLevel<Uint8Array, Uint8Array>

/** The two databases of a store: chunks by sequence number, and which sequence number a hash has. */
export interface Databases { readonly chunks: Database, readonly index: Database }

const MiB = 1024 * 1024

/** An index up to this size is checked at each start: a tenth of a second. It has some 600,000 chunks. Bytes. */
const CHECKED_INDEX_BYTES = 32 * MiB

/** What a store's folder says about itself. */
const FORMAT_FILE = 'store.json'
const FORMAT = 1

/** No table of chunks is longer, but for what a batch adds to a buffer. Bytes. */
export const MAX_TABLE_BYTES = 64 * MiB

/**
 * Tables as large as a buffer, so that each flush makes one. Above 81 MiB LevelDB's int arithmetic overflows; above 32 MiB it gains nothing,
 * and two buffers may be in memory at a time. The cache is for compressed blocks: eight chunks of a table share one, and come to be read
 * one behind the other; others are served from the page cache and don't enter it.
 */
const chunkOptions = (bufferBytes: number) => ({
  keyEncoding: 'view', valueEncoding: 'view', compression: true, writeBufferSize: bufferBytes, maxFileSize: MAX_TABLE_BYTES, blockSize: 64 * 1024, cacheSize: 8 * MiB
}) as const

/** Hashes neither compress nor come in order; what makes lookups quick is the cache. */
const INDEX_OPTIONS = {
  keyEncoding: 'view', valueEncoding: 'view', compression: false, writeBufferSize: 16 * MiB, maxFileSize: 16 * MiB, cacheSize: 32 * MiB
} as const

/** Makes a folder's list of files durable. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Opens a store's databases, making them in an empty folder.
 * @param isIndexDamaged whether the index is known to be damaged, and has to be put aside
 * @throws HOME_IN_USE, HOME_TOO_NEW, DISK_FULL, STORE_DAMAGED: also when files of a store that was there are gone, where LevelDB would begin a new one
 */
export async function openDatabases(folder: string, bufferBytes: number, isIndexDamaged: boolean): Promise<Databases & { isIndexLost: boolean }> {
  const isNew = checkFormat(folder)
  mkdirSync(folder, { recursive: true })
  const chunks = await open(join(folder, 'chunks'), chunkOptions(bufferBytes), isNew)
  try {
    const opened = await openIndex(join(folder, 'index'), isNew, isIndexDamaged)
    if (isNew) writeFormat(folder)
    return { chunks, ...opened }
  } catch (error) {
    await chunks.close()
    throw error
  }
}

/** Whether there is no store yet. */
function checkFormat(folder: string): boolean {
  const file = join(folder, FORMAT_FILE)
  if (!existsSync(file)) {
    const chunks = join(folder, 'chunks')
    if (existsSync(chunks) && !existsSync(join(chunks, 'CURRENT')) && readdirSync(chunks).some(name => name.endsWith('.ldb'))) {
      fail('STORE_DAMAGED', `the chunk store in ${folder} has lost its ${FORMAT_FILE} and its CURRENT file`)
    }
    return true
  }
  const format = readFormat(file)
  if (format > FORMAT) fail('HOME_TOO_NEW', `the chunk store in ${folder} has format ${format}; this Shoal knows formats up to ${FORMAT}`)
  return false
}

function readFormat(file: string): number {
  const named = /^\{"format":(\d{1,9})\}\n$/.exec(readFileSync(file, 'utf8'))?.[1]
  return named === undefined ? fail('STORE_DAMAGED', `the file ${file} names no format`) : Number(named)
}

function writeFormat(folder: string): void {
  const file = join(folder, FORMAT_FILE)
  writeFileSync(`${file}.new`, `${JSON.stringify({ format: FORMAT })}\n`, { flush: true })
  renameSync(`${file}.new`, file)
  for (const path of [join(folder, 'chunks'), join(folder, 'index'), folder, join(folder, '..')]) syncFolder(path)
}

/** The index is derived from the chunks: one that is lost or damaged is put aside and built anew. */
async function openIndex(folder: string, isNew: boolean, isKnownDamaged: boolean): Promise<{ index: Database, isIndexLost: boolean }> {
  const isDamaged = isKnownDamaged || await hasDamagedTable(folder)
  try {
    if (!isDamaged) return { index: await open(folder, INDEX_OPTIONS, isNew), isIndexLost: false }
  } catch (error) {
    if (!isShoalError(error, 'STORE_DAMAGED')) throw error
  }
  rmSync(`${folder}.damaged`, { recursive: true, force: true })
  if (existsSync(folder)) renameSync(folder, `${folder}.damaged`)
  return { index: await open(folder, INDEX_OPTIONS, true), isIndexLost: true }
}

/** Whether LevelDB would stumble over one of the index's tables, as far as a start has the time to find out. */
async function hasDamagedTable(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false
  const paths = readdirSync(folder).filter(name => name.endsWith('.ldb')).map(name => join(folder, name))
  if (paths.reduce((sum, path) => sum + statSync(path).size, 0) > CHECKED_INDEX_BYTES) return false
  for (const path of paths) if (await checkTable(path) === 'damaged') return true
  return false
}

async function open(folder: string, options: ReturnType<typeof chunkOptions> | typeof INDEX_OPTIONS, createIfMissing: boolean): Promise<Database> {
  const database = new Level<Uint8Array, Uint8Array>(folder, { ...options, createIfMissing }) as unknown as Database
  try {
    await database.open()
    return database
  } catch (error) {
    await database.close()
    throw levelFailure(error, `opening ${folder}`)
  }
}

/** What LevelDB failed with, as a failure people can read. @param doing e.g. `writing chunks` @param facts more about it */
export function levelFailure(error: unknown, doing: string, facts: Readonly<Record<string, unknown>> = {}): ShoalError {
  if (error instanceof ShoalError) return error
  const reasons = reasonsOf(error)
  const text = reasons.map(reason => reason.message).join(': ')
  if (reasons.some(reason => reason.code === 'LEVEL_LOCKED')) return new ShoalError('HOME_IN_USE', `${doing} failed: another process has it open`, facts, { cause: error })
  if (/no space left|quota exceeded|ENOSPC|EDQUOT/i.test(text)) return new ShoalError('DISK_FULL', `${doing} failed: no space is left on the disk`, facts, { cause: error })
  // A database that is closed has this code alone; around others it says that opening failed.
  const code = SHORTAGE.test(text) || reasons.at(-1)?.code === 'LEVEL_DATABASE_NOT_OPEN' ? 'INTERNAL' : 'STORE_DAMAGED'
  return new ShoalError(code, `${doing} failed: ${text}`, facts, { cause: error })
}

/** The index can't be read: a reason to build it anew. */
export const indexFailure = (error: unknown, doing: string): ShoalError =>
  levelFailure(error, doing, reasonsOf(error).some(({ code }) => code === 'LEVEL_CORRUPTION') ? { damaged: 'index' } : {})

export const isIndexDamage = (error: unknown): boolean => isShoalError(error, 'STORE_DAMAGED') && error.facts['damaged'] === 'index'

/** What a machine runs short of: no fault of the files. */
const SHORTAGE = /too many open files|cannot allocate memory/i

/** Whether LevelDB failed to read because of what is in its files. */
export const isDamage = (error: unknown): boolean =>
  reasonsOf(error).some(({ message, code }) => code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && !SHORTAGE.test(message)))

/** An error and what caused it, outermost first. */
function reasonsOf(error: unknown): { message: string, code: unknown }[] {
  const reasons = []
  for (let reason = error; reason instanceof Error && reasons.length < 8; reason = reason.cause) {
    reasons.push({ message: reason.message, code: 'code' in reason ? reason.code : undefined })
  }
  return reasons
}
