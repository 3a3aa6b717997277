import { comparePaths, isInside, sameHash } from '../../model/index.ts'
import type { Pace } from '../pace.ts'
import { type Held, type Row, type RowReader } from '../rows/index.ts'
import type { Intake } from './intake.ts'
import type { Meter } from './meter.ts'
import type { Found } from './scanner.ts'
import type { Source } from './source.ts'
import type { TreeSide, VersionSide } from './version-side.ts'

/** Files compared between two looks at the clock. */
const FILES_A_LOOK = 64

export interface Comparison {
  readonly source: Source
  readonly intake: Intake
  readonly meter: Meter
  readonly pace: Pace
  /** Whether what the source lacks goes. */
  readonly isMirror: boolean
  /** No file's times are believed. */
  readonly rehash: boolean
}

/** The quick way, where the rows of the last run tell what the version holds: nothing is looked up in its tree. */
export async function compareWithRows(job: Comparison, rows: RowReader): Promise<void> {
  const isUnseen = unseenIn(job.source)
  const pass = async (): Promise<void> => {
    const { path, kind } = rows
    if (!job.isMirror || kind === 'link' || path === undefined || isUnseen(path)) job.intake.keep(() => rows.row())
    else await job.intake.remove(path, kind)
    rows.advance()
  }
  for (let found = job.source.next(), count = 1; found !== undefined; found = job.source.next(), count++) {
    const { path, stat } = found
    while (rows.path !== undefined && rows.path !== path && comparePaths(rows.path, path) < 0) await pass()
    const isThere = rows.path === path
    if (isThere && (stat === undefined ? rows.kind === 'folder' : !job.rehash && rows.isLike(stat))) {
      if (stat !== undefined) countUnchanged(job)
      job.intake.keep(() => rows.row())
    } else await job.intake.take({ found, there: isThere ? { ...rows.row(), stat: undefined } : undefined, known: undefined })
    if (isThere) rows.advance()
    if (count % FILES_A_LOOK === 0) await look(job, path)
  }
  while (rows.path !== undefined) await pass()
}

/** The thorough way: the version's tree, the source, and what rows there are, side by side. */
export async function compareWithTree(job: Comparison, tree: TreeSide, rows: RowReader | undefined): Promise<void> {
  const isUnseen = unseenIn(job.source)
  const pass = async (): Promise<void> => {
    const { path = '', kind } = tree
    if (kind === 'link' || isUnseen(path)) keepUnseen(job, tree, rowAt(rows, path))
    else await job.intake.remove(path, kind)
    await tree.advance()
  }
  for (let found = job.source.next(), count = 1; found !== undefined; found = job.source.next(), count++) {
    const { path } = found
    if (job.isMirror) while (tree.path !== undefined && tree.path !== path && comparePaths(tree.path, path) < 0) await pass()
    else await tree.seek(path)
    await compareFile(job, found, tree, rowAt(rows, path))
    if (tree.path === path) await tree.advance()
    if (count % FILES_A_LOOK === 0) await look(job, path)
  }
  while (job.isMirror && tree.path !== undefined) await pass()
}

async function compareFile(job: Comparison, found: Found, tree: VersionSide, rows: RowReader | undefined): Promise<void> {
  const { path, stat } = found
  const there = tree.path === path ? rowOf(tree, path) : undefined
  const known = stat !== undefined && !job.rehash && rows?.kind === 'file' && rows.isLike(stat) ? rows.row() : undefined
  if (known?.held !== undefined && there?.held !== undefined && isSame(known.held, there.held)) {
    countUnchanged(job)
    job.intake.keep(() => ({ ...known, held: there.held }))
  } else await job.intake.take({ found, there, known })
}

function keepUnseen({ intake }: Comparison, tree: VersionSide, rows: RowReader | undefined): void {
  const row = rowOf(tree, tree.path ?? '')
  const known = rows?.row()
  const isRight = known?.held !== undefined && row.held !== undefined && isSame(known.held, row.held)
  intake.keep(() => isRight ? known : row)
}

/** Reads on to a path; the reader when it has it. */
const rowAt = (rows: RowReader | undefined, path: string): RowReader | undefined => rows?.seek(path) === true ? rows : undefined

const rowOf = (side: VersionSide, path: string): Row => ({ path, kind: side.kind, stat: undefined, held: side.held() })

const isSame = (a: Held, b: Held): boolean => sameHash(a.hash, b.hash) && a.executable === b.executable

function countUnchanged({ intake, meter }: Comparison): void {
  intake.counts.unchanged++
  meter.files++
}

async function look({ meter, pace }: Comparison, path: string): Promise<void> {
  if (!pace.isDue()) return
  meter.tick(path)
  await pace.turn()
}

/** Whether a path, or a folder it lies in, could not be looked at. Asked in the order of paths. */
function unseenIn({ unseen }: Source): (path: string) => boolean {
  return path => {
    while (unseen[0] !== undefined && !isUnder(path, unseen[0]) && comparePaths(unseen[0], path) < 0) unseen.shift()
    return unseen[0] !== undefined && isUnder(path, unseen[0])
  }
}

const isUnder = (path: string, top: string): boolean => path === top || isInside(path, top)
