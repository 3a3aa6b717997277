import { HASH_BYTES, type Hash } from '../../model/index.ts'

/** Keys and values of the two databases, as FORMAT.md lays them down. */

const SEQUENCE_BYTES = 8
/** A chunk's key: its sequence number, then its hash. */
export const CHUNK_KEY_BYTES = SEQUENCE_BYTES + HASH_BYTES
const INDEX_VALUE_BYTES = SEQUENCE_BYTES + 4

/** Above every key of both databases. */
export const ABOVE_ALL = new Uint8Array(CHUNK_KEY_BYTES + 1).fill(0xff)

/** Where a chunk is: its sequence number, and its length in bytes. */
export interface Place { readonly sequence: number, readonly length: number }

const TWO_32 = 2 ** 32

function writeSequence(view: DataView, sequence: number): void {
  view.setUint32(0, Math.floor(sequence / TWO_32))
  view.setUint32(4, sequence >>> 0)
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const readSequence = (view: DataView): number => view.getUint32(0) * TWO_32 + view.getUint32(4)

/** The first key a sequence number can have: a bound for ranges. */
export function sequenceKey(sequence: number): Uint8Array {
  const key = new Uint8Array(SEQUENCE_BYTES)
  writeSequence(viewOf(key), sequence)
  return key
}

export function chunkKey(sequence: number, hash: Hash): Uint8Array {
  const key = new Uint8Array(CHUNK_KEY_BYTES)
  writeSequence(viewOf(key), sequence)
  key.set(hash, SEQUENCE_BYTES)
  return key
}

export const sequenceOf = (key: Uint8Array): number => readSequence(viewOf(key))

export const hashOf = (key: Uint8Array): Hash => key.subarray(SEQUENCE_BYTES)

export function placeValue({ sequence, length }: Place): Uint8Array {
  const value = new Uint8Array(INDEX_VALUE_BYTES)
  const view = viewOf(value)
  writeSequence(view, sequence)
  view.setUint32(SEQUENCE_BYTES, length)
  return value
}

/** The place an index value names; undefined where it is no such value (a damaged one). */
export function readPlace(value: Uint8Array | undefined): Place | undefined {
  if (value?.length !== INDEX_VALUE_BYTES) return undefined
  const view = viewOf(value)
  return { sequence: readSequence(view), length: view.getUint32(SEQUENCE_BYTES) }
}

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'))

/** Keys of the index database that are no hashes: they are shorter. */
export const CHECKPOINT_KEY = text('checkpoint')
export const DISCARD_KEY = text('discard')

/** Every chunk below `sequence` is in the index for good (or is no chunk any more); so many chunks and bytes those are. */
export interface Checkpoint { readonly sequence: number, readonly chunks: number, readonly bytes: number }

export function checkpointValue(checkpoint: Checkpoint): Uint8Array {
  const value = new Uint8Array(3 * SEQUENCE_BYTES)
  const numbers = [checkpoint.sequence, checkpoint.chunks, checkpoint.bytes]
  for (const [i, number] of numbers.entries()) writeSequence(viewOf(value.subarray(i * SEQUENCE_BYTES)), number)
  return value
}

export function readCheckpoint(value: Uint8Array | undefined): Checkpoint {
  if (value?.length !== 3 * SEQUENCE_BYTES) return { sequence: 0, chunks: 0, bytes: 0 }
  const [sequence, chunks, bytes] = [0, 1, 2].map(i => readSequence(viewOf(value.subarray(i * SEQUENCE_BYTES)))) as [number, number, number]
  return { sequence, chunks, bytes }
}
