import { fail } from '../../errors/index.ts'
import type { VersionRef } from '../../model/index.ts'
import { classOfPath } from '../selection/split-names.ts'
import type { Files } from '../service.ts'
import { isTable, rowsOf } from './rows.ts'

/** K7: how many files or rows each class has, in all and by split. */
export interface ClassBalance {
  /** What says the class: the folder a file lies in, or a column of a table; `none` where nothing does. */
  readonly by: 'folder' | 'column' | 'none'
  readonly path: string | null
  readonly column: string | null
  /** The most frequent first. */
  readonly classes: readonly { readonly name: string, readonly count: number, readonly splits: { readonly [split: string]: number } }[]
  /** Files or rows of no class. */
  readonly rest: number
  readonly total: number
}

export interface ClassOptions { readonly path?: string, readonly column?: string }

/** More classes are no classes, but values. */
const MAX_CLASSES = 20_000
/** Columns that name a class where none is chosen. */
const LABELS = ['label', 'labels', 'class', 'target', 'category', 'species', 'y']

/** By the column of a table that is named, else by folders, else by a label column of the version's only table. @throws FIELD_INVALID, FILE_NOT_FOUND */
export async function classBalance(files: Files, ref: VersionRef, { path, column }: ClassOptions): Promise<ClassBalance> {
  if (path !== undefined) return await byColumn(files, ref, path, column)
  if (column !== undefined) return await byColumn(files, ref, await onlyTable(files, ref) ?? fail('FIELD_INVALID', 'name the table whose column is meant: the version has none, or several', { field: 'path' }), column)
  const folders = await byFolder(files, ref)
  if (folders.classes.length > 0) return folders
  const table = await onlyTable(files, ref)
  const label = table === undefined ? undefined : await labelColumn(files, ref, table)
  return table === undefined || label === undefined ? { ...folders, by: 'none' } : await byColumn(files, ref, table, label)
}

class Counts {
  readonly #classes = new Map<string, { count: number, splits: Record<string, number> }>()
  rest = 0
  total = 0

  add(name: string | undefined, split: string | undefined): void {
    this.total++
    if (name === undefined || name === '') {
      this.rest++
      return
    }
    const found = this.#classes.get(name) ?? { count: 0, splits: Object.create(null) as Record<string, number> }
    found.count++
    if (split !== undefined) found.splits[split] = (found.splits[split] ?? 0) + 1
    this.#classes.set(name, found)
    if (this.#classes.size > MAX_CLASSES) fail('LIMIT_EXCEEDED', `there are more than ${MAX_CLASSES} different values: they are no classes`)
  }

  shown(): Pick<ClassBalance, 'classes' | 'rest' | 'total'> {
    const classes = [...this.#classes].map(([name, { count, splits }]) => ({ name, count, splits: { ...splits } })).sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    return { classes, rest: this.rest, total: this.total }
  }
}

async function byFolder(files: Files, ref: VersionRef): Promise<ClassBalance> {
  const { of } = await files.splits(ref)
  const counts = new Counts()
  for await (const entry of files.entries(ref)) if (entry.kind !== 'folder') counts.add(classOfPath(entry.path), of(entry.path))
  return { by: 'folder', path: null, column: null, ...counts.shown() }
}

async function byColumn(files: Files, ref: VersionRef, path: string, wanted: string | undefined): Promise<ClassBalance> {
  const column = wanted ?? await labelColumn(files, ref, path) ?? fail('FIELD_INVALID', `name the column of ${path} that holds the class`, { field: 'column', path })
  const fileSplit = (await files.splits(ref)).of(path)
  const counts = new Counts()
  let isThere = false
  for await (const row of rowsOf(files, ref, path)) {
    isThere ||= Object.hasOwn(row, column)
    const value = Object.hasOwn(row, column) ? row[column] : undefined
    const split = Object.hasOwn(row, 'split') && typeof row['split'] === 'string' ? row['split'] : fileSplit
    counts.add(value === undefined || value === null ? undefined : typeof value === 'string' ? value.trim() : JSON.stringify(value), split)
  }
  if (!isThere && counts.total > 0) fail('FIELD_INVALID', `${path} has no column ${JSON.stringify(column)}`, { field: 'column', path })
  return { by: 'column', path, column, ...counts.shown() }
}

/** The version's table, where it has exactly one. */
async function onlyTable(files: Files, ref: VersionRef): Promise<string | undefined> {
  let found: string | undefined
  for await (const entry of files.entries(ref)) {
    if (entry.kind !== 'file' || !isTable(entry.path)) continue
    if (found !== undefined) return undefined
    found = entry.path
  }
  return found
}

async function labelColumn(files: Files, ref: VersionRef, path: string): Promise<string | undefined> {
  for await (const row of rowsOf(files, ref, path)) return LABELS.flatMap(label => Object.keys(row).find(name => name.trim().toLowerCase() === label) ?? [])[0]
  return undefined
}
