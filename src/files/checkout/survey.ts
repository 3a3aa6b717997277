import { fail } from '../../errors/index.ts'
import { type Hash, comparePaths, isInside, parentOf, sameHash } from '../../model/index.ts'
import type { Entry, FileEntry } from '../../trees/index.ts'
import { statOf } from '../import/disk.ts'
import type { Notices } from '../notices.ts'
import type { Pace } from '../pace.ts'
import type { FileStat, RowReader } from '../rows/index.ts'
import { Decisions, ENTRY, type EntryDecision, ROW, type RowDecision } from './decisions.ts'
import { Folders, lookAt } from './folders.ts'
import type { Names } from './names.ts'
import type { Target } from './target.ts'

/** Paths an error names, and paths it lists for programs. */
const NAMED = 20
const LISTED = 1000

export interface SurveyDeps {
  readonly target: Target
  readonly names: Names
  /** What earlier checkouts wrote. */
  readonly rows: RowReader | undefined
  readonly notices: Notices
  readonly pace: Pace
  readonly force: boolean
}

/** A folder that stands where a file goes: no loss if all that lies in it is removed anyway. */
interface Standing { readonly path: string, files: number }

/** Looks at everything before anything is changed: decides what becomes of each entry of the version, given in order, and of each row. */
export class Survey {
  readonly #deps: SurveyDeps
  readonly #folders: Folders
  readonly entries = new Decisions<EntryDecision>()
  readonly rows = new Decisions<RowDecision>()
  readonly counts = { writes: 0, bytes: 0, modes: 0, removals: 0, unchanged: 0 }
  /** Something is known now that the rows don't tell. */
  isNews = false
  readonly #lost: string[] = []
  #lostCount = 0
  #lastLost = ''
  #standing: Standing | undefined
  /** The file removed last: what goes below its path finds a folder then. */
  #removed = ''

  constructor(deps: SurveyDeps) {
    this.#deps = deps
    this.#folders = new Folders(deps.target.folder)
  }

  /** @param entry with its path in the folder */
  async add(entry: Entry): Promise<void> {
    await this.#passTo(entry.path)
    const problem = this.#deps.names.problemOf(entry.path)
    const decision = problem === undefined ? await this.#decide(entry) : this.#skip(entry.path, problem)
    this.entries.add(decision)
    if (this.#deps.rows?.path !== entry.path) return
    // What the row tells of goes where the entry has nothing of the kind to put there.
    if (decision === ENTRY.skip || this.#deps.rows.kind !== (entry.kind === 'folder' ? 'folder' : 'file')) await this.#pass()
    else this.#advance(ROW.keep)
  }

  /** @throws CHECKOUT_DIRTY */
  async finish(): Promise<void> {
    while (this.#deps.rows?.path !== undefined) await this.#pass()
    this.#judgeStanding()
    if (this.#lostCount === 0 || this.#deps.force) return
    const more = this.#lostCount > NAMED ? `, and ${this.#lostCount - NAMED} more` : ''
    fail('CHECKOUT_DIRTY', `${this.#deps.target.folder} holds files that are not of an earlier checkout or were changed since: ${this.#lost.slice(0, NAMED).join(', ')}${more}`,
      { folder: this.#deps.target.folder, paths: this.#lost, count: this.#lostCount })
  }

  #skip(path: string, problem: string): EntryDecision {
    this.#deps.notices.add(path, 'not-representable', problem)
    return ENTRY.skip
  }

  #decide(entry: Entry): EntryDecision | Promise<EntryDecision> {
    if (entry.kind === 'link') {
      this.#deps.notices.add(entry.path, 'link', `it is a link to ${entry.url}, which a folder can not hold`)
      return ENTRY.skip
    }
    return entry.kind === 'folder' ? this.#folder(entry.path) : this.#file(entry)
  }

  #folder(path: string): EntryDecision {
    const found = this.#folders.look(path)
    if (found.state === 'blocked') this.#blocked(found.by, path)
    if (found.state !== 'folder' || this.#deps.rows?.path !== path || this.#deps.rows.kind !== 'folder') this.isNews = true
    return ENTRY.folder
  }

  /** Something stands where a folder must be. */
  #blocked(by: string, path: string): void {
    const isOwnRow = by === path && this.#deps.rows?.path === by && this.#deps.rows.kind === 'file'
    if (by !== this.#removed && !isOwnRow) this.#lose(by)
  }

  async #file(entry: FileEntry): Promise<EntryDecision> {
    const found = this.#folders.look(parentOf(entry.path))
    if (found.state === 'blocked') this.#blocked(found.by, entry.path)
    const there = found.state === 'folder' ? lookAt(this.#deps.target.full(entry.path)) : undefined
    if (there === undefined) return this.#write(entry, ENTRY.write)
    if (there.isFile()) return await this.#compare(entry, statOf(there))
    if (there.isDirectory()) this.#standing = { path: entry.path, files: this.#deps.target.countFiles(entry.path) }
    else this.#lose(entry.path)
    return this.#write(entry, ENTRY.replace)
  }

  #write(entry: FileEntry, decision: EntryDecision): EntryDecision {
    this.counts.writes++
    this.counts.bytes += entry.size
    return decision
  }

  async #compare(entry: FileEntry, stat: FileStat): Promise<EntryDecision> {
    const rows = this.#deps.rows?.path === entry.path ? this.#deps.rows : undefined
    const known = rows?.held()?.hash
    const isKnown = known !== undefined && rows?.isLikeApartFromChange(stat) === true
    const hash = isKnown ? known : stat.size === entry.size || known !== undefined ? await this.#hashOf(entry.path) : undefined
    if (hash !== undefined && sameHash(hash, entry.hash)) {
      if (!isKnown) this.isNews = true
      if (stat.executable !== entry.executable && process.platform !== 'win32') {
        this.counts.modes++
        return ENTRY.mode
      }
      this.counts.unchanged++
      return ENTRY.same
    }
    if (!isKnown && (hash === undefined || known === undefined || !sameHash(hash, known))) this.#lose(entry.path)
    return this.#write(entry, ENTRY.replace)
  }

  #hashOf(path: string): Promise<Hash> {
    return this.#deps.target.hashOf(path, this.#deps.pace)
  }

  /** Decides about the rows before a path. */
  async #passTo(path: string): Promise<void> {
    while (this.#isBefore(path)) await this.#pass()
    if (this.#standing !== undefined && !isInside(path, this.#standing.path)) this.#judgeStanding()
  }

  #isBefore(path: string): boolean {
    const at = this.#deps.rows?.path
    return at !== undefined && at !== path && comparePaths(at, path) < 0
  }

  /** Decides about a row that the version has nothing for. */
  async #pass(): Promise<void> {
    const path = this.#deps.rows?.path ?? ''
    if (this.#deps.rows?.kind !== 'file') return this.#advance(ROW.removeFolder)
    const there = this.#folders.look(parentOf(path)).state === 'folder' ? lookAt(this.#deps.target.full(path)) : undefined
    // Gone, or something else now, which is the user's.
    if (there?.isFile() !== true) return this.#advance(ROW.keep)
    if (!await this.#isOurs(path, statOf(there))) this.#lose(path)
    this.counts.removals++
    this.#removed = path
    if (this.#standing !== undefined && isInside(path, this.#standing.path)) this.#standing.files--
    this.#advance(ROW.remove)
  }

  async #isOurs(path: string, stat: FileStat): Promise<boolean> {
    const rows = this.#deps.rows
    const held = rows?.held()
    if (held === undefined) return false
    return rows?.isLikeApartFromChange(stat) === true || (stat.size === held.size && sameHash(await this.#hashOf(path), held.hash))
  }

  #advance(decision: RowDecision): void {
    if (decision === ROW.removeFolder) this.isNews = true
    this.rows.add(decision)
    this.#deps.rows?.advance()
  }

  #judgeStanding(): void {
    if (this.#standing !== undefined && this.#standing.files > 0) this.#lose(this.#standing.path)
    this.#standing = undefined
  }

  #lose(path: string): void {
    if (path === this.#lastLost) return
    this.#lastLost = path
    this.#lostCount++
    if (this.#lost.length < LISTED) this.#lost.push(path)
  }
}
