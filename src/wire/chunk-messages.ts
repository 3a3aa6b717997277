import { fail } from '../errors/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { BATCH_FRAME_BYTES, MAX_FRAME_BYTES, MAX_ID_LENGTH, MAX_WANTED_CHUNKS } from './limits.ts'
import { FRAME, FRAME_HEADER_BYTES, frameOf } from './frame.ts'

/** A chunk as the answering side has it: its bytes, or why there are none. */
export type ChunkAnswer = Uint8Array | 'missing' | 'damaged'

const ID_BYTES = 4
const LENGTH_BYTES = 4
const MISSING = 0xffffffff
const DAMAGED = 0xfffffffe

/** The largest chunk a frame can carry, bytes. */
export const MAX_CHUNK_BYTES = MAX_FRAME_BYTES - 1 - ID_BYTES - LENGTH_BYTES

/** What one `want-chunks` frame asks for. */
export interface ChunkWant {
  readonly id: number
  /** The dataset the chunks are wanted for: who asks must be allowed to see it, and the chunks must be its. */
  readonly dataset: string
  readonly hashes: readonly Hash[]
}

/** A `want-chunks` frame: request id (4 bytes), the dataset (its length in 1 byte, and ASCII), the hashes. */
export function packWant({ id, dataset, hashes }: ChunkWant): Uint8Array {
  const frame = Buffer.from(frameOf(FRAME.wantChunks, ID_BYTES + 1 + dataset.length + hashes.length * HASH_BYTES).buffer)
  let at = frame.writeUInt8(dataset.length, frame.writeUInt32BE(id, FRAME_HEADER_BYTES))
  at += frame.write(dataset, at, 'latin1')
  for (const hash of hashes) {
    frame.set(hash, at)
    at += HASH_BYTES
  }
  return frame
}

/** @throws PEER_MISBEHAVED */
export function unpackWant(body: Uint8Array): ChunkWant {
  const named = body[ID_BYTES] ?? 0
  const start = ID_BYTES + 1 + named
  const count = (body.byteLength - start) / HASH_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_WANTED_CHUNKS) {
    fail('PEER_MISBEHAVED', `the peer wants chunks with ${body.byteLength} bytes; that is not 1 to ${MAX_WANTED_CHUNKS} hashes`)
  }
  if (named < 1 || named > MAX_ID_LENGTH) fail('PEER_MISBEHAVED', 'the peer wants chunks and names no dataset')
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const dataset = bytes.toString('latin1', ID_BYTES + 1, start)
  return { id: bytes.readUInt32BE(0), dataset, hashes: Array.from({ length: count }, (_, i) => new Uint8Array(body.subarray(start + i * HASH_BYTES, start + (i + 1) * HASH_BYTES))) }
}

const bytesOf = (answer: ChunkAnswer): number => typeof answer === 'string' ? 0 : answer.byteLength

/**
 * Packs answers, in the order they were asked for, into `chunks` frames: request id (4 bytes), then each as length (4 bytes; two values
 * above every length say missing and damaged) and bytes. A chunk is never split over frames.
 */
export function* packChunks(id: number, answers: readonly ChunkAnswer[]): Generator<Uint8Array> {
  for (let first = 0; first < answers.length;) {
    let last = first
    let size = ID_BYTES
    while (last < answers.length) {
      const next = LENGTH_BYTES + bytesOf(answers[last] ?? 'missing')
      if (last > first && size + next > BATCH_FRAME_BYTES) break
      size += next
      last++
    }
    yield packed(id, answers.slice(first, last), size)
    first = last
  }
}

function packed(id: number, answers: readonly ChunkAnswer[], size: number): Uint8Array {
  const frame = Buffer.from(frameOf(FRAME.chunks, size).buffer)
  let at = frame.writeUInt32BE(id, FRAME_HEADER_BYTES)
  for (const answer of answers) {
    if (typeof answer === 'string') {
      at = frame.writeUInt32BE(answer === 'missing' ? MISSING : DAMAGED, at)
    } else {
      at = frame.writeUInt32BE(answer.byteLength, at)
      frame.set(answer, at)
      at += answer.byteLength
    }
  }
  return frame
}

/** Reads a `chunks` body; chunks are views on it. @throws PEER_MISBEHAVED */
export function unpackChunks(body: Uint8Array): { readonly id: number, readonly answers: readonly ChunkAnswer[] } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  if (body.byteLength < ID_BYTES + LENGTH_BYTES) fail('PEER_MISBEHAVED', 'the peer sent chunks without any')
  const answers: ChunkAnswer[] = []
  let at = ID_BYTES
  while (at < body.byteLength) {
    if (at + LENGTH_BYTES > body.byteLength) fail('PEER_MISBEHAVED', 'the peer sent a chunk without its length')
    const length = view.getUint32(at)
    at += LENGTH_BYTES
    if (length === MISSING || length === DAMAGED) {
      answers.push(length === MISSING ? 'missing' : 'damaged')
      continue
    }
    if (at + length > body.byteLength) fail('PEER_MISBEHAVED', `the peer sent a chunk of ${length} bytes that its frame does not hold`)
    answers.push(body.subarray(at, at + length))
    at += length
  }
  return { id: view.getUint32(0), answers }
}
