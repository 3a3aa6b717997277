import type { ChunkStore, Ingester } from '../chunks/index.ts'
import type { Datasets } from '../datasets/index.ts'
import { fail } from '../errors/index.ts'
import { type VersionRef, checkPath, formatHash, parseHash, sameHash } from '../model/index.ts'
import { type FileEntry, editTree, putChunkList } from '../trees/index.ts'
import { draftOf } from './draft.ts'
import { checkType } from './kinds.ts'
import type { Files } from './service.ts'

type WriteOptions = NonNullable<Parameters<Files['write']>[3]>

/** See `Files.write`. */
export async function writeFile(datasets: Datasets, store: ChunkStore, ingester: Ingester, ref: VersionRef, path: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<FileEntry> {
  checkPath(path)
  const announced = options.hash === undefined ? undefined : parseHash(options.hash)
  const target = draftOf(datasets, ref)
  checkType(datasets.resolve(target).dataset, path)
  return await datasets.leases.during(async () => {
    const { size, hash, profile, chunks } = await ingester.stream(source)
    if (options.size !== undefined && options.size !== size) fail('CONTENT_MISMATCH', `${path} has ${size} bytes instead of the announced ${options.size}`, { path, size })
    if (announced !== undefined && !sameHash(announced, hash)) fail('CONTENT_MISMATCH', `${path} has another BLAKE3 than the announced one`, { path, hash: formatHash(hash) })
    const entry: FileEntry = {
      kind: 'file', path, size, hash, executable: options.executable === true, ...options.mediaType === undefined ? {} : { mediaType: options.mediaType },
      profile, content: await putChunkList(store, chunks)
    }
    await datasets.commit(target, options.message ?? `write ${path}`, tree => editTree(store, tree, [{ op: 'put', entry }]))
    return entry
  })
}
