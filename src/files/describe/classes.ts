import { fail } from '../../errors/index.ts'
import type { VersionRef } from '../../model/index.ts'
import { classOfPath } from '../selection/split-names.ts'
import type { Files } from '../service.ts'
import { isTable, rowsOf } from './rows.ts'

/** K7: how many files or rows each class has, in all and by split. */
export interface ClassBalance {
  /** What says the class: the folder a file lies in, or a column of a table; `none` where nothing does. */
  readonly by: 'folder' | 'column' | 'none'
  /** The table; null where several are counted together, and for folders. */
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
/** Tables that are counted together. */
const MAX_TABLES = 200
/** Columns that name a class where none is chosen. */
const LABELS = ['label', 'labels', 'class', 'target', 'category', 'species', 'y']

/**
 * By a column of the table that is named; else, where a column is named, of every table that has it; else by folders; else by the label
 * column that the version's tables have.
 * @throws FIELD_INVALID, FILE_NOT_FOUND, LIMIT_EXCEEDED
 */
export async function classBalance(files: Files, ref: VersionRef, { path, column }: ClassOptions): Promise<ClassBalance> {
  if (path !== undefined) {
    const wanted = column ?? await labelColumn(files, ref, path) ?? fail('FIELD_INVALID', `name the column of ${path} that holds the class`, { field: 'column', path })
    return await byColumn(files, ref, [path], wanted) ?? fail('FIELD_INVALID', `${path} has no column ${JSON.stringify(wanted)}`, { field: 'column', path })
  }
  if (column !== undefined) return await byColumn(files, ref, await tablesOf(files, ref), column) ?? fail('FIELD_INVALID', `the version has no table with a column ${JSON.stringify(column)}`, { field: 'column' })
  const folders = await byFolder(files, ref)
  if (folders.classes.length > 0) return folders
  const tables = await tablesOf(files, ref)
  for (const table of tables) {
    const label = await labelColumn(files, ref, table)
    if (label !== undefined) return await byColumn(files, ref, tables, label) ?? { ...folders, by: 'none' }
  }
  return { ...folders, by: 'none' }
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

/** Rows of all the tables that have the column, counted together; undefined where none has it. */
async function byColumn(files: Files, ref: VersionRef, tables: readonly string[], column: string): Promise<ClassBalance | undefined> {
  const { of } = await files.splits(ref)
  const counts = new Counts()
  const counted: string[] = []
  for (const path of tables) if (await countRows(rowsOf(files, ref, path), column, of(path), counts)) counted.push(path)
  const [only, ...others] = counted
  return only === undefined ? undefined : { by: 'column', path: others.length === 0 ? only : null, column, ...counts.shown() }
}

/** @returns whether the table has the column; one that has not adds nothing */
async function countRows(rows: AsyncIterable<Readonly<Record<string, unknown>>>, column: string, fileSplit: string | undefined, counts: Counts): Promise<boolean> {
  let without = 0
  let isThere = false
  for await (const row of rows) {
    if (!isThere && !Object.hasOwn(row, column)) {
      without++
      continue
    }
    isThere = true
    const value = Object.hasOwn(row, column) ? row[column] : undefined
    const split = Object.hasOwn(row, 'split') && typeof row['split'] === 'string' ? row['split'] : fileSplit
    counts.add(value === undefined || value === null ? undefined : typeof value === 'string' ? value.trim() : JSON.stringify(value), split)
  }
  // Rows that lack it stand before the first that has it, as lines of JSON may.
  if (isThere) for (; without > 0; without--) counts.add(undefined, undefined)
  return isThere
}

/** @throws LIMIT_EXCEEDED */
async function tablesOf(files: Files, ref: VersionRef): Promise<string[]> {
  const tables: string[] = []
  for await (const entry of files.entries(ref)) {
    if (entry.kind !== 'file' || !isTable(entry.path)) continue
    if (tables.push(entry.path) > MAX_TABLES) fail('LIMIT_EXCEEDED', `the version has more than ${MAX_TABLES} tables; name the one that is meant`, { field: 'path' })
  }
  return tables
}

async function labelColumn(files: Files, ref: VersionRef, path: string): Promise<string | undefined> {
  for await (const row of rowsOf(files, ref, path)) return LABELS.flatMap(label => Object.keys(row).find(name => name.trim().toLowerCase() === label) ?? [])[0]
  return undefined
}
