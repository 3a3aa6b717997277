import { type BigIntStats, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../../errors/index.ts'
import { isInside } from '../../model/index.ts'
import { isGone, systemCode } from '../import/disk.ts'
import { unwritable } from './failure.ts'

/** A new folder that is made elsewhere, with all that goes into it, and then moved to its place whole. */
export interface Staged {
  /** In the target. */
  readonly path: string
  /** Where it is made. */
  readonly full: string
}

/** A folder on the way down, as it was found. */
interface Level { readonly path: string, readonly state: 'folder' | 'new' | 'missing' | 'blocked' }

/** How it is with the folder that something lies in. `blocked`: a file, a symbolic link or the like stands there or above. */
export type FolderState = { readonly state: 'folder' | 'new' | 'missing' } | { readonly state: 'blocked', readonly by: string }

/** Nothing is followed: what stands at a path, or undefined. @throws TARGET_UNWRITABLE */
export function lookAt(full: string): BigIntStats | undefined {
  try {
    return lstatSync(full, { bigint: true })
  } catch (error) {
    if (isGone(systemCode(error))) return undefined
    throw unwritable(error, full)
  }
}

/**
 * The folders between a target and what lies in it, asked for in the order of paths: each is looked at once, so that nothing is ever
 * reached through a symbolic link. Memory: the folders above the path at hand.
 */
export class Folders {
  readonly #root: string
  readonly #stage: (() => string) | undefined
  readonly #levels: Level[] = []
  /** Made and not in their places yet, in order. */
  #staged: Staged[] = []

  /**
   * @param root absolute
   * @param stage gives a path where a new folder can be made, for whoever then moves it (`takeStaged`); without it, folders are made in place
   */
  constructor(root: string, stage?: () => string) {
    this.#root = root
    this.#stage = stage
  }

  /** The folder, made and not in its place yet, that a path is or lies in. */
  stageOf(path: string): Staged | undefined {
    const staged = this.#staged.at(-1)
    return staged !== undefined && (path === staged.path || isInside(path, staged.path)) ? staged : undefined
  }

  /** The folders that wait to be moved to their places; the caller does that before anything else is asked. */
  takeStaged(): readonly Staged[] {
    const staged = this.#staged
    this.#staged = []
    return staged
  }

  /** @param folder '' or a path in the target */
  look(folder: string): FolderState {
    if (folder === '') return { state: 'folder' }
    this.#leave(folder)
    for (let at = this.#levels.at(-1); at?.path !== folder; at = this.#levels.at(-1)) {
      if (at?.state === 'blocked') return { state: 'blocked', by: at.path }
      const path = nextBelow(at?.path, folder)
      this.#levels.push({ path, state: at?.state === 'missing' ? 'missing' : this.#stateOf(path) })
    }
    const { path, state } = this.#levels.at(-1) as Level
    return state === 'blocked' ? { state, by: path } : { state }
  }

  #stateOf(path: string): Level['state'] {
    const staged = this.stageOf(path)
    const stat = lookAt(staged === undefined ? join(this.#root, path) : stagedFull(staged, path))
    if (stat === undefined) return 'missing'
    return stat.isDirectory() ? 'folder' : 'blocked'
  }

  /** Forgets the levels that `folder` is not below (or at). */
  #leave(folder: string): void {
    for (let at = this.#levels.at(-1); at !== undefined && at.path !== folder && !isInside(folder, at.path); at = this.#levels.at(-1)) this.#levels.pop()
  }

  /**
   * Makes a folder and those above it.
   * @param clear what is no folder gives way
   * @returns whether it is new, and so holds nothing yet
   * @throws TARGET_UNWRITABLE
   */
  make(folder: string, clear: boolean): boolean {
    for (let found = this.look(folder); found.state === 'missing' || found.state === 'blocked'; found = this.look(folder)) {
      if (found.state === 'blocked' && !clear) fail('TARGET_UNWRITABLE', `${join(this.#root, found.by)} is no folder`, { path: found.by })
      const first = this.#levels.findIndex(level => level.state === 'missing' || level.state === 'blocked')
      const { path } = this.#levels[first] as Level
      this.#levels.length = first
      this.#makeOne(path, found.state === 'blocked')
    }
    return this.look(folder).state === 'new'
  }

  #makeOne(path: string, clear: boolean): void {
    const full = join(this.#root, path)
    try {
      if (clear) rmSync(full)
      const staged = this.stageOf(path) ?? this.#beginStage(path)
      mkdirSync(staged === undefined ? full : stagedFull(staged, path))
      this.#levels.push({ path, state: 'new' })
    } catch (error) {
      // Somebody was quicker: the next look tells with what.
      if (systemCode(error) !== 'EEXIST') throw unwritable(error, full)
    }
  }

  /** Only where all above it is new, below the target itself: what was there before may have a group and rights of its own, which go down to all that is made in it. */
  #beginStage(path: string): Staged | undefined {
    if (this.#stage === undefined || this.#levels.some(level => level.state === 'folder')) return undefined
    const staged = { path, full: this.#stage() }
    this.#staged.push(staged)
    return staged
  }
}

/** Where a path that is or lies in a staged folder is for now. */
export const stagedFull = (staged: Staged, path: string): string => staged.full + path.slice(staged.path.length)

/** The folder directly below `above` on the way to `folder`. */
function nextBelow(above: string | undefined, folder: string): string {
  const slash = folder.indexOf('/', above === undefined ? 0 : above.length + 1)
  return slash < 0 ? folder : folder.slice(0, slash)
}
