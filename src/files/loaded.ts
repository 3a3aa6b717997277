import type { ChunkStore } from '../chunks/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import type { FileEntry } from '../trees/index.ts'
import { missing, readContent } from './read.ts'

/** Fetched together; the next are fetched while these are used, so twice this is held. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_ITEMS = 512

/** Something with the bytes of its file: at hand, or for a long file still to be read; none where it has no file. */
export interface Loaded<T> { readonly item: T, readonly content: readonly Uint8Array[] | AsyncIterable<Uint8Array> }

/**
 * Fetches the files of many items in order, small ones by the hundred and ahead of their use; every chunk was hashed on its way out of the store.
 * @param fileOf the file whose bytes are wanted
 * @throws CHUNK_MISSING, CHUNK_DAMAGED
 */
export async function* loadFiles<T>(store: ChunkStore, items: AsyncIterable<T>, fileOf: (item: T) => FileEntry | undefined): AsyncGenerator<readonly Loaded<T>[], void, undefined> {
  let ahead: Promise<readonly Loaded<T>[]> | undefined
  for await (const batch of batches(items, fileOf)) {
    const next = load(store, batch, fileOf)
    next.catch(() => undefined) // Awaited when it is its turn; a failure before that must not end the process.
    if (ahead !== undefined) yield await ahead
    ahead = next
  }
  if (ahead !== undefined) yield await ahead
}

/** A file with a long list of chunks is alone. */
async function* batches<T>(items: AsyncIterable<T>, fileOf: (item: T) => FileEntry | undefined): AsyncGenerator<readonly T[], void, undefined> {
  let batch: T[] = []
  let bytes = 0
  for await (const item of items) {
    const file = fileOf(item)
    const isLong = file?.content.kind === 'list'
    if (isLong && batch.length > 0) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += file?.size ?? 0
    if (!isLong && bytes < BATCH_BYTES && batch.length < BATCH_ITEMS) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

async function load<T>(store: ChunkStore, batch: readonly T[], fileOf: (item: T) => FileEntry | undefined): Promise<readonly Loaded<T>[]> {
  const [first] = batch
  const long = batch.length === 1 && first !== undefined ? fileOf(first) : undefined
  if (first !== undefined && long?.content.kind === 'list') return [{ item: first, content: readContent(store, long) }]
  const wanted = batch.map(item => chunksOf(fileOf(item)))
  const found = await store.getMany(wanted.flat())
  let at = 0
  return batch.map((item, i) => ({ item, content: (wanted[i] ?? []).map(hash => found[at++] ?? missing(fileOf(item)?.path ?? '', hash)) }))
}

function chunksOf(file: FileEntry | undefined): Hash[] {
  if (file === undefined || file.size === 0) return []
  if (file.content.kind !== 'inline') return [file.hash]
  const { hashes, lengths } = file.content.chunks
  return Array.from(lengths, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}
