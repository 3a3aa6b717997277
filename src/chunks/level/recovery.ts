import { hashKey, type Hash } from '../../model/index.ts'
import type { Log } from '../../runtime/index.ts'
import { isChunk } from '../blake3.ts'
import { flushAlone, writeBatch, type Change } from './chunk-log.ts'
import { indexFailure, type Database, type Databases } from './databases.ts'
import { finishDiscard } from './discard.ts'
import { putCheckpoint } from './index-book.ts'
import { CHECKPOINT_KEY, CHUNK_KEY_BYTES, hashOf, placeValue, readCheckpoint, readPlace, sequenceKey, sequenceOf, type Checkpoint } from './keys.ts'

/** Read at a time while chunks are replayed. Bytes. */
const STEP_BYTES = 2 * 1024 * 1024
const STEP_CHUNKS = 1024
/** More chunks than a store gains between two checkpoints, by far. */
const UNREADABLE_GAP = 2 ** 32
/** Where LevelDB can't read, replay tries so many numbers one by one before it jumps farther each time: more than a block of it holds. */
const SINGLE_TRIES = 4096

/**
 * Brings the index up to the chunks: those above the last checkpoint are read, checked and entered. After a clean close there are none.
 * @returns where the store stands; `sequence` is the first free number
 * @throws DISK_FULL, STORE_DAMAGED
 */
export async function recover(databases: Databases, log: Log): Promise<Checkpoint> {
  try {
    const discarded = await finishDiscard(databases)
    const start = readCheckpoint(await databases.index.get(CHECKPOINT_KEY))
    const last = await lastSequence(databases.chunks, start.sequence, log)
    const replayed = await replay(databases, start, last, log)
    const checkpoint = { ...replayed, sequence: Math.max(start.sequence, last + 1, discarded) }
    if (checkpoint.sequence > start.sequence) {
      await flushAlone(databases.index)
      await writeBatch(databases.index, [putCheckpoint(checkpoint)], true)
    }
    return checkpoint
  } catch (error) {
    throw indexFailure(error, 'bringing the index up to date')
  }
}

/** The highest number a chunk has; -1 where there is none. Where LevelDB can't read the end: a number far above any. */
async function lastSequence(chunks: Database, above: number, log: Log): Promise<number> {
  try {
    for await (const key of chunks.keys({ reverse: true, limit: 1 })) return sequenceOf(key)
    return -1
  } catch (error) {
    log.error('LevelDB can not read the end of the store', { error })
    return above + UNREADABLE_GAP
  }
}

async function replay(databases: Databases, start: Checkpoint, last: number, log: Log): Promise<{ chunks: number, bytes: number }> {
  const counted = { chunks: start.chunks, bytes: start.bytes }
  let entered = 0
  for await (const step of readFrom(databases.chunks, start.sequence, last, log)) {
    await enter(databases.index, step, counted, log)
    entered += step.length
  }
  if (entered > 0) log.info('the store was not closed cleanly: its index was brought up to date', { chunks: entered })
  return counted
}

type Step = readonly [Uint8Array, Uint8Array][]

/** All chunks from a number on that LevelDB can read. */
async function* readFrom(chunks: Database, first: number, last: number, log: Log): AsyncGenerator<Step> {
  let [from, failures] = [first, 0]
  while (from <= last) {
    try {
      // A step fails as a whole: around what can't be read, chunks are read one by one.
      for await (const step of stepsFrom(chunks, from, failures === 0 ? STEP_CHUNKS : 1)) {
        yield step
        from = sequenceOf(step.at(-1)![0]) + 1
        if (failures > 1) break
      }
      if (failures <= 1) return
      failures = 0
    } catch (error) {
      if (failures++ === 1) log.error('LevelDB can not read a part of the store: chunks there are missing', { sequence: from, error })
      if (failures > 1) from += 2 ** Math.max(0, failures - SINGLE_TRIES)
    }
  }
}

async function* stepsFrom(chunks: Database, from: number, size: number): AsyncGenerator<Step> {
  const iterator = chunks.iterator({ gte: sequenceKey(from), fillCache: false, highWaterMarkBytes: STEP_BYTES })
  try {
    for (let step = await iterator.nextv(size); step.length > 0; step = await iterator.nextv(size)) yield step
  } finally {
    await iterator.close()
  }
}

/** Enters chunks into the index and counts those that are new to it. Damaged ones are left out: so they can be put in again. */
async function enter(index: Database, step: readonly [Uint8Array, Uint8Array][], counted: { chunks: number, bytes: number }, log: Log): Promise<void> {
  const hashes: Hash[] = step.map(([key]) => hashOf(key))
  const places = (await index.getMany(hashes)).map(readPlace)
  const changes: Change[] = []
  const inStep = new Set<string>()
  for (const [i, [key, value]] of step.entries()) {
    const [hash, sequence, place] = [hashes[i]!, sequenceOf(key), places[i]]
    if (key.length !== CHUNK_KEY_BYTES || !isChunk(hash, value)) {
      log.warn('a chunk that was written last is damaged and left out', { sequence })
      continue
    }
    // One with a lower number was counted then; this is its repair. One with the same or a higher number is what the crash left of the index.
    if (!inStep.has(hashKey(hash)) && !(place !== undefined && place.sequence < sequence)) {
      counted.chunks++
      counted.bytes += value.length
    }
    inStep.add(hashKey(hash))
    changes.push({ type: 'put', key: hash, value: placeValue({ sequence, length: value.length }) })
  }
  await index.batch(changes)
}
