import { constants, closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type ChunkStore, type Ingested, type Ingester, createIngester } from '../chunks/index.ts'
import { ShoalError, isShoalError } from '../errors/index.ts'
import { type Hash, comparePaths, hashToHex, isInside } from '../model/index.ts'
import type { ProgressSink } from '../runtime/index.ts'
import { type Entry, type TreeEdit, editTree, treeEntries, treeStats } from '../trees/index.ts'
import { chunksNamed, entryOf, packContent, unpackContent } from './content.ts'
import { FileTable, type FileStat } from './file-table.ts'
import { Pace } from './pace.ts'
import { type Scan, scanFolder, statOf } from './scan.ts'
import { scanOne } from './scan-one.ts'
import type { FileNotice, ImportReport } from './service.ts'

/** What one import works on. Everything crosses threads. */
export interface ImportRequest {
  /** Absolute path of a folder or file. */
  readonly source: string
  readonly isFile: boolean
  readonly into: string
  readonly add: boolean
  readonly rehash: boolean
  /** Root of the draft's tree. */
  readonly tree: Hash
  /** Where what is known of the source's files is kept. */
  readonly cache: string
  /** Milliseconds since 1970: files that changed around it are not trusted next time. */
  readonly now: number
}

export interface ImportResult { readonly tree: Hash, readonly report: Omit<ImportReport, 'version'> }

interface CacheHeader {
  /** Tree (hex) that held exactly the table's files when it was written; none in the middle of an import. */
  readonly tree?: string
}

/** A clock's tick or two: a change within it need not show in a file's times. Nanoseconds. */
const RACY_NS = 100_000_000n
/** A file that changes while it is read is read again so often. */
const READ_TRIES = 3
/** Edits put into the tree at a time: bounds memory at some 10 MB. */
const EDITS_AT_ONCE = 20_000
/** How often what was read is made durable and noted, so that a killed import goes on from there. Milliseconds. */
const CHECKPOINT_MS = 5000
const PROGRESS_MS = 100

/** Makes a tree of a folder: reads what changed, skips the rest. Nothing shows before the caller commits the tree. */
export async function runImport(store: ChunkStore, request: ImportRequest, progress: ProgressSink, signal: AbortSignal): Promise<ImportResult> {
  const pace = new Pace(signal)
  const onFound = (files: number, bytes: number): void => progress({ phase: 'scanning', files, bytes })
  const scan = request.isFile ? scanOne(request.source, request.into) : await scanFolder(request.source, request.into, pace, onFound)
  const cached = FileTable.load<CacheHeader>(request.cache)
  const job = new ImportJob(store, request, scan, cached?.table ?? new FileTable(), progress, pace)
  const isCurrent = cached?.header.tree !== undefined && cached.header.tree === hashToHex(request.tree) && !request.add && !request.isFile
  if (isCurrent) await job.compareWithCache()
  else await job.compareWithTree()
  return await job.finish()
}

/** Index of a row to read, and what the version holds there now. */
interface Pending { readonly at: number, readonly before: { readonly hash: Hash, readonly executable: boolean } | undefined }

class ImportJob {
  readonly #store: ChunkStore
  readonly #request: ImportRequest
  readonly #scan: Scan
  readonly #cached: FileTable
  readonly #progress: ProgressSink
  readonly #pace: Pace
  readonly #ingester: Ingester
  readonly #pending: Pending[] = []
  readonly #removed: string[] = []
  readonly #notices: FileNotice[]
  readonly #counts = { added: 0, modified: 0, removed: 0, unchanged: 0, filesRead: 0, bytesRead: 0 }
  /** Whether the draft holds things of this source that the table does not: then only a look at the whole tree tells what to remove. */
  #leftovers = false
  #lastProgress = 0
  #lastCheckpoint = performance.now()

  constructor(store: ChunkStore, request: ImportRequest, scan: Scan, cached: FileTable, progress: ProgressSink, pace: Pace) {
    this.#store = store
    this.#request = request
    this.#scan = scan
    this.#cached = cached
    this.#progress = progress
    this.#pace = pace
    this.#ingester = createIngester(store)
    this.#notices = scan.notices
  }

  /** The quick way: the draft is what the last import left, so its table tells what there is. */
  async compareWithCache(): Promise<void> {
    const { table } = this.#scan
    let row = 0
    for (let at = 0; at < table.length; at++) {
      const path = table.paths[at]!
      while (row < this.#cached.length && this.#cached.paths[row] !== path && comparePaths(this.#cached.paths[row]!, path) < 0) this.#goneFromCache(row++)
      const isKnown = row < this.#cached.length && this.#cached.paths[row] === path
      if (!isKnown) this.#pending.push({ at, before: undefined })
      else this.#compareRow(at, row++)
    }
    while (row < this.#cached.length) this.#goneFromCache(row++)
  }

  #compareRow(at: number, row: number): void {
    const { table } = this.#scan
    if (!this.#request.rehash && table.looksSame(at, this.#cached, row) && table.isExecutable(at) === this.#cached.isExecutable(row)) {
      if (!table.isFolder(at)) this.#counts.unchanged++
      table.copyContent(at, this.#cached, row)
      return
    }
    this.#pending.push({ at, before: this.#cached.isFolder(row) ? undefined : { hash: this.#cached.hash(row), executable: this.#cached.isExecutable(row) } })
  }

  #goneFromCache(row: number): void {
    this.#gone(this.#cached.paths[row]!, !this.#cached.isFolder(row))
  }

  #gone(path: string, isFile: boolean): void {
    if (this.#request.add || this.#request.isFile) return
    if (this.#scan.unseen.some(unseen => unseen === '' || path === unseen || isInside(path, unseen))) {
      this.#leftovers = true
      return
    }
    this.#removed.push(path)
    if (isFile) this.#counts.removed++
  }

  /** The thorough way: the draft's tree, the folder and the table side by side, all in the order of paths. */
  async compareWithTree(): Promise<void> {
    const { table } = this.#scan
    const entries = treeEntries(this.#store, this.#request.tree, { prefix: this.#request.into })
    let next = await entries.next()
    for (let at = 0; at < table.length; at++) {
      const path = table.paths[at]!
      for (; next.done !== true && comparePaths(next.value.path, path) < 0; next = await entries.next()) this.#goneFromTree(next.value)
      const entry = next.done !== true && next.value.path === path ? next.value : undefined
      if (entry !== undefined) next = await entries.next()
      await this.#compareEntry(at, entry)
      if (this.#pace.isDue()) await this.#pace.turn()
    }
    for (; next.done !== true; next = await entries.next()) this.#goneFromTree(next.value)
  }

  #goneFromTree(entry: Entry): void {
    // Links have no place in a folder: an import neither brings nor takes them.
    if (entry.kind === 'link') this.#leftovers = true
    else this.#gone(entry.path, entry.kind === 'file')
  }

  async #compareEntry(at: number, entry: Entry | undefined): Promise<void> {
    const { table } = this.#scan
    if (table.isFolder(at)) {
      if (entry?.kind !== 'folder') this.#pending.push({ at, before: undefined })
      return
    }
    const before = entry?.kind === 'file' ? { hash: entry.hash, executable: entry.executable } : undefined
    const row = this.#request.rehash ? -1 : this.#cached.find(table.paths[at]!)
    if (row < 0 || !table.looksSame(at, this.#cached, row) || !this.#cached.wasRead(row)) {
      this.#pending.push({ at, before })
      return
    }
    if (before !== undefined && before.executable === table.isExecutable(at) && this.#cached.sameContent(row, before.hash, before.executable)) {
      this.#counts.unchanged++
      table.copyContent(at, this.#cached, row)
      return
    }
    this.#pending.push({ at, before })
  }

  async finish(): Promise<ImportResult> {
    let tree = this.#request.tree
    for (let i = 0; i < this.#removed.length; i += EDITS_AT_ONCE) {
      tree = await editTree(this.#store, tree, this.#removed.slice(i, i + EDITS_AT_ONCE).map(path => ({ op: 'remove', path })))
    }
    let edits: TreeEdit[] = []
    for (const pending of this.#pending) {
      const edit = await this.#take(pending)
      if (edit !== undefined) edits.push(edit)
      if (edits.length >= EDITS_AT_ONCE) tree = await editTree(this.#store, tree, edits.splice(0))
      await this.#tick(pending.at)
    }
    await this.#ingester.flush()
    if (edits.length > 0) tree = await editTree(this.#store, tree, edits)
    edits = []
    if (this.#pending.length > 0 || this.#removed.length > 0 || this.#cached.length === 0) {
      this.#scan.table.save(this.#request.cache, this.#leftovers || this.#request.add || this.#request.isFile ? {} : { tree: hashToHex(tree) })
    }
    const { files, bytes } = await treeStats(this.#store, tree)
    return { tree, report: { ...this.#counts, files, bytes, notices: this.#notices } }
  }

  async #take({ at, before }: Pending): Promise<TreeEdit | undefined> {
    const { table } = this.#scan
    const path = table.paths[at]!
    if (table.isFolder(at)) return { op: 'put', entry: { kind: 'folder', path } }
    const entry = await this.#reuse(at) ?? await this.#read(at)
    if (entry === undefined) {
      // What the version holds there stays; the next run looks again.
      this.#leftovers = true
      table.distrust(at)
      return undefined
    }
    if (before === undefined) this.#counts.added++
    else if (Buffer.compare(before.hash, entry.hash) !== 0 || before.executable !== entry.executable) this.#counts.modified++
    else {
      this.#counts.unchanged++
      return undefined
    }
    return { op: 'put', entry }
  }

  /** An entry made of what an earlier import noted, where its chunks are still there. */
  async #reuse(at: number): Promise<(Entry & { kind: 'file' }) | undefined> {
    const { table } = this.#scan
    const row = this.#request.rehash ? -1 : this.#cached.find(table.paths[at]!)
    if (row < 0 || !table.looksSame(at, this.#cached, row) || !this.#cached.wasRead(row)) return undefined
    const content = unpackContent(this.#cached.content(row))
    if (content === undefined) return undefined
    const hash = this.#cached.hash(row).slice()
    const there = await this.#store.hasMany(chunksNamed(hash, table.size(at), content))
    if (there.includes(false)) return undefined
    table.copyContent(at, this.#cached, row)
    return { kind: 'file', path: table.paths[at]!, size: table.size(at), hash, executable: table.isExecutable(at), profile: this.#cached.profile(row), content }
  }

  /** Reads a file; one that changes under the reading is read again, and left out when it does not stand still. */
  async #read(at: number): Promise<(Entry & { kind: 'file' }) | undefined> {
    const { table } = this.#scan
    const path = table.paths[at]!
    const full = this.#request.isFile ? this.#request.source : join(this.#request.source, path.slice(this.#request.into === '' ? 0 : this.#request.into.length + 1))
    try {
      for (let tries = 0; tries < READ_TRIES; tries++) {
        const { ingested, stat } = await readStanding(this.#ingester, full)
        this.#counts.filesRead++
        this.#counts.bytesRead += ingested?.size ?? 0
        if (ingested === undefined) continue
        const entry = await entryOf(this.#store, path, stat.executable, ingested)
        table.setContent(at, stat, ingested.hash, ingested.profile, packContent(entry.content))
        if (isRacy(stat, this.#request.now)) table.distrust(at)
        return entry
      }
      this.#notices.push({ path, problem: 'changing', detail: `it changed each of the ${READ_TRIES} times it was read; import again when it stands still` })
    } catch (error) {
      const code = reasonOf(error)
      if (code === undefined) throw error
      if (code !== 'ENOENT') this.#notices.push({ path, problem: code === 'ELOOP' ? 'symlink' : 'unreadable', detail: `it can not be read (${code})` })
    }
    return undefined
  }

  async #tick(at: number): Promise<void> {
    const now = performance.now()
    if (now - this.#lastProgress >= PROGRESS_MS) {
      this.#lastProgress = now
      const { filesRead, bytesRead, unchanged } = this.#counts
      this.#progress({ phase: 'importing', files: filesRead + unchanged, bytes: bytesRead, totalFiles: this.#scan.files, current: this.#scan.table.paths[at]! })
    }
    if (now - this.#lastCheckpoint >= CHECKPOINT_MS) {
      await this.#ingester.flush()
      await this.#store.barrier()
      this.#scan.table.save(this.#request.cache, {})
      this.#lastCheckpoint = performance.now()
    }
    if (this.#pace.isDue()) await this.#pace.turn()
  }
}

const isRacy = (stat: FileStat, now: number): boolean => {
  const line = BigInt(Math.floor(now)) * 1_000_000n - RACY_NS
  return stat.mtimeNs > line || stat.ctimeNs > line
}

/** Reads a file from beginning to end; `ingested` is missing when it was not the same file, of the same size and times, all along. */
async function readStanding(ingester: Ingester, full: string): Promise<{ ingested: Ingested | undefined, stat: FileStat }> {
  const fd = openSync(full, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  try {
    const before = fstatSync(fd, { bigint: true })
    if (!before.isFile()) throw new ShoalError('SOURCE_UNREADABLE', `${full} is no file any more`, { reason: 'ENOENT' })
    const ingested = await ingester.file(fd)
    const after = fstatSync(fd, { bigint: true })
    const stands = before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs && before.size === after.size && BigInt(ingested.size) === after.size
    return { ingested: stands ? ingested : undefined, stat: statOf(after) }
  } finally {
    closeSync(fd)
  }
}

/** The system's code of a failure of one file; undefined for failures that end the import. */
function reasonOf(error: unknown): string | undefined {
  if (isShoalError(error, 'SOURCE_UNREADABLE')) return String(error.facts['reason'] ?? 'unknown')
  if (isShoalError(error) || !(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return String(error.code)
}

