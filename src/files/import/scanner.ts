import { type BigIntStats, lstatSync, readdirSync, statSync } from 'node:fs'
import { sep } from 'node:path'
import { ShoalError, fail, isShoalError } from '../../errors/index.ts'
import { checkPath, comparePaths } from '../../model/index.ts'
import { type Typed, typeProblem } from '../kinds.ts'
import { isOwnName } from '../names-kept.ts'
import type { Notices } from '../notices.ts'
import type { FileStat } from '../rows/index.ts'
import { isGone, statOf, systemCode } from './disk.ts'

/** Something of the disk that a version can hold: a file, or a folder with nothing in it that could be held. */
export interface Found {
  /** In the version. */
  readonly path: string
  /** On the disk. */
  readonly full: string
  /** Undefined for a folder. */
  readonly stat: FileStat | undefined
}

interface Folder {
  readonly full: string
  readonly path: string
  readonly names: readonly string[]
  next: number
  /** Something in it (at any depth) was found, or could not be looked at: then it is no empty folder. */
  isTaken: boolean
}

/** Names that need no closer look: what nearly all files are called. */
const PLAIN_NAME = /^[\w-][\w .,()+@=~-]*$/
/** Shorter paths are within the limits whatever they hold. UTF-16 units, 3 bytes of UTF-8 each at most. */
const PLAIN_PATH_UNITS = 340
const PLAIN_NAME_UNITS = 85
/** Units from here on sort otherwise in UTF-16 than in UTF-8. */
const BEYOND_PLAIN_ORDER = /[\ud800-\uffff]/

/**
 * Walks a folder depth first with sorted names, which is the order of paths in a tree, with blocking calls. Symbolic links are reported,
 * never followed; what is neither file nor folder is refused; what can't be read is reported. Memory: the names of the folders it is in.
 */
export class Scanner {
  readonly #notices: Notices
  readonly #typed: Typed | undefined
  readonly #root: string
  readonly #device: bigint
  readonly #except: ReadonlySet<string>
  readonly #folders: Folder[] = []
  /** Paths that could not be looked at, in order: what is known of them, and of all below, stays as it is. */
  readonly unseen: string[] = []

  /**
   * @param into where the folder's content goes in the version: '' or a path
   * @param except absolute folders that are left out
   * @param typed the dataset's type, where it is strict about it
   * @throws SOURCE_UNREADABLE when the folder itself can't be read, or is one that is left out
   */
  constructor(folder: string, into: string, notices: Notices, except: readonly string[] = [], typed?: Typed) {
    this.#notices = notices
    this.#typed = typed
    this.#root = folder
    this.#except = new Set(except.flatMap(other => statSync(other, { bigint: true, throwIfNoEntry: false }) ?? []).map(identityOf))
    const full = folder.endsWith(sep) ? folder.slice(0, -1) : folder
    let root
    try {
      root = statSync(folder, { bigint: true })
      this.#folders.push({ full, path: into, names: namesIn(folder), next: 0, isTaken: false })
    } catch (error) {
      throw new ShoalError('SOURCE_UNREADABLE', `${folder} can not be read (${systemCode(error) ?? String(error)})`, { source: folder }, { cause: error })
    }
    this.#device = root.dev
    if (this.#except.has(identityOf(root))) fail('SOURCE_UNREADABLE', `${folder} is the home of this node, which is no dataset`, { source: folder })
  }

  /** The next in the order of paths; undefined at the end. */
  next(): Found | undefined {
    for (;;) {
      const folder = this.#folders.at(-1)
      if (folder === undefined) return this.#checkRoot()
      const name = folder.names[folder.next++]
      if (name === undefined) {
        this.#folders.pop()
        // A folder that holds nothing, or only what was refused, is kept as an empty one.
        if (folder.isTaken || folder.path === '') this.#take(folder.isTaken)
        else {
          this.#take(true)
          return { path: folder.path, full: folder.full, stat: undefined }
        }
        continue
      }
      const found = this.#look(folder, name)
      if (found === undefined) continue
      folder.isTaken = true
      return found
    }
  }

  /** A disk that was taken away in the middle looks as if the rest of it were gone. @throws SOURCE_UNREADABLE */
  #checkRoot(): undefined {
    let reason = 'another disk is there now'
    try {
      if (statSync(this.#root, { bigint: true }).dev === this.#device) return
    } catch (error) {
      reason = systemCode(error) ?? String(error)
    }
    fail('SOURCE_UNREADABLE', `${this.#root} went away while it was read (${reason}); nothing is changed`, { source: this.#root })
  }

  #take(isTaken: boolean): void {
    const above = this.#folders.at(-1)
    if (above !== undefined && isTaken) above.isTaken = true
  }

  /** @returns the file of that name, if it is one; a folder is gone into */
  #look(folder: Folder, name: string): Found | undefined {
    if (isOwnName(name)) return undefined
    const path = folder.path === '' ? name : `${folder.path}/${name}`
    const full = folder.full + sep + name
    if (!this.#isFit(folder, path, name)) return undefined
    try {
      const stat = lstatSync(full, { bigint: true })
      if (stat.isFile()) return this.#isRefused(path) ? undefined : { path, full, stat: statOf(stat) }
      if (stat.isDirectory()) this.#enter(path, full, stat)
      else this.#refuse(path, stat)
    } catch (error) {
      this.#miss(folder, path, error)
    }
    return undefined
  }

  /** A2: a file of another type is left out, and told. */
  #isRefused(path: string): boolean {
    const problem = this.#typed === undefined ? undefined : typeProblem(this.#typed, path)
    if (problem !== undefined) this.#notices.add(path, 'type', problem)
    return problem !== undefined
  }

  #enter(path: string, full: string, stat: BigIntStats): void {
    if (this.#except.has(identityOf(stat))) this.#notices.add(path, 'special', 'it is the home of this node, which is left out')
    else this.#folders.push({ full, path, names: namesIn(full), next: 0, isTaken: false })
  }

  #refuse(path: string, stat: BigIntStats): void {
    if (stat.isSymbolicLink()) this.#notices.add(path, 'symlink', 'it is a symbolic link, which is not followed')
    else this.#notices.add(path, 'special', `it is ${kindOf(stat)}, neither a file nor a folder`)
  }

  #miss(folder: Folder, path: string, error: unknown): void {
    const code = systemCode(error)
    if (code === undefined) throw error
    // Gone between the listing and the look: as if it had not been listed.
    if (isGone(code)) return
    this.#notices.add(path, 'unreadable', `it can not be read (${code})`)
    this.unseen.push(path)
    folder.isTaken = true
  }

  #isFit(folder: Folder, path: string, name: string): boolean {
    if (name.length <= PLAIN_NAME_UNITS && path.length <= PLAIN_PATH_UNITS && PLAIN_NAME.test(name)) return true
    if (name.includes('\ufffd') && !isUtf8Name(folder.full, name)) {
      this.#notices.add(path, 'name', 'its name is not valid UTF-8; rename it to import it')
      return false
    }
    try {
      checkPath(path)
      return true
    } catch (error) {
      if (!isShoalError(error, 'PATH_INVALID')) throw error
      this.#notices.add(path.toWellFormed(), 'name', error.message)
      return false
    }
  }
}

/** The same by whatever path: a link may lead to it. */
const identityOf = ({ dev, ino }: BigIntStats): string => `${dev} ${ino}`

function namesIn(folder: string): string[] {
  const names = readdirSync(folder)
  return names.some(name => BEYOND_PLAIN_ORDER.test(name)) ? names.sort(comparePaths) : names.sort()
}

/** Whether a name with a replacement character in it really has one, and does not stand for bytes that are no UTF-8. */
const isUtf8Name = (folder: string, name: string): boolean => readdirSync(folder, { encoding: 'buffer' }).some(bytes => bytes.equals(Buffer.from(name)))

function kindOf(stat: BigIntStats): string {
  if (stat.isSocket()) return 'a socket'
  if (stat.isFIFO()) return 'a pipe'
  return stat.isCharacterDevice() || stat.isBlockDevice() ? 'a device' : 'something special'
}
