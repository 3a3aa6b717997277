import { rmSync } from 'node:fs'
import { checkPath, comparePaths, parentOf } from '../../model/index.ts'
import { statOf } from '../import/disk.ts'
import { JOURNAL_NAME, STATE_NAME } from '../names-kept.ts'
import { type Row, RowReader, RowWriter } from '../rows/index.ts'
import { writing } from './failure.ts'
import { Folders, lookAt } from './folders.ts'
import type { Target } from './target.ts'

/**
 * What checkouts wrote to a folder, kept in the folder itself, so that it moves with it and tells the truth to every node that comes
 * along. While one is under way its rows go to a journal, each before the file is in its place: whatever ends it, what is found there
 * is known to be Shoal's.
 */
export class CheckoutState {
  readonly #target: Target
  readonly #path: string
  readonly #journalPath: string

  /** @throws TARGET_UNWRITABLE, FORMAT_INVALID when what was noted is damaged */
  constructor(target: Target) {
    this.#target = target
    this.#path = target.full(STATE_NAME)
    this.#journalPath = target.full(JOURNAL_NAME)
    this.#recover()
  }

  /** What is known; undefined when nothing is. The caller closes it. @throws FORMAT_INVALID */
  read(): RowReader | undefined {
    return open(this.#path)
  }

  /** Begins the journal of a checkout. */
  journal(): RowWriter {
    return writing(this.#journalPath, () => new RowWriter(this.#journalPath))
  }

  /** Makes the journal what is known. @param version id of the version the folder equals */
  settle(journal: RowWriter, version: string): void {
    writing(this.#path, () => journal.finish(this.#path, { version }))
  }

  /** Brings the journal of a checkout that ended early together with what was known before it. */
  #recover(): void {
    const journal = open(this.#journalPath)
    if (journal === undefined) return
    const before = open(this.#path)
    try {
      const merged = writing(this.#path, () => new RowWriter(`${this.#journalPath}.merged`))
      for (const row of this.#merge(journal, before)) writing(this.#path, () => merged.add(row))
      writing(this.#path, () => merged.finish(this.#path, {}))
    } finally {
      journal.close()
      before?.close()
    }
    rmSync(this.#journalPath, { force: true })
  }

  /** Of each path the row that tells how the file is now; else the older one, so that a change of the user's shows. */
  * #merge(journal: RowReader, before: RowReader | undefined): Generator<Row> {
    const folders = new Folders(this.#target.folder)
    for (let order = orderOf(journal, before); order !== undefined; order = orderOf(journal, before)) {
      if (order < 0 || (order === 0 && this.#tellsOf(journal, folders))) yield journal.row()
      else if (before !== undefined) yield before.row()
      if (order <= 0) journal.advance()
      if (order >= 0) before?.advance()
    }
  }

  #tellsOf(rows: RowReader, folders: Folders): boolean {
    const path = rows.path ?? ''
    if (rows.kind !== 'file' || folders.look(parentOf(path)).state !== 'folder') return rows.kind !== 'file'
    const stat = lookAt(this.#target.full(path))
    return stat?.isFile() === true && rows.isLikeApartFromChange(statOf(stat))
  }

  /** Forgets everything: what is in the folder is the user's then. */
  static forget(target: Target): void {
    for (const name of [STATE_NAME, JOURNAL_NAME]) rmSync(target.full(name), { force: true })
  }
}

/** Which of two readers stands at the lower path; undefined at the end of both. */
function orderOf(a: RowReader, b: RowReader | undefined): number | undefined {
  if (a.path === undefined) return b?.path === undefined ? undefined : 1
  return b?.path === undefined ? -1 : comparePaths(a.path, b.path)
}

/** The file may have come with the folder, from anyone: a path that leads out of it is not believed. */
const open = (path: string): RowReader | undefined => writing(path, () => RowReader.open(path, isPath))

function isPath(path: string): boolean {
  try {
    return checkPath(path) === path
  } catch {
    return false
  }
}
