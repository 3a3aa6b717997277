import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, checkPath, isInside, parentOf, parseHash } from '../model/index.ts'
import { type Entry, Lookup, type TreeEdit, editTree, treeEntries } from '../trees/index.ts'
import { type Typed, checkType, typeProblem } from './kinds.ts'
import type { FileEdit } from './service.ts'

/** Edits that wait to go into the tree together: bounds memory at some 10 MB. */
const EDITS_AT_ONCE = 20_000

/**
 * Makes edits one after the other, each on what the one before left. Ones that have nothing to do with each other go into the tree together.
 * @param typed the dataset they are in: a strict one takes files of its type only
 * @returns the new tree, and how many entries changed
 * @throws FILE_NOT_FOUND, PATH_CLASH, PATH_EXISTS, PATH_INVALID, FIELD_INVALID, TYPE_REFUSED
 */
export async function editFiles(store: ChunkStore, root: Hash, edits: readonly FileEdit[], typed: Typed): Promise<{ root: Hash, changed: number }> {
  const editor = new Editor(store, root, typed)
  for (const edit of edits) await editor.make(edit)
  return { root: await editor.finish(), changed: editor.changed }
}

class Editor {
  readonly #store: ChunkStore
  readonly #lookup: Lookup
  readonly #typed: Typed
  #tree: Hash
  #waiting: TreeEdit[] = []
  /** The paths of edits that wait, and whether they put something there. */
  readonly #next = new Map<string, TreeEdit['op']>()
  /** The folders above those paths, whose look they may change. */
  readonly #touched = new Set<string>()
  /** Folders that lost something. */
  readonly #left = new Set<string>()
  changed = 0

  constructor(store: ChunkStore, root: Hash, typed: Typed) {
    this.#store = store
    this.#lookup = new Lookup(store)
    this.#tree = root
    this.#typed = typed
  }

  async make(edit: FileEdit): Promise<void> {
    const paths = 'path' in edit ? [edit.path] : [edit.from, edit.to]
    if (paths.map(checkPath).some(path => this.#concerns(path))) await this.#apply()
    switch (edit.op) {
      case 'remove': return await this.#remove(edit.path, edit.recursive === true)
      case 'move': case 'copy': return await this.#transfer(edit)
      case 'mkdir': return await this.#makeFolder(edit.path)
      case 'link': return await this.#link(edit)
    }
  }

  /** The tree with all edits. @throws PATH_CLASH */
  async finish(): Promise<Hash> {
    await this.#apply()
    return this.#tree
  }

  /** Whether what edits that wait do at, above or below a path must be seen first: what they put may clash with something. What they removed is gone. */
  #concerns(path: string): boolean {
    if (this.#touched.has(path) || this.#next.get(path) === 'put') return true
    for (let above = parentOf(path); above !== ''; above = parentOf(above)) if (this.#next.has(above)) return true
    return false
  }

  async #apply(): Promise<void> {
    await this.#putWaiting()
    // A folder whose last entry went stays, empty: as in every file manager.
    const empty: TreeEdit[] = []
    for (const folder of this.#left) if (await this.#lookup.at(this.#tree, folder) === undefined) empty.push({ op: 'put', entry: { kind: 'folder', path: folder } })
    this.#left.clear()
    this.#touched.clear()
    if (empty.length > 0) this.#tree = await editTree(this.#store, this.#tree, empty)
  }

  async #putWaiting(): Promise<void> {
    const edits = this.#waiting
    this.#waiting = []
    this.#next.clear()
    if (edits.length > 0) this.#tree = await editTree(this.#store, this.#tree, edits)
  }

  #add(edit: TreeEdit): void {
    const path = edit.op === 'put' ? edit.entry.path : edit.path
    this.#waiting.push(edit)
    this.#next.set(path, edit.op)
    this.#touch(parentOf(path))
  }

  #touch(folder: string): void {
    for (let above = folder; above !== ''; above = parentOf(above)) this.#touched.add(above)
  }

  /** Puts what is many into the tree in parts. */
  async #addMany(edits: AsyncIterable<TreeEdit>): Promise<void> {
    for await (const edit of edits) {
      this.#add(edit)
      if (this.#waiting.length < EDITS_AT_ONCE) continue
      await this.#putWaiting()
      this.#touched.clear()
      for (const folder of this.#left) this.#touch(folder)
    }
  }

  /** What is at a path: a file, link or empty folder, `full` for a folder with something in it, or nothing. */
  async #look(path: string): Promise<Entry | 'full' | undefined> {
    return this.#next.has(path) ? undefined : await this.#lookup.at(this.#tree, path)
  }

  /** @throws FILE_NOT_FOUND */
  async #at(path: string): Promise<Entry | 'full'> {
    return await this.#look(path) ?? fail('FILE_NOT_FOUND', `there is no file or folder ${path} in this version`, { path })
  }

  /** All entries at and below a path, as they are now. */
  #entries(path: string, there: Entry | 'full'): AsyncIterable<Entry> | Iterable<Entry> {
    return there === 'full' ? treeEntries(this.#store, this.#tree, { prefix: path }) : [there]
  }

  async #remove(path: string, recursive: boolean): Promise<void> {
    const there = await this.#at(path)
    if (there === 'full' && !recursive) fail('PATH_CLASH', `${path} is a folder with something in it; remove it recursively`, { path })
    await this.#addMany(this.#removals(path, there))
    this.#leave(parentOf(path))
  }

  async* #removals(path: string, there: Entry | 'full', counts = true): AsyncGenerator<TreeEdit, void, undefined> {
    for await (const entry of this.#entries(path, there)) {
      if (counts) this.changed++
      yield { op: 'remove', path: entry.path }
    }
  }

  #leave(folder: string): void {
    if (folder !== '') this.#left.add(folder)
  }

  async #transfer({ op, from, to, overwrite }: Extract<FileEdit, { op: 'move' | 'copy' }>): Promise<void> {
    const there = await this.#at(from)
    if (from === to) return
    if (isInside(to, from)) fail('PATH_CLASH', `${from} can not go into itself`, { path: from })
    await this.#makeRoom(to, overwrite === true)
    // What is read stays as it is while copies of it go in: the tree of before is read on.
    const entries = this.#entries(from, there)
    await this.#addMany(this.#copies(entries, from, to, op))
    if (op === 'copy') return
    await this.#addMany(this.#removals(from, there, false))
    this.#leave(parentOf(from))
  }

  async* #copies(entries: AsyncIterable<Entry> | Iterable<Entry>, from: string, to: string, op: 'move' | 'copy'): AsyncGenerator<TreeEdit, void, undefined> {
    for await (const entry of entries) {
      const path = checkPath(to + entry.path.slice(from.length))
      // What was there before the dataset became strict may go to another place, but not become more.
      const isOld = op === 'move' && typeProblem(this.#typed, entry.path) !== undefined
      if (entry.kind !== 'folder' && !isOld) checkType(this.#typed, path)
      this.changed++
      yield { op: 'put', entry: { ...entry, path } }
    }
  }

  /** @throws PATH_EXISTS where a path is taken */
  async #makeRoom(path: string, overwrite: boolean): Promise<void> {
    const there = await this.#look(path)
    if (there === undefined) return
    if (there === 'full') fail('PATH_EXISTS', `${path} is a folder with something in it`, { path })
    if (there.kind !== 'folder' && !overwrite) fail('PATH_EXISTS', `${path} is taken already`, { path })
    // By an entry of the same path it would be replaced anyway, but not by a folder.
    this.#add({ op: 'remove', path })
  }

  async #makeFolder(path: string): Promise<void> {
    const there = await this.#look(path)
    if (there === 'full' || there?.kind === 'folder') return
    if (there !== undefined) fail('PATH_EXISTS', `${path} is a ${there.kind}`, { path })
    this.changed++
    this.#add({ op: 'put', entry: { kind: 'folder', path } })
  }

  async #link({ path, url, size, hash }: Extract<FileEdit, { op: 'link' }>): Promise<void> {
    if (!isAddress(url)) fail('FIELD_INVALID', `the link's url must be an http or https address`, { field: 'url' })
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) fail('FIELD_INVALID', 'the link\'s size must be a count of bytes', { field: 'size' })
    const there = await this.#look(path)
    if (there === 'full') fail('PATH_CLASH', `${path} is a folder with something in it`, { path })
    if (there?.kind === 'file') fail('PATH_EXISTS', `${path} is a file`, { path })
    if (there?.kind !== 'link') checkType(this.#typed, path)
    this.changed++
    this.#add({ op: 'put', entry: { kind: 'link', path, url, ...size === undefined ? {} : { size }, ...hash === undefined ? {} : { hash: parseHash(hash) } } })
  }
}

/** W7: addresses that browsers and programs can fetch. */
function isAddress(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)
}
