import type { ChunkStore } from '../chunks/index.ts'
import { checkPath, isInside, type Hash } from '../model/index.ts'
import { Cursor } from './cursor.ts'
import type { Entry, TreeStats } from './entry.ts'
import { encodeKey, sameBytes, type Key } from './key.ts'
import { NodeReader } from './node-reader.ts'
import { Pace } from './pace.ts'
import { statsOf } from './tree-writer.ts'

/** Leaves a walk reads at once: about 2,000 entries, so that a store in another thread is asked seldom. */
const LEAVES_AHEAD = 15

/** The lowest key of what lies in a folder: nothing sorts below a slash. */
export const insideOf = (folder: string): Key => encodeKey(folder === '' ? '' : `${folder}/`)

/** The lowest key behind a path and all that lies in it: the slash sorts below this, and all a path may hold above. */
export const behind = (path: string): Key => encodeKey(`${path}\u0001`)

/** What a tree holds, from its root node alone. @throws CHUNK_MISSING */
export async function treeStats(store: ChunkStore, root: Hash): Promise<TreeStats> {
  return statsOf((await new NodeReader(store).root(root)).totals)
}

/** Looks paths up in trees and keeps what it read last: for many lookups in a row, also while the tree is edited. */
export class Lookup {
  readonly #reader: NodeReader

  constructor(store: ChunkStore) {
    this.#reader = new NodeReader(store)
  }

  /** What is at a path: an entry, `full` for a folder with something in it (which has none), or nothing. @throws CHUNK_MISSING */
  async at(root: Hash, path: string): Promise<Entry | 'full' | undefined> {
    const key = encodeKey(path)
    const cursor = await cursorAt(this.#reader, root, key)
    if (cursor.done) return undefined
    if (sameBytes(cursor.key, key)) return cursor.node.entry(cursor.index)
    // What lies in a folder comes right behind it: nothing sorts below a slash.
    return isInside(cursor.node.path(cursor.index), path) ? 'full' : undefined
  }
}

/** The entry of exactly this path; undefined where there is none (a folder with something in it has none). */
export async function getEntry(store: ChunkStore, root: Hash, path: string): Promise<Entry | undefined> {
  const there = await new Lookup(store).at(root, path)
  return there === 'full' ? undefined : there
}

/** Whether `path` is a folder: the top, an empty folder, or a path with something below it. */
export async function isFolder(store: ChunkStore, root: Hash, path: string): Promise<boolean> {
  if (path === '') return true
  const there = await new Lookup(store).at(root, path)
  return there === 'full' || there?.kind === 'folder'
}

/** A cursor at the first entry at or behind `key`. */
export async function cursorAt(reader: NodeReader, root: Hash, key: Key): Promise<Cursor> {
  const cursor = new Cursor(reader, await reader.root(root))
  await cursor.seek(key)
  return cursor
}

/**
 * All entries below a folder (default: the whole tree) in order, behind the path `after` if one is given; reads ahead.
 * @throws PATH_INVALID (prefix), CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID
 */
export async function* treeEntries(store: ChunkStore, root: Hash, options: { prefix?: string, after?: string, signal?: AbortSignal } = {}): AsyncGenerator<Entry, void, undefined> {
  const reader = new NodeReader(store)
  const cursor = new Cursor(reader, await reader.root(root), nextLeaves)
  const folder = checkFolder(options.prefix)
  await cursor.seek(insideOf(folder))
  if (options.after !== undefined) await cursor.seek(insideOf(options.after))
  const pace = new Pace(options.signal)
  while (!cursor.done) {
    const entry = cursor.node.entry(cursor.index)
    if (!isInside(entry.path, folder)) return
    yield entry
    cursor.advance()
    if (pace.step()) await pace.turn()
    await cursor.descend()
  }
}

/** @returns the folder; '' when none is given @throws PATH_INVALID */
export const checkFolder = (prefix: string | undefined): string => prefix === undefined || prefix === '' ? '' : checkPath(prefix)

function nextLeaves(node: { level: number, count: number }, index: number): number[] {
  const ahead = node.level === 1 ? Math.min(LEAVES_AHEAD, node.count - index - 1) : 0
  return Array.from({ length: ahead }, (_, i) => index + 1 + i)
}
