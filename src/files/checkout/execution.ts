import { chmodSync } from 'node:fs'
import { type ChunkStore, createHasher } from '../../chunks/index.ts'
import { fail } from '../../errors/index.ts'
import { parentOf, sameHash } from '../../model/index.ts'
import type { FileEntry } from '../../trees/index.ts'
import { type Loaded, loadFiles } from '../loaded.ts'
import type { Notices } from '../notices.ts'
import type { Pace } from '../pace.ts'
import { type FileStat, type Row, type RowReader, type RowWriter, heldOf } from '../rows/index.ts'
import { type Item, writtenFile } from './item.ts'
import { ENTRY, ROW, type Decisions, type RowDecision } from './decisions.ts'
import { writing } from './failure.ts'
import { Folders, type Staged, lookAt, stagedFull } from './folders.ts'
import type { CheckoutMeter } from './meter.ts'
import { type Draft, type Target, statNow } from './target.ts'

const CHANGED = 'it was changed while this was at work; it was left as it is'
const APPEARED = 'another file came to be there while this was at work; it was left as it is'

/** Whether something changed after it was looked at. */
const isNews = (target: Target, stat: { readonly ctimeNs: bigint } | undefined): boolean => stat !== undefined && stat.ctimeNs > target.begunNs

/** Removes what earlier checkouts left and the version has not, and the folders that are empty then. */
export async function removeRows({ target, notices, pace, force }: Omit<ExecutionDeps, 'store' | 'journal' | 'meter'>, rows: RowReader, decisions: Decisions<RowDecision>): Promise<number> {
  const folders = new Folders(target.folder)
  let removed = 0
  let left = ''
  for (let index = 0; rows.path !== undefined; rows.advance(), index++) {
    const { path } = rows
    const decision = decisions.at(index)
    if (decision === ROW.keep) continue
    const folder = decision === ROW.removeFolder ? path : parentOf(path)
    if (folder !== left) target.removeEmpty(left, path)
    const found = folders.look(folder)
    // Reached through a link that stands there now, it would be a folder of somebody else.
    left = found.state === 'blocked' ? parentOf(found.by) : folder
    if (decision === ROW.remove && folders.look(parentOf(path)).state === 'folder') {
      if (!force && isNews(target, lookAt(target.full(path)))) notices.add(path, 'appeared', CHANGED)
      else if (target.remove(path)) removed++
    }
    if (pace.isDue()) await pace.turn()
  }
  target.removeEmpty(left, '')
  return removed
}

export interface ExecutionDeps {
  readonly store: ChunkStore
  readonly target: Target
  readonly journal: RowWriter
  readonly notices: Notices
  readonly meter: CheckoutMeter
  readonly pace: Pace
  readonly force: boolean
}

/** A file that is written and waits to be put in its place. */
interface Ready { readonly entry: FileEntry, readonly draft: Draft, /** The new folder that brings it there. */ readonly staged: Staged | undefined }

/** So much may wait: then most new folders are whole when they are moved to their places. A checkout that is killed writes it again. */
const READY_FILES = 1024
const READY_BYTES = 32 * 1024 * 1024

/** Writes a version's files. */
export class Execution {
  readonly #deps: ExecutionDeps
  #folders: Folders
  readonly #hasher = createHasher()
  #ready: Ready[] = []
  #readyBytes = 0
  written = 0
  bytes = 0

  constructor(deps: ExecutionDeps) {
    this.#deps = deps
    this.#folders = this.#newFolders()
  }

  #newFolders(): Folders {
    return new Folders(this.#deps.target.folder, () => this.#deps.target.draftPath())
  }

  /** @param items all of the version, in order @throws TARGET_UNWRITABLE, DISK_FULL, CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID, CANCELLED */
  async run(items: AsyncIterable<Item>): Promise<void> {
    try {
      for await (const batch of loadFiles(this.#deps.store, items, writtenFile)) await this.#do(batch)
      this.#placeAll()
    } finally {
      for (const { draft } of this.#ready) draft.drop()
    }
  }

  async #do(batch: readonly Loaded<Item>[]): Promise<void> {
    for (const loaded of batch) {
      const row = await this.#prepare(loaded)
      if (row !== undefined) this.#deps.journal.add(row)
      if (this.#deps.pace.isDue()) await this.#deps.pace.turn()
    }
    if (this.#ready.length >= READY_FILES || this.#readyBytes >= READY_BYTES) this.#placeAll()
  }

  #placeAll(): void {
    const { target, journal, notices, force } = this.#deps
    // Known before anything shows: what is found half done belongs to the checkout.
    writing(target.folder, () => journal.flush())
    const unmoved = new Set(this.#folders.takeStaged().filter(staged => !target.moveFolder(staged)))
    for (const staged of unmoved) target.makeFolders(staged, force)
    if (unmoved.size > 0) this.#folders = this.#newFolders()
    for (const { entry, draft, staged } of this.#ready.splice(0)) {
      const isUnmoved = staged !== undefined && unmoved.has(staged)
      if (isUnmoved && !force && lookAt(target.full(entry.path)) !== undefined) {
        notices.add(entry.path, 'appeared', APPEARED)
        continue
      }
      if (staged === undefined || isUnmoved) draft.place()
      this.written++
      this.bytes += entry.size
      this.#deps.meter.placed(entry.path)
    }
    this.#readyBytes = 0
  }

  /** @returns the row of what will be there; undefined where it is not known */
  async #prepare(loaded: Loaded<Item>): Promise<Row | undefined> {
    const { entry, decision } = loaded.item
    const { path } = entry
    if (entry.kind === 'folder') {
      this.#folders.make(path, this.#deps.force)
      return { path, kind: 'folder', stat: undefined, held: undefined }
    }
    if (writtenFile(loaded.item) !== undefined) {
      const stat = await this.#write(loaded, entry)
      return stat === undefined ? undefined : { path, kind: 'file', stat, held: heldOf(entry) }
    }
    if (!await this.#isStill(entry)) return undefined
    const full = this.#deps.target.full(path)
    if (decision === ENTRY.mode) {
      writing(full, () => chmodSync(full, entry.executable ? 0o777 & ~process.umask() : 0o666 & ~process.umask()))
      this.written++
    }
    const stat = statNow(full)
    return stat === undefined ? undefined : { path, kind: 'file', stat, held: heldOf(entry) }
  }

  /** What was found equal may have been changed meanwhile: noted as Shoal's, the change would be lost some day. */
  async #isStill(entry: FileEntry): Promise<boolean> {
    const { target, notices, pace } = this.#deps
    const there = lookAt(target.full(entry.path))
    if (there?.isFile() === true && there.ctimeNs < target.begunNs) return true
    if (there?.isFile() === true && sameHash(await target.hashOf(entry.path, pace), entry.hash)) return true
    notices.add(entry.path, 'appeared', CHANGED)
    return false
  }

  async #write({ item, content }: Loaded<Item>, entry: FileEntry): Promise<FileStat | undefined> {
    const { path } = entry
    const { target, force, notices } = this.#deps
    const isNewFolder = this.#folders.make(parentOf(path), force)
    const mayClash = !isNewFolder || target.folding.case || target.folding.form
    const staged = this.#folders.stageOf(path)
    const full = staged === undefined ? target.full(path) : stagedFull(staged, path)
    const there = mayClash ? lookAt(full) : undefined
    if (there !== undefined && item.decision === ENTRY.write && !force) {
      notices.add(path, 'appeared', APPEARED)
      return undefined
    }
    if (!force && there?.isDirectory() === false && isNews(target, there)) {
      notices.add(path, 'appeared', CHANGED)
      return undefined
    }
    if (there?.isDirectory() === true) target.removeFolder(path, force)
    const draft = target.draft(path, entry.executable, staged === undefined ? undefined : full)
    this.#ready.push({ entry, draft, staged })
    this.#readyBytes += entry.size
    // A file of one chunk has its name, and that was checked when it came out of the store.
    const isChecked = entry.content.kind === 'whole' && entry.size > 0
    for await (const bytes of content) {
      if (!isChecked) this.#hasher.update(bytes)
      draft.write(bytes)
      this.#deps.meter.wrote(path, bytes.length)
      if (this.#deps.pace.isDue()) await this.#deps.pace.turn()
    }
    const stat = draft.end()
    if ((!isChecked && !sameHash(this.#hasher.finish(), entry.hash)) || stat.size !== entry.size) {
      fail('FORMAT_INVALID', `the chunks of ${path} are not the file they are said to be`, { path })
    }
    return stat
  }
}
