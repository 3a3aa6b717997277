import type { ChunkStore, Ingester } from '../chunks/index.ts'
import type { Watched } from '../datasets/index.ts'
import { fail } from '../errors/index.ts'
import { type Hash, formatHash, hashFromHex } from '../model/index.ts'
import { type FileEntry, emptyTree, fileChunks, putChunkList, treeEntries } from '../trees/index.ts'
import type { Kept } from './book.ts'
import type { Segment, UploadTarget } from './service.ts'

/** Chunks read at once while parts become a file. */
const CHUNKS_AT_ONCE = 64

/** Names of stretches, in the order of the file. */
export const segmentPath = (index: number): string => `segment-${String(index).padStart(9, '0')}`

/** Puts bytes into the store as a stretch of their own. */
export async function ingest(store: ChunkStore, ingester: Ingester, bytes: AsyncIterable<Uint8Array>): Promise<Segment> {
  const { size, hash, profile, chunks } = await ingester.stream(bytes)
  return { size, hash, profile, content: await putChunkList(store, chunks) }
}

/**
 * The file that stretches make together. Of one stretch it is that one; several are split anew over where they meet, so that the same bytes
 * have the same chunks however they came: most of these are in the store already. Every byte is checked on its way.
 * @throws CONTENT_MISMATCH, CHUNK_MISSING, CHUNK_DAMAGED, CANCELLED
 */
export async function fileOf(store: ChunkStore, ingester: Ingester, uploads: readonly Kept[], target: UploadTarget, watched: Watched): Promise<FileEntry> {
  const segments: Segment[] = []
  for (const { tree } of uploads) for await (const entry of treeEntries(store, tree === undefined ? await emptyTree(store) : hashFromHex(tree))) if (entry.kind === 'file') segments.push(entry)
  const [only, ...others] = segments
  const whole = only !== undefined && others.length === 0 ? only : await ingest(store, ingester, watchedBytes(bytesOf(store, segments), segments, target, watched))
  if (target.hash !== undefined && target.hash !== formatHash(whole.hash)) {
    fail('CONTENT_MISMATCH', `${target.path} has another BLAKE3 than the announced one`, { path: target.path, hash: formatHash(whole.hash) })
  }
  const { size, hash, profile, content } = whole
  return { kind: 'file', path: target.path, size, hash, executable: target.executable, ...target.mediaType === undefined ? {} : { mediaType: target.mediaType }, profile, content }
}

/** What joins stretches of many gigabytes takes minutes, and says how far it is. */
async function* watchedBytes(source: AsyncIterable<Uint8Array>, segments: readonly Segment[], { path }: UploadTarget, { signal, progress }: Watched): AsyncGenerator<Uint8Array> {
  const totalBytes = segments.reduce((sum, segment) => sum + segment.size, 0)
  let bytes = 0
  for await (const piece of source) {
    signal?.throwIfAborted()
    yield piece
    bytes += piece.length
    progress?.({ phase: 'joining', files: 0, totalFiles: 1, bytes, totalBytes, current: path })
  }
}

async function* bytesOf(store: ChunkStore, segments: readonly Segment[]): AsyncGenerator<Uint8Array> {
  for (const segment of segments) {
    const entry: FileEntry = { kind: 'file', path: 'segment', executable: false, ...segment }
    for await (const chunks of fileChunks(store, entry, { from: 0, to: segment.size })) {
      for (let i = 0; i < chunks.length; i += CHUNKS_AT_ONCE) yield* await chunksOf(store, chunks.slice(i, i + CHUNKS_AT_ONCE).map(chunk => chunk.hash))
    }
  }
}

async function chunksOf(store: ChunkStore, hashes: readonly Hash[]): Promise<Uint8Array[]> {
  return (await store.getMany(hashes)).map(bytes => bytes ?? fail('CHUNK_MISSING', 'a part of the upload is not in the store any more'))
}
