import { type ChunkStore, createHasher } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, comparePaths, hashToHex, parentOf, sameHash } from '../model/index.ts'
import type { ProgressSink } from '../runtime/index.ts'
import { type FileEntry, treeEntries } from '../trees/index.ts'
import { FileTable } from './file-table.ts'
import { Pace } from './pace.ts'
import { missing, readContent } from './read.ts'
import { statOf } from './import/disk.ts'
import type { CheckoutReport, FileNotice } from './service.ts'
import { Target } from './target.ts'

/** What one checkout works on. Everything crosses threads. */
export interface CheckoutRequest {
  readonly tree: Hash
  readonly version: string
  readonly prefix: string
  /** Absolute. */
  readonly folder: string
  readonly force: boolean
}

export type CheckoutResult = Omit<CheckoutReport, 'version' | 'folder'>

/** Paths an error lists. */
const LISTED = 20
/** Small files fetched together; the next are fetched while these are written. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_FILES = 512
const PROGRESS_MS = 100

/** Makes a folder equal a version. Looks at everything first; when a file of the user's would be lost, nothing is changed. */
export async function runCheckout(store: ChunkStore, request: CheckoutRequest, progress: ProgressSink, signal: AbortSignal): Promise<CheckoutResult> {
  const target = new Target(request.folder)
  const plan = new Plan(target, request)
  const pace = new Pace(signal)
  for await (const entry of treeEntries(store, request.tree, { prefix: request.prefix, signal })) {
    const path = request.prefix === '' ? entry.path : entry.path.slice(request.prefix.length + 1)
    if (entry.kind === 'file') plan.addFile({ ...entry, path })
    else if (entry.kind === 'folder') plan.folders.push(path)
    else plan.notices.push({ path, problem: 'link', detail: `it is a link to ${entry.url}, which a folder can not hold` })
    if (pace.isDue()) await pace.turn()
  }
  plan.addRemovals()
  plan.refuseLosses()
  return await new Execution(store, target, plan, request, progress, pace).run()
}

/** What is to be done, and what the folder will hold. */
class Plan {
  readonly #target: Target
  readonly #force: boolean
  readonly #planned: ReadonlyMap<string, string>
  readonly #seen = new Map<string, string>()
  readonly writes: FileEntry[] = []
  readonly folders: string[] = []
  readonly removals: string[] = []
  readonly notices: FileNotice[] = []
  readonly #dirty: string[] = []
  /** What the folder will hold, row by row; rows of files to be written get their stat then. */
  readonly table = new FileTable()
  readonly #rows = new Set<string>()
  unchanged = 0
  bytes = 0

  constructor(target: Target, request: CheckoutRequest) {
    this.#target = target
    this.#force = request.force
    this.#planned = new Map(target.header.planned)
  }

  addFile(entry: FileEntry): void {
    const problem = this.#target.problemOf(entry.path) ?? this.#clash(entry.path)
    if (problem !== undefined) {
      this.notices.push({ path: entry.path, problem: 'not-representable', detail: problem })
      return
    }
    this.#rows.add(entry.path)
    const there = this.#target.parentOk(entry.path) === true ? this.#target.lookAt(entry.path) : undefined
    const stat = there === undefined || !there.isFile() ? undefined : statOf(there)
    const at = this.table.add({ path: entry.path, folder: false, ...stat ?? { size: entry.size, mtimeNs: 0n, ctimeNs: 0n, ino: 0n, executable: entry.executable } })
    if (this.#target.parentOk(entry.path) === false) this.#blocked(entry)
    else if (there !== undefined) this.#compare(entry, at, stat)
    else this.#write(entry)
  }

  /** Two names this file system takes for one. */
  #clash(path: string): string | undefined {
    if (!this.#target.ignoresCase) return undefined
    const folded = path.normalize('NFC').toLowerCase()
    const other = this.#seen.get(folded)
    if (other === undefined) this.#seen.set(folded, path)
    return other === undefined ? undefined : `this file system can not tell it from ${other}`
  }

  #write(entry: FileEntry): void {
    this.writes.push(entry)
    this.bytes += entry.size
  }

  /** A file or symbolic link stands where a folder must be. One of our own goes first; the write then finds its way. */
  #blocked(entry: FileEntry): void {
    for (let folder = parentOf(entry.path); folder !== ''; folder = parentOf(folder)) {
      const stat = this.#target.lookAt(folder)
      if (stat === undefined || stat.isDirectory()) continue
      if (stat.isFile() && this.#isOurs(folder)) this.#write(entry)
      else this.#loss(folder, entry)
      return
    }
  }

  #compare(entry: FileEntry, at: number, stat: ReturnType<typeof statOf> | undefined): void {
    if (stat === undefined) {
      // A folder of ours that will be empty by then is no loss; anything else is.
      this.#loss(entry.path, entry)
      return
    }
    const row = this.#target.known.find(entry.path)
    const looksOurs = row >= 0 && this.#target.known.matches(row, stat)
    const hash = looksOurs ? this.#target.known.hash(row).slice() : stat.size === entry.size || row >= 0 ? this.#target.hashOf(entry.path) : undefined
    if (hash !== undefined && sameHash(hash, entry.hash)) {
      if (stat.executable === entry.executable || process.platform === 'win32') {
        this.table.setContent(at, stat, entry.hash, entry.profile, new Uint8Array())
        this.unchanged++
      } else this.#write(entry)
      return
    }
    const isOurs = looksOurs || (hash !== undefined && ((row >= 0 && sameHash(hash, this.#target.known.hash(row))) || this.#planned.get(entry.path) === hashToHex(hash)))
    if (isOurs) this.#write(entry)
    else this.#loss(entry.path, entry)
  }

  #isOurs(path: string): boolean {
    const row = this.#target.known.find(path)
    const stat = this.#target.lookAt(path)
    if (stat === undefined || !stat.isFile()) return false
    if (row >= 0 && this.#target.known.matches(row, statOf(stat))) return true
    if (row < 0 && !this.#planned.has(path)) return false
    const hash = this.#target.hashOf(path)
    return (row >= 0 && sameHash(hash, this.#target.known.hash(row))) || this.#planned.get(path) === hashToHex(hash)
  }

  #loss(path: string, entry: FileEntry): void {
    if (!this.#force) this.#dirty.push(path)
    else this.#write(entry)
  }

  /** What an earlier checkout left and the version does not have. Files somebody changed since stay, unless forced. */
  addRemovals(): void {
    const ours = new Set([...this.#target.known.paths, ...this.#planned.keys()])
    for (const path of ours) {
      if (this.#rows.has(path) || this.#target.parentOk(path) !== true || this.#target.lookAt(path) === undefined) continue
      if (this.#force || this.#isOurs(path)) this.removals.push(path)
      else if (this.#target.lookAt(path)?.isFile() === true) this.#dirty.push(path)
    }
  }

  /** @throws CHECKOUT_DIRTY */
  refuseLosses(): void {
    if (this.#dirty.length === 0) return
    this.#target.finish()
    const listed = this.#dirty.slice(0, LISTED).join(', ') + (this.#dirty.length > LISTED ? `, and ${this.#dirty.length - LISTED} more` : '')
    fail('CHECKOUT_DIRTY', `${this.#target.folder} holds files that are not of an earlier checkout or were changed since: ${listed}`, { paths: this.#dirty.slice(0, 1000) })
  }
}

class Execution {
  readonly #store: ChunkStore
  readonly #target: Target
  readonly #plan: Plan
  readonly #request: CheckoutRequest
  readonly #progress: ProgressSink
  readonly #pace: Pace
  #written = 0
  #bytesWritten = 0
  #lastProgress = 0

  constructor(store: ChunkStore, target: Target, plan: Plan, request: CheckoutRequest, progress: ProgressSink, pace: Pace) {
    this.#store = store
    this.#target = target
    this.#plan = plan
    this.#request = request
    this.#progress = progress
    this.#pace = pace
  }

  async run(): Promise<CheckoutResult> {
    const { writes, removals, folders, table } = this.#plan
    const isWork = writes.length > 0 || removals.length > 0
    // Noted before the first change: what is found half done belongs to the checkout.
    if (isWork) this.#target.save(this.#target.known, { ...this.#target.header, planned: this.#allPlanned() })
    for (const path of removals.sort((a, b) => comparePaths(b, a))) this.#target.remove(path)
    for (const path of folders) this.#target.makeFolder(path)
    await this.#writeAll()
    if (isWork || this.#target.header.version !== this.#request.version) this.#target.save(table, { version: this.#request.version })
    this.#target.finish()
    return { written: this.#written, bytesWritten: this.#bytesWritten, removed: removals.length, unchanged: this.#plan.unchanged, notices: this.#plan.notices }
  }

  #allPlanned(): (readonly [string, string])[] {
    const before = this.#target.header.planned ?? []
    return [...before, ...this.#plan.writes.map(entry => [entry.path, hashToHex(entry.hash)] as const)]
  }

  async #writeAll(): Promise<void> {
    let ahead: { readonly files: FileEntry[], readonly bytes: Promise<(Uint8Array | undefined)[]> } | undefined
    for (const files of batchesOf(this.#plan.writes)) {
      const first = files[0]
      const bytes = first === undefined || first.content.kind !== 'whole' ? Promise.resolve([]) : this.#store.getMany(files.filter(file => file.size > 0).map(file => file.hash))
      bytes.catch(() => undefined) // Awaited when it is its turn; a failure before that must not end the process.
      if (ahead !== undefined) await this.#writeBatch(ahead.files, await ahead.bytes)
      ahead = { files, bytes }
    }
    if (ahead !== undefined) await this.#writeBatch(ahead.files, await ahead.bytes)
  }

  async #writeBatch(files: readonly FileEntry[], found: readonly (Uint8Array | undefined)[]): Promise<void> {
    let next = 0
    for (const file of files) {
      this.#target.makeFolder(parentOf(file.path))
      if (file.content.kind === 'whole') this.#writeWhole(file, file.size === 0 ? new Uint8Array() : found[next++] ?? missing(file, file.hash))
      else await this.#writeLong(file)
      await this.#tick(file)
    }
  }

  /** One chunk, whose hash is the file's: the store checked it on the way out. */
  #writeWhole(file: FileEntry, bytes: Uint8Array): void {
    if (bytes.length !== file.size) fail('FORMAT_INVALID', `${file.path} has ${bytes.length} bytes instead of ${file.size}`, { path: file.path })
    const draft = this.#target.draft(file.path, file.executable)
    try {
      draft.write(bytes)
    } catch (error) {
      draft.drop()
      throw error
    }
    this.#keep(file, draft.keep())
  }

  async #writeLong(file: FileEntry): Promise<void> {
    const draft = this.#target.draft(file.path, file.executable)
    const hasher = createHasher()
    try {
      let written = 0
      for await (const bytes of readContent(this.#store, file)) {
        hasher.update(bytes)
        draft.write(bytes)
        written += bytes.length
        this.#report(file, written)
        if (this.#pace.isDue()) await this.#pace.turn()
      }
      if (!sameHash(hasher.finish(), file.hash)) fail('FORMAT_INVALID', `the chunks of ${file.path} are not the file they are said to be`, { path: file.path })
    } catch (error) {
      draft.drop()
      throw error
    }
    this.#keep(file, draft.keep())
  }

  #keep(file: FileEntry, stat: Parameters<FileTable['setContent']>[1]): void {
    this.#plan.table.setContent(this.#plan.table.find(file.path), stat, file.hash, file.profile, new Uint8Array())
    this.#written++
    this.#bytesWritten += file.size
  }

  #report(file: FileEntry, within: number): void {
    const now = performance.now()
    if (now - this.#lastProgress < PROGRESS_MS) return
    this.#lastProgress = now
    this.#progress({ phase: 'writing', files: this.#written, bytes: this.#bytesWritten + within, totalFiles: this.#plan.writes.length, totalBytes: this.#plan.bytes, current: file.path })
  }

  async #tick(file: FileEntry): Promise<void> {
    this.#report(file, 0)
    if (this.#pace.isDue()) await this.#pace.turn()
  }
}

/** Whole files in handfuls of one fetch; longer ones by themselves. */
function* batchesOf(files: readonly FileEntry[]): Generator<FileEntry[]> {
  let batch: FileEntry[] = []
  let bytes = 0
  for (const file of files) {
    if (file.content.kind !== 'whole') {
      if (batch.length > 0) yield batch
      yield [file]
      batch = []
      bytes = 0
      continue
    }
    batch.push(file)
    bytes += file.size
    if (bytes < BATCH_BYTES && batch.length < BATCH_FILES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}
