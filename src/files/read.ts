import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, hashToHex } from '../model/index.ts'
import { type FileChunk, type FileEntry, fileChunks } from '../trees/index.ts'

/** Bytes fetched from the store at once; the next are fetched while these are used, so twice this is held. */
const BATCH_BYTES = 2 * 1024 * 1024
const BATCH_CHUNKS = 256

/**
 * Bytes `from` (included) to `to` (excluded) of a file; every chunk was hashed on its way out of the store.
 * @throws CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID
 */
export async function* readContent(store: ChunkStore, entry: FileEntry, from = 0, to = entry.size): AsyncGenerator<Uint8Array, void, undefined> {
  let ahead: Promise<Uint8Array[]> | undefined
  for await (const batch of batches(store, entry, from, to)) {
    const fetched = fetchBatch(store, entry, batch, from, to)
    fetched.catch(() => undefined) // Awaited when it is its turn, or never by who stops reading early.
    if (ahead !== undefined) yield* await ahead
    ahead = fetched
  }
  if (ahead !== undefined) yield* await ahead
}

async function* batches(store: ChunkStore, entry: FileEntry, from: number, to: number): AsyncGenerator<FileChunk[], void, undefined> {
  let batch: FileChunk[] = []
  let bytes = 0
  for await (const chunks of fileChunks(store, entry, { from, to })) {
    for (const chunk of chunks) {
      batch.push(chunk)
      bytes += chunk.length
      if (bytes < BATCH_BYTES && batch.length < BATCH_CHUNKS) continue
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
}

async function fetchBatch(store: ChunkStore, { path }: FileEntry, batch: readonly FileChunk[], from: number, to: number): Promise<Uint8Array[]> {
  const found = await store.getMany(batch.map(chunk => chunk.hash))
  return batch.map((chunk, i) => {
    const bytes = found[i] ?? missing(path, chunk.hash)
    if (bytes.length !== chunk.length) fail('FORMAT_INVALID', `a chunk of ${path} has ${bytes.length} bytes instead of ${chunk.length}`, { path })
    return bytes.subarray(Math.max(0, from - chunk.offset), Math.min(bytes.length, to - chunk.offset))
  })
}

export const missing = (path: string, hash: Hash): never => fail('CHUNK_MISSING', `data of ${path} is not on this node`, { path, hash: hashToHex(hash) })
