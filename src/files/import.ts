import { mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { blake3 } from '../chunks/index.ts'
import type { Resolved } from '../datasets/index.ts'
import { referenceTo } from '../datasets/index.ts'
import { fail, isShoalError } from '../errors/index.ts'
import { type Hash, type VersionRef, checkPath, formatDatasetRef, hashToHex, sameHash } from '../model/index.ts'
import type { FilesDeps } from './files.ts'
import { type ImportRequest, type ImportResult, runImport } from './import-job.ts'
import type { ImportOptions, ImportReport } from './service.ts'
import { inThread } from './threaded.ts'

const WORKER = new URL('./import-worker.js', import.meta.url)

/** See `Files.import`. */
export async function importSource(deps: FilesDeps, source: string, ref: VersionRef, options: ImportOptions): Promise<ImportReport> {
  const { datasets, store } = deps
  const path = resolve(source)
  const isFile = kindOf(path) === 'file'
  const into = options.into === undefined || options.into === '' ? '' : checkPath(options.into)
  const draft = await draftFor(deps, ref)
  const request = {
    source: path, isFile, into, add: options.add === true, rehash: options.rehash === true,
    cache: cachePath(deps, path, draft.dataset.id, into), now: deps.clock.now()
  }
  const run = (tree: Hash): Promise<ImportResult> => inThread<ImportRequest, ImportResult>(store, WORKER, runImport, { ...request, tree }, options)
  return await datasets.leases.during(async () => {
    // Read beside the draft's other edits; when those moved it meanwhile, the (now quick) comparison is made again.
    const base = await datasets.tree(draft.version)
    let result = await run(base)
    const target = { ...ref, version: draft.version.id }
    const { resolved } = await datasets.commit(target, options.message ?? `import of ${path}`, async tree => {
      if (!sameHash(tree, base)) result = await run(tree)
      options.signal?.throwIfAborted()
      return result.tree
    })
    return { version: referenceTo(resolved.dataset, resolved.version), ...result.report }
  })
}

/** @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE, TYPE_REFUSED */
function kindOf(path: string): 'file' | 'folder' {
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) return 'folder'
    return stat.isFile() ? 'file' : fail('TYPE_REFUSED', `${path} is neither a file nor a folder`, { source: path })
  } catch (error) {
    if (isShoalError(error)) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') fail('SOURCE_NOT_FOUND', `${path} does not exist`, { source: path })
    return fail('SOURCE_UNREADABLE', `${path} can not be read (${code})`, { source: path }, error)
  }
}

/** The draft an import goes into; what is missing is made. @throws VERSION_PUBLISHED, VERSION_NOT_FOUND */
async function draftFor({ datasets }: FilesDeps, ref: VersionRef): Promise<Resolved> {
  const resolved = await found(() => datasets.resolve(ref))
  if (resolved === undefined) {
    await datasets.create({ namespace: ref.namespace, name: ref.name, ...ref.version === undefined || ref.version === 'Current' ? {} : { version: ref.version } })
    return datasets.resolve({ namespace: ref.namespace, name: ref.name })
  }
  if (resolved.version.state === 'draft') return resolved
  if (ref.version !== undefined) fail('VERSION_PUBLISHED', `${formatDatasetRef(ref)}@${resolved.version.number} is published`, { version: resolved.version.id })
  return await datasets.createVersion(ref, { mode: 'inherit', name: 'Current' })
}

async function found(resolve: () => Resolved): Promise<Resolved | undefined> {
  try {
    return resolve()
  } catch (error) {
    if (isShoalError(error, 'DATASET_NOT_FOUND')) return undefined
    throw error
  }
}

function cachePath({ cacheFolder }: FilesDeps, source: string, dataset: string, into: string): string {
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
  return join(cacheFolder, `${hashToHex(blake3(Buffer.from(JSON.stringify([source, dataset, into])))).slice(0, 32)}.files`)
}
