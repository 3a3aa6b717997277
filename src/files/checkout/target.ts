import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readSync, readdirSync, renameSync, rmSync, rmdirSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createHasher } from '../../chunks/index.ts'
import { fail } from '../../errors/index.ts'
import { type Hash, isInside, parentOf } from '../../model/index.ts'
import { isGone, statOf, systemCode } from '../import/disk.ts'
import { DRAFTS_NAME } from '../names-kept.ts'
import type { Pace } from '../pace.ts'
import type { FileStat } from '../rows/index.ts'
import { unwritable, writing } from './failure.ts'
import { Folders, type Staged, lookAt, stagedFull } from './folders.ts'
import type { Folding } from './names.ts'

const READ_BYTES = 1024 * 1024

/** A folder of the disk that is made equal to a version. */
export class Target {
  readonly folder: string
  readonly folding: Folding
  /** When the work on it began, by the clock of its file system: what changed since is news to whoever looked before. Nanoseconds. */
  readonly begunNs: bigint
  readonly #drafts: string
  #made = 0

  /** @param folder absolute; made where it is missing @throws TARGET_UNWRITABLE */
  constructor(folder: string) {
    this.folder = folder
    this.#drafts = join(folder, DRAFTS_NAME)
    this.folding = writing(folder, () => {
      mkdirSync(folder, { recursive: true })
      if (!statSync(folder).isDirectory()) fail('TARGET_UNWRITABLE', `${folder} is no folder`, { path: folder })
      rmSync(this.#drafts, { recursive: true, force: true })
      mkdirSync(this.#drafts)
      return { case: this.#isSame('case', 'CASE'), form: this.#isSame('\u00e4', 'a\u0308') }
    })
    this.begunNs = lookAt(this.#drafts)?.ctimeNs ?? 0n
  }

  #isSame(name: string, other: string): boolean {
    closeSync(openSync(join(this.#drafts, name), 'w'))
    return lookAt(join(this.#drafts, other)) !== undefined
  }

  full(path: string): string { return join(this.folder, path) }

  /** A path of its own in the folder of what is not in its place yet. */
  draftPath(): string { return join(this.#drafts, String(++this.#made)) }

  /**
   * Opens a file beside the others; `place` puts it where it belongs, whole.
   * @param full where it is written, if that is in a folder that will be moved
   * @throws TARGET_UNWRITABLE, DISK_FULL
   */
  draft(path: string, executable: boolean, full = this.draftPath()): Draft {
    return new Draft(full, this.full(path), executable)
  }

  /** Moves a folder, with what is in it, to its place. @returns false where something is there that an empty folder can't be put over */
  moveFolder({ path, full }: Staged): boolean {
    try {
      renameSync(full, this.full(path))
      return true
    } catch (error) {
      const code = systemCode(error)
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' || code === 'EPERM' || code === 'EACCES') return false
      throw unwritable(error, this.full(path))
    }
  }

  /** Makes a folder that could not be moved, and those in it, in their places. @throws TARGET_UNWRITABLE */
  makeFolders(staged: Staged, force: boolean): void {
    const folders = new Folders(this.folder)
    const waiting = [staged.path]
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      folders.make(path, force)
      const items = readdirSync(stagedFull(staged, path), { withFileTypes: true })
      for (const item of items) if (item.isDirectory()) waiting.push(`${path}/${item.name}`)
    }
  }

  /** BLAKE3 of a file that is there. @throws TARGET_UNWRITABLE when it can't be read, CANCELLED */
  async hashOf(path: string, pace: Pace): Promise<Hash> {
    const hasher = createHasher()
    const buffer = new Uint8Array(READ_BYTES)
    const fd = writing(this.full(path), () => openSync(this.full(path), 'r'))
    try {
      for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
        hasher.update(buffer.subarray(0, count))
        if (pace.isDue()) await pace.turn()
      }
    } catch (error) {
      throw unwritable(error, this.full(path))
    } finally {
      closeSync(fd)
    }
    return hasher.finish()
  }

  /** How many files (links, …) lie in a folder, at any depth. */
  countFiles(path: string): number {
    return writing(this.full(path), () => readdirSync(this.full(path), { withFileTypes: true }))
      .reduce((sum, item) => sum + (item.isDirectory() ? this.countFiles(`${path}/${item.name}`) : 1), 0)
  }

  /** Removes a file. @returns whether it was there */
  remove(path: string): boolean {
    try {
      unlinkSync(this.full(path))
      return true
    } catch (error) {
      if (isGone(systemCode(error))) return false
      throw unwritable(error, this.full(path))
    }
  }

  /** Removes a folder, and those above it up to one that holds `next`, as far as they are empty. */
  removeEmpty(folder: string, next: string): void {
    for (let path = folder; path !== '' && !isInside(next, path); path = parentOf(path)) {
      try {
        rmdirSync(this.full(path))
      } catch (error) {
        const code = systemCode(error)
        // Files of the user's lie in it: it stays, and so do those above.
        if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') return
        if (!isGone(code)) throw unwritable(error, this.full(path))
      }
    }
  }

  /** Makes room for a file where a folder is: one that holds no files, or whatever it holds when forced. */
  removeFolder(path: string, force: boolean): void {
    if (!force && this.countFiles(path) > 0) fail('TARGET_UNWRITABLE', `${this.full(path)} is a folder with files in it`, { path })
    writing(this.full(path), () => rmSync(this.full(path), { recursive: true }))
  }

  finish(): void {
    rmSync(this.#drafts, { recursive: true, force: true })
  }
}

/** A file on its way to its place. */
export class Draft {
  readonly #draft: string
  readonly #place: string
  readonly #fd: number
  #isOpen = true

  constructor(draft: string, place: string, executable: boolean) {
    this.#draft = draft
    this.#place = place
    this.#fd = writing(place, () => openSync(draft, 'wx', executable ? 0o777 : 0o666))
  }

  write(bytes: Uint8Array): void {
    writing(this.#place, () => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at)
    })
  }

  /** Closes it. @returns how it will look in its place, but for its time of change */
  end(): FileStat {
    return writing(this.#place, () => {
      const stat = statOf(fstatSync(this.#fd, { bigint: true }))
      this.#isOpen = false
      closeSync(this.#fd)
      return stat
    })
  }

  place(): void {
    writing(this.#place, () => renameSync(this.#draft, this.#place))
  }

  drop(): void {
    if (this.#isOpen) closeSync(this.#fd)
    this.#isOpen = false
    rmSync(this.#draft, { force: true })
  }
}

/** How a file looks now; undefined when there is none. */
export function statNow(full: string): FileStat | undefined {
  const stat = lstatSync(full, { bigint: true, throwIfNoEntry: false })
  return stat?.isFile() === true ? statOf(stat) : undefined
}
