import type { Hash } from '../../model/index.ts'
import { flushAlone, type Change, type ChunkLog } from './chunk-log.ts'
import type { Database, Databases } from './databases.ts'
import type { IndexBook } from './index-book.ts'
import { CHUNK_KEY_BYTES, DISCARD_KEY, chunkKey, hashOf, readPlace, sequenceOf, type Place } from './keys.ts'

/** A chunk that is to go. */
export interface Doomed extends Place { readonly hash: Hash }

/**
 * Takes chunks out for good and gives their space back; not for two callers at a time. In an order that is safe at every moment: with one synced
 * write the chunks leave the index and enter a note of what is to be deleted; then they are deleted and their range is compacted; then the note
 * goes. A crash in between leaves the note, and `finishDiscard` does the rest.
 * @param doomed in the order of their sequence numbers
 * @throws DISK_FULL, STORE_DAMAGED
 */
export async function discard(chunks: Database, log: ChunkLog, book: IndexBook, doomed: readonly Doomed[]): Promise<void> {
  const keys = doomed.map(({ sequence, hash }) => chunkKey(sequence, hash))
  const note = new Uint8Array(keys.length * CHUNK_KEY_BYTES)
  for (const [i, key] of keys.entries()) note.set(key, i * CHUNK_KEY_BYTES)
  await book.remove(doomed, [{ type: 'put', key: DISCARD_KEY, value: note }])
  await log.writeApart(deletions(keys))
  await compact(chunks, keys)
  await book.change([{ type: 'del', key: DISCARD_KEY }])
}

/** Gives a range's space back, once its deletions are safe. */
async function compact(chunks: Database, keys: readonly Uint8Array[]): Promise<void> {
  const [first, last] = [keys[0], keys.at(-1)]
  if (first !== undefined && last !== undefined) await chunks.compactRange(first, last)
}

const deletions = (keys: readonly Uint8Array[]): Change[] => keys.map(key => ({ type: 'del', key }))

/**
 * Does what a crash kept `discard` from doing.
 * @returns the first sequence number above those it knows of
 */
export async function finishDiscard(databases: Databases): Promise<number> {
  const note = await databases.index.get(DISCARD_KEY)
  if (note === undefined) return 0
  const keys = Array.from({ length: Math.floor(note.length / CHUNK_KEY_BYTES) }, (_, i) => note.slice(i * CHUNK_KEY_BYTES, (i + 1) * CHUNK_KEY_BYTES))
  const places = (await databases.index.getMany(keys.map(hashOf))).map(readPlace)
  // One the index knows again under the same number must stay: the note is older than that.
  const doomed = keys.filter((key, i) => places[i]?.sequence !== sequenceOf(key))
  await databases.chunks.batch(deletions(doomed))
  await flushAlone(databases.chunks)
  await compact(databases.chunks, doomed)
  await databases.index.batch([{ type: 'del', key: DISCARD_KEY }])
  return Math.max(...keys.map(sequenceOf)) + 1
}
