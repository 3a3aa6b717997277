import { type ChunkStore, type Ingester, createIngester } from '../../chunks/index.ts'
import { fail } from '../../errors/index.ts'
import { type Hash, sameHash } from '../../model/index.ts'
import { putChunkList } from '../../trees/index.ts'
import type { Notices } from '../notices.ts'
import type { Pace } from '../pace.ts'
import { type FileStat, type Held, type Row, entryOf } from '../rows/index.ts'
import { isRacy } from './disk.ts'
import type { Meter } from './meter.ts'
import { readStanding } from './reading.ts'
import type { Remembered } from './remembered.ts'
import type { ImportRequest } from './request.ts'
import type { Found } from './scanner.ts'
import { areStored } from './stored.ts'
import { TreeEdits } from './tree-edits.ts'

/** Files that wait to be taken in, so that the store is asked about many of them at once. */
const WAITING_FILES = 512
/** Rows that wait with them, to be noted in their order. */
const WAITING_STEPS = 8192
/** How often what was read is made durable and noted, so that a killed import goes on from there. Milliseconds. */
const CHECKPOINT_MS = 5000
/** Noting takes the longer the more there is: this many times as long passes before it is done again. */
const CHECKPOINT_REST = 20

/** Something to be taken in. */
interface Taking {
  readonly found: Found
  /** What the version holds there. */
  readonly there: Row | undefined
  /** What an earlier run noted of the file, which looks as it did then. */
  readonly known: Row | undefined
}

type Step = { readonly row: Row } | Taking

export interface IntakeDeps {
  readonly store: ChunkStore
  readonly request: ImportRequest
  readonly remembered: Remembered
  readonly notices: Notices
  readonly meter: Meter
  readonly pace: Pace
  readonly signal: AbortSignal
}

/** Takes files into the store and the tree, and notes them; everything is given to it in the order of paths. */
export class Intake {
  readonly #deps: IntakeDeps
  readonly #ingester: Ingester
  readonly #edits: TreeEdits
  readonly #isMirror: boolean
  #waiting: Step[] = []
  /** How many of them are done. */
  #settled = 0
  #takings = 0
  readonly #startedAt = performance.now()
  #checkpointAt = performance.now() + CHECKPOINT_MS
  readonly counts = { added: 0, modified: 0, removed: 0, unchanged: 0, filesRead: 0, bytesRead: 0 }

  constructor(deps: IntakeDeps) {
    this.#deps = deps
    this.#ingester = createIngester(deps.store)
    this.#edits = new TreeEdits(deps.store, deps.request.tree, deps.signal)
    this.#isMirror = !deps.request.add && deps.request.fileName === undefined
  }

  /** Notes what stays as it is. */
  keep(row: () => Row): void {
    if (!this.#deps.remembered.isWriting) return
    if (this.#waiting.length === 0) this.#deps.remembered.add(row())
    else this.#waiting.push({ row: row() })
  }

  async take(taking: Taking): Promise<void> {
    this.#deps.remembered.begin()
    this.#waiting.push(taking)
    if (++this.#takings >= WAITING_FILES || this.#waiting.length >= WAITING_STEPS) await this.#settle()
  }

  async remove(path: string, kind: Row['kind']): Promise<void> {
    this.#deps.remembered.begin()
    if (kind === 'file') this.counts.removed++
    await this.#edits.remove(path)
  }

  /** The tree with everything in it. */
  async finish(): Promise<Hash> {
    await this.#settle()
    await this.#ingester.flush()
    return await this.#edits.finish()
  }

  /** Makes what was read so far durable and notes it, for the next run. */
  async save(): Promise<void> {
    if (!this.#deps.remembered.isWriting) return
    const begun = performance.now()
    await this.#ingester.flush()
    await this.#deps.store.barrier()
    this.#deps.remembered.checkpoint(this.#waiting.slice(this.#settled).flatMap(step => 'row' in step ? step.row : step.known ?? []))
    const now = performance.now()
    this.#checkpointAt = now + Math.max(CHECKPOINT_MS, (now - begun) * CHECKPOINT_REST)
  }

  async #settle(): Promise<void> {
    const known = this.#waiting.flatMap(step => 'row' in step ? [] : step.known?.held ?? [])
    const stored = new Map((known.length === 0 ? [] : await areStored(this.#deps.store, known)).map((isStored, i) => [known[i], isStored]))
    while (this.#settled < this.#waiting.length) {
      const step = this.#waiting[this.#settled++] as Step
      if ('row' in step) this.#deps.remembered.add(step.row)
      else {
        await this.#takeOne(step, stored.get(step.known?.held) === true)
        this.#deps.meter.tick(step.found.path)
      }
      if (performance.now() >= this.#checkpointAt) await this.save()
      if (this.#deps.pace.isDue()) await this.#deps.pace.turn()
    }
    this.#waiting = []
    this.#settled = 0
    this.#takings = 0
  }

  async #takeOne(taking: Taking, isStored: boolean): Promise<void> {
    const { found, known } = taking
    if (found.stat === undefined) return await this.#takeFolder(taking)
    this.#deps.meter.files++
    if (isStored && known?.held !== undefined) return await this.#use(taking, known.held, known.stat)
    const startedAt = this.#deps.request.now + performance.now() - this.#startedAt
    const reading = await readStanding(this.#ingester, found.full, found.stat, {
      signal: this.#deps.signal,
      onTry: () => { this.counts.filesRead++ },
      onRead: bytes => {
        this.counts.bytesRead += bytes
        this.#deps.meter.bytes += bytes
        this.#deps.meter.tick(found.path)
      }
    })
    if (reading.kind !== 'read') return await this.#leave(taking, reading)
    const { ingested: { size, hash, profile, chunks }, stat } = reading
    const executable = process.platform === 'win32' ? taking.there?.held?.executable === true : stat.executable
    const content = await putChunkList(this.#deps.store, chunks, { signal: this.#deps.signal })
    await this.#use(taking, { size, hash, executable, profile, content }, isRacy(stat, startedAt) ? undefined : stat)
  }

  async #takeFolder({ found: { path }, there }: Taking): Promise<void> {
    this.#deps.remembered.add({ path, kind: 'folder', stat: undefined, held: undefined })
    if (there?.kind === 'folder') return
    if (there !== undefined && !this.#isMirror) fail('PATH_CLASH', `${path} is a folder in the source and a ${there.kind} in the version`, { path })
    if (there?.kind === 'file') this.counts.removed++
    await this.#edits.put({ kind: 'folder', path })
  }

  async #use({ found: { path }, there }: Taking, held: Held, stat: FileStat | undefined): Promise<void> {
    const before = there?.held
    const isSame = before !== undefined && sameHash(before.hash, held.hash) && before.executable === held.executable
    this.#deps.remembered.add({ path, kind: 'file', stat, held: isSame ? before : held })
    if (isSame) {
      this.counts.unchanged++
      return
    }
    if (before === undefined) this.counts.added++
    else this.counts.modified++
    await this.#edits.put(entryOf(path, held))
  }

  /** What the version holds there stays, and the next run looks again. */
  async #leave({ found: { path }, there }: Taking, reading: Exclude<Awaited<ReturnType<typeof readStanding>>, { kind: 'read' }>): Promise<void> {
    if (reading.kind === 'gone' && this.#isMirror) {
      if (there !== undefined) await this.remove(path, there.kind)
      return
    }
    if (reading.kind === 'left') this.#deps.notices.add(path, reading.problem, reading.detail)
    if (there !== undefined) this.#deps.remembered.add({ ...there, stat: undefined })
  }
}
