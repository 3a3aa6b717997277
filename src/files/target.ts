import { type BigIntStats, closeSync, lstatSync, mkdirSync, openSync, readSync, readdirSync, renameSync, rmSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createHasher } from '../chunks/index.ts'
import { ShoalError, fail, toShoalError } from '../errors/index.ts'
import { type Hash, parentOf } from '../model/index.ts'
import { FileTable, type FileStat } from './file-table.ts'
import { statOf } from './import/disk.ts'

/** What a checkout keeps in its folder: what it wrote there, and files on their way. */
const STATE_NAME = '.shoal-checkout'
const DRAFTS_NAME = '.shoal-drafts'

const READ_BYTES = 1024 * 1024

/** Names Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i
const FORBIDDEN_ON_WINDOWS = /[<>:"|?*]|[. ]$/

export interface TargetHeader {
  /** Version (id) it was made equal to. */
  readonly version?: string
  /** Paths and hashes (hex) that were being written when it was saved: found there, they are ours too. */
  readonly planned?: readonly (readonly [string, string])[]
}

/** A folder of the disk that is made equal to a version. Nothing is ever written through a symbolic link below it. */
export class Target {
  readonly folder: string
  readonly known: FileTable
  readonly header: TargetHeader
  readonly ignoresCase: boolean
  readonly #folders = new Set<string>([''])
  #drafts = 0

  /** @throws TARGET_UNWRITABLE */
  constructor(folder: string) {
    this.folder = folder
    try {
      mkdirSync(folder, { recursive: true })
      if (!statSync(folder).isDirectory()) fail('TARGET_UNWRITABLE', `${folder} is no folder`, { folder })
      rmSync(this.#draftsFolder, { recursive: true, force: true })
      mkdirSync(this.#draftsFolder)
      this.ignoresCase = this.#probeCase()
    } catch (error) {
      throw unwritable(error, folder)
    }
    const state = FileTable.load<TargetHeader>(join(folder, STATE_NAME))
    this.known = state?.table ?? new FileTable()
    this.header = state?.header ?? {}
  }

  get #draftsFolder(): string { return join(this.folder, DRAFTS_NAME) }

  #probeCase(): boolean {
    closeSync(openSync(join(this.#draftsFolder, 'case'), 'w'))
    return lstat(join(this.#draftsFolder, 'CASE')) !== undefined
  }

  static isOwn(path: string): boolean { return path === STATE_NAME || path === DRAFTS_NAME || path.startsWith(`${DRAFTS_NAME}/`) }

  save(table: FileTable, header: TargetHeader): void {
    try {
      table.save(join(this.folder, STATE_NAME), header)
    } catch (error) {
      throw unwritable(error, this.folder)
    }
  }

  /** What this file system can't hold of a path; undefined when nothing. */
  problemOf(path: string): string | undefined {
    if (Target.isOwn(path)) return 'its name is one Shoal keeps for itself in a checkout'
    if (process.platform !== 'win32') return undefined
    const name = path.split('/').find(part => RESERVED.test(part) || FORBIDDEN_ON_WINDOWS.test(part))
    return name === undefined ? undefined : `Windows can not hold a file named "${name}"`
  }

  full(path: string): string { return join(this.folder, path) }

  lookAt(path: string): BigIntStats | undefined { return lstat(this.full(path)) }

  /** Whether the folders above a path are folders: no file, no symbolic link stands in the way. Undefined where some don't exist yet. */
  parentOk(path: string): boolean | undefined {
    const parent = parentOf(path)
    if (this.#folders.has(parent)) return true
    const above = this.parentOk(parent)
    if (above !== true) return above
    const stat = this.lookAt(parent)
    if (stat === undefined) return undefined
    if (!stat.isDirectory()) return false
    this.#folders.add(parent)
    return true
  }

  /** Makes a folder and those above it. @throws TARGET_UNWRITABLE */
  makeFolder(path: string): void {
    if (this.#folders.has(path)) return
    this.makeFolder(parentOf(path))
    try {
      const stat = this.lookAt(path)
      if (stat === undefined) mkdirSync(this.full(path))
      else if (!stat.isDirectory()) fail('TARGET_UNWRITABLE', `${this.full(path)} is no folder`, { path })
      this.#folders.add(path)
    } catch (error) {
      throw unwritable(error, path)
    }
  }

  /** Removes a file; the folders it leaves empty go with it. */
  remove(path: string): void {
    try {
      unlinkSync(this.full(path))
      for (let folder = parentOf(path); folder !== '' && readdirSync(this.full(folder)).length === 0; folder = parentOf(folder)) this.removeFolder(folder)
    } catch (error) {
      if (!isGone(error)) throw unwritable(error, path)
    }
  }

  removeFolder(path: string): void {
    try {
      rmdirSync(this.full(path))
      this.#folders.delete(path)
    } catch (error) {
      // Not empty (files of the user's) or gone: it stays as it is.
      if (!isGone(error) && !(error instanceof Error && 'code' in error && ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(String(error.code)))) throw unwritable(error, path)
    }
  }

  /** Opens a file beside its place; `keep` puts it there whole. @throws TARGET_UNWRITABLE, DISK_FULL */
  draft(path: string, executable: boolean): Draft {
    return new Draft(join(this.#draftsFolder, String(++this.#drafts)), this.full(path), path, executable)
  }

  /** BLAKE3 of a file that is there. */
  hashOf(path: string): Hash {
    const hasher = createHasher()
    const buffer = new Uint8Array(READ_BYTES)
    const fd = openSync(this.full(path), 'r')
    try {
      for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) hasher.update(buffer.subarray(0, count))
    } finally {
      closeSync(fd)
    }
    return hasher.finish()
  }

  finish(): void {
    rmSync(this.#draftsFolder, { recursive: true, force: true })
  }
}

/** A file on its way to its place. */
export class Draft {
  readonly #draft: string
  readonly #place: string
  readonly #path: string
  readonly #fd: number

  constructor(draft: string, place: string, path: string, executable: boolean) {
    this.#draft = draft
    this.#place = place
    this.#path = path
    try {
      this.#fd = openSync(draft, 'wx', executable ? 0o777 : 0o666)
    } catch (error) {
      throw unwritable(error, path)
    }
  }

  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      throw unwritable(error, this.#path)
    }
  }

  keep(): FileStat {
    try {
      closeSync(this.#fd)
      renameSync(this.#draft, this.#place)
      return statOf(lstatSync(this.#place, { bigint: true }))
    } catch (error) {
      throw unwritable(error, this.#path)
    }
  }

  drop(): void {
    closeSync(this.#fd)
    rmSync(this.#draft, { force: true })
  }
}

const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

function lstat(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true })
  } catch (error) {
    if (isGone(error)) return undefined
    throw unwritable(error, path)
  }
}

function unwritable(error: unknown, path: string): Error {
  const failure = toShoalError(error)
  if (failure.code !== 'INTERNAL') return failure
  const code = error instanceof Error && 'code' in error ? String(error.code) : failure.message
  return new ShoalError('TARGET_UNWRITABLE', `${path} can not be written (${code})`, { path }, { cause: error })
}
