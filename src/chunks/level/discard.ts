import type { Hash } from '../../model/index.ts'
import { Mutex } from '../../runtime/index.ts'
import { flushToTables, levelFailure, type Databases } from './databases.ts'
import type { IndexBook } from './index-book.ts'
import { CHUNK_KEY_BYTES, DISCARD_KEY, chunkKey, hashOf, readPlace, sequenceOf, type Place } from './keys.ts'

/** A chunk that is to go. */
export interface Doomed extends Place { readonly hash: Hash }

/** Takes chunks out for good and gives their space back. */
export class Discarder {
  readonly #databases: Databases
  readonly #book: IndexBook
  /** There is one note. */
  readonly #turn = new Mutex()

  constructor(databases: Databases, book: IndexBook) {
    this.#databases = databases
    this.#book = book
  }

  /**
   * Goes about it in an order that is safe at every moment: with one synced write the chunks leave the index and enter a note of what is to be
   * deleted; then they are deleted and their range is compacted; then the note goes. A crash in between leaves the note, and `finishDiscard`
   * does the rest.
   * @param doomed in the order of their sequence numbers
   * @param isReplaced the index names other chunks under these hashes by now, and stays as it is
   */
  discard(doomed: readonly Doomed[], { isReplaced = false } = {}): Promise<void> {
    return this.#turn.run(async () => {
      const keys = doomed.map(({ sequence, hash }) => chunkKey(sequence, hash))
      const note = new Uint8Array(keys.length * CHUNK_KEY_BYTES)
      for (const [i, key] of keys.entries()) note.set(key, i * CHUNK_KEY_BYTES)
      await this.#book.remove(isReplaced ? [] : doomed, [{ type: 'put', key: DISCARD_KEY, value: note }])
      await deleteChunks(this.#databases, keys)
      await this.#book.change([{ type: 'del', key: DISCARD_KEY }])
    })
  }
}

async function deleteChunks({ chunks }: Databases, keys: readonly Uint8Array[]): Promise<void> {
  const [first, last] = [keys[0], keys.at(-1)]
  if (first === undefined || last === undefined) return
  try {
    await chunks.batch(keys.map(key => ({ type: 'del', key })))
    await flushToTables(chunks)
    await chunks.compactRange(first, last)
  } catch (error) {
    throw levelFailure(error, 'deleting chunks')
  }
}

/**
 * Does what a crash kept a `Discarder` from doing.
 * @returns the first sequence number above those it knows of
 */
export async function finishDiscard(databases: Databases): Promise<number> {
  const note = await databases.index.get(DISCARD_KEY)
  if (note === undefined) return 0
  const keys = Array.from({ length: Math.floor(note.length / CHUNK_KEY_BYTES) }, (_, i) => note.slice(i * CHUNK_KEY_BYTES, (i + 1) * CHUNK_KEY_BYTES))
  const places = (await databases.index.getMany(keys.map(hashOf))).map(readPlace)
  // One the index knows again under the same number must stay: the note is older than that.
  await deleteChunks(databases, keys.filter((key, i) => places[i]?.sequence !== sequenceOf(key)))
  await databases.index.batch([{ type: 'del', key: DISCARD_KEY }])
  return Math.max(...keys.map(sequenceOf)) + 1
}
