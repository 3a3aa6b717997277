import type { ChunkStore } from '../../chunks/index.ts'
import { isShoalError } from '../../errors/index.ts'
import { hashToHex } from '../../model/index.ts'
import type { ProgressSink } from '../../runtime/index.ts'
import { treeStats } from '../../trees/index.ts'
import { Notices } from '../notices.ts'
import { Pace } from '../pace.ts'
import { type Comparison, compareWithRows, compareWithTree } from './comparison.ts'
import { countAhead } from './count.ts'
import { Intake } from './intake.ts'
import { Meter } from './meter.ts'
import { Remembered } from './remembered.ts'
import type { ImportRequest, ImportResult } from './request.ts'
import { openSource } from './source.ts'
import { TreeSide } from './version-side.ts'

/**
 * Makes a tree of a folder: reads what changed, skips the rest. Nothing shows before the caller commits the tree.
 * @throws SOURCE_UNREADABLE, PATH_INVALID, PATH_CLASH, DISK_FULL, CHUNK_MISSING, CANCELLED (what was read is kept, and skipped next time)
 */
export async function runImport(store: ChunkStore, request: ImportRequest, progress: ProgressSink, signal: AbortSignal): Promise<ImportResult> {
  const remembered = openRemembered(request.cache)
  try {
    return await importWith(store, request, remembered, progress, signal)
  } catch (error) {
    if (!remembered.isDamaged) throw error
    remembered.close()
    Remembered.forget(request.cache)
    return await runImport(store, request, progress, signal)
  } finally {
    remembered.close()
  }
}

/** What is damaged tells nothing: it is as if the source were new. */
function openRemembered(path: string): Remembered {
  try {
    return new Remembered(path)
  } catch (error) {
    if (!isShoalError(error, 'FORMAT_INVALID')) throw error
    Remembered.forget(path)
    return new Remembered(path)
  }
}

async function importWith(store: ChunkStore, request: ImportRequest, remembered: Remembered, progress: ProgressSink, signal: AbortSignal): Promise<ImportResult> {
  const [notices, meter, pace] = [new Notices(), new Meter(progress), new Pace(signal)]
  const { before } = remembered
  const isMirror = !request.add && request.fileName === undefined
  // Rows of an import that only added don't tell what else the version holds.
  const isCurrent = before?.facts['whole'] === true && before.facts['tree'] === hashToHex(request.tree)
  if (typeof before?.facts['files'] === 'number') meter.expect({ files: before.facts['files'], bytes: undefined })
  else if (request.fileName === undefined) meter.expect(await countAhead(request.source, pace))

  const intake = new Intake({ store, request, remembered, notices, meter, pace, signal })
  const job: Comparison = { source: openSource(request, notices), intake, meter, pace, isMirror, rehash: request.rehash }
  try {
    if (isCurrent) await compareWithRows(job, before)
    else {
      remembered.begin()
      await compareWithTree(job, await TreeSide.open(store, request.tree, request.into), before)
    }
    const tree = await intake.finish()
    const { files, bytes } = await treeStats(store, tree)
    remembered.finish({ tree: hashToHex(tree), whole: isCurrent || isMirror, files: meter.files })
    return { tree, report: { ...intake.counts, files, bytes, notices: notices.list() } }
  } catch (error) {
    if (signal.aborted) await intake.save()
    throw error
  }
}
