import { realpathSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { blake3 } from '../../chunks/index.ts'
import { type Locks, referenceTo } from '../../datasets/index.ts'
import { fail, isShoalError } from '../../errors/index.ts'
import { type Hash, type VersionRef, checkPath, formatDatasetRef, hashToHex, sameHash } from '../../model/index.ts'
import type { FilesDeps } from '../files.ts'
import type { ImportOptions, ImportReport } from '../service.ts'
import { checkOutsideHome } from '../outside-home.ts'
import { inThread } from '../threaded.ts'
import { systemCode } from './disk.ts'
import { planDraft, strictTypeOf } from './draft.ts'
import { runImport } from './job.ts'
import type { ImportRequest, ImportResult } from './request.ts'

/** See `Files.import`. @param locks held by imports that note what they know in the same place */
export async function importSource(deps: FilesDeps, locks: Locks, source: string, ref: VersionRef, options: ImportOptions): Promise<ImportReport> {
  const { datasets, store } = deps
  const path = resolve(source)
  const isFile = kindOf(path) === 'file'
  checkOutsideHome(deps.home, path, 'SOURCE_UNREADABLE')
  const into = options.into === undefined || options.into === '' ? '' : checkPath(options.into)
  const cache = join(deps.cacheFolder, `${cacheName(path, ref, into)}.rows`)
  return await locks.run(cache, () => datasets.leases.during(async () => {
    options.signal?.throwIfAborted()
    const plan = await planDraft(datasets, store, ref)
    const typed = strictTypeOf(datasets, ref)
    const run = (tree: Hash): Promise<ImportResult> => inThread<ImportRequest, ImportResult>(store, 'import', runImport, {
      // A link that was named itself is meant to be followed.
      source: isFile ? realpathSync(path) : path, fileName: isFile ? basename(path) : undefined, into, cache, tree,
      add: options.add === true, rehash: options.rehash === true, except: deps.home === undefined ? [] : [deps.home], now: deps.clock.now(),
      ...typed === undefined ? {} : { typed }
    }, options)
    // Read beside the draft's other edits; when those moved it meanwhile, the (now quick) comparison is made again.
    let result = await run(plan.tree)
    options.signal?.throwIfAborted()
    const draft = await plan.make()
    const target = { namespace: draft.dataset.namespace, name: draft.dataset.name, version: draft.version.id }
    const { resolved } = await datasets.commit(target, options.message ?? `import of ${basename(path)}`, async tree => {
      if (!sameHash(tree, plan.tree)) result = withReads(await run(tree), result)
      options.signal?.throwIfAborted()
      return result.tree
    })
    return { version: referenceTo(resolved.dataset, resolved.version), ...result.report }
  }), options.signal)
}

/** A second run finds all that the first one read. */
function withReads({ tree, report }: ImportResult, first: ImportResult): ImportResult {
  return { tree, report: { ...report, filesRead: report.filesRead + first.report.filesRead, bytesRead: report.bytesRead + first.report.bytesRead } }
}

/** @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE, TYPE_REFUSED */
function kindOf(path: string): 'file' | 'folder' {
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) return 'folder'
    return stat.isFile() ? 'file' : fail('TYPE_REFUSED', `${path} is neither a file nor a folder`, { source: path })
  } catch (error) {
    if (isShoalError(error)) throw error
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') fail('SOURCE_NOT_FOUND', `${path} does not exist`, { source: path })
    return fail('SOURCE_UNREADABLE', `${path} can not be read (${code ?? String(error)})`, { source: path }, error)
  }
}

/** By what was imported where, so that the next import of the same finds it. */
const cacheName = (source: string, ref: VersionRef, into: string): string =>
  hashToHex(blake3(Buffer.from(JSON.stringify([source, formatDatasetRef(ref), into])))).slice(0, 32)
