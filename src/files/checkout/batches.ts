import { type ChunkStore } from '../../chunks/index.ts'
import { HASH_BYTES, type Hash } from '../../model/index.ts'
import type { Entry, FileEntry } from '../../trees/index.ts'
import { missing } from '../read.ts'
import { ENTRY, type EntryDecision } from './decisions.ts'

/** Fetched together; the next are fetched while these are written. */
const BATCH_BYTES = 4 * 1024 * 1024
const BATCH_ITEMS = 512

/** One entry of the version, with its path in the folder, and what is to be done about it. */
export interface Item { readonly entry: Exclude<Entry, { kind: 'link' }>, readonly decision: EntryDecision }

/** Items in order, with the chunks of the files to be written; a file with a long list of chunks is alone, and its chunks are left to be streamed. */
export interface Batch { readonly items: readonly Item[], readonly isLong: boolean }

export const isWritten = ({ decision }: Item): boolean => decision === ENTRY.write || decision === ENTRY.replace

/** Gathers items into batches. */
export async function* batchesOf(items: AsyncIterable<Item>): AsyncGenerator<Batch, void, undefined> {
  let batch: Item[] = []
  let bytes = 0
  for await (const item of items) {
    const writtenBytes = isWritten(item) && item.entry.kind === 'file' ? item.entry.size : 0
    if (isLong(item)) {
      if (batch.length > 0) yield { items: batch, isLong: false }
      yield { items: [item], isLong: true }
      batch = []
      bytes = 0
      continue
    }
    batch.push(item)
    bytes += writtenBytes
    if (bytes < BATCH_BYTES && batch.length < BATCH_ITEMS) continue
    yield { items: batch, isLong: false }
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield { items: batch, isLong: false }
}

const isLong = (item: Item): boolean => isWritten(item) && item.entry.kind === 'file' && item.entry.content.kind === 'list'

/** The bytes of a batch's files, chunk by chunk, by item; nothing for those that are not written. @throws CHUNK_MISSING, CHUNK_DAMAGED */
export async function fetchBatch(store: ChunkStore, { items, isLong }: Batch): Promise<Uint8Array[][]> {
  if (isLong) return [[]]
  const wanted = items.map(item => isWritten(item) && item.entry.kind === 'file' ? chunksOf(item.entry) : [])
  const found = await store.getMany(wanted.flat())
  let at = 0
  return wanted.map((hashes, i) => hashes.map(hash => found[at++] ?? missing(items[i]?.entry as FileEntry, hash)))
}

function chunksOf({ size, hash, content }: FileEntry): Hash[] {
  if (content.kind !== 'inline') return size === 0 ? [] : [hash]
  const { hashes, lengths } = content.chunks
  return Array.from(lengths, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}
