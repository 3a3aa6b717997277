import { fail } from '../errors/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { BATCH_FRAME_BYTES, MAX_FRAME_BYTES, MAX_WANTED_CHUNKS } from './limits.ts'
import { FRAME, FRAME_HEADER_BYTES, frameOf } from './frame.ts'

/** A chunk as the answering side has it: its bytes, or why there are none. */
export type ChunkAnswer = Uint8Array | 'missing' | 'damaged'

const ID_BYTES = 4
const LENGTH_BYTES = 4
const MISSING = 0xffffffff
const DAMAGED = 0xfffffffe

/** The largest chunk a frame can carry, bytes. */
export const MAX_CHUNK_BYTES = MAX_FRAME_BYTES - 1 - ID_BYTES - LENGTH_BYTES

/** A `want-chunks` frame: request id (4 bytes) and the hashes. */
export function packWant(id: number, hashes: readonly Hash[]): Uint8Array {
  const frame = Buffer.from(frameOf(FRAME.wantChunks, ID_BYTES + hashes.length * HASH_BYTES).buffer)
  let at = frame.writeUInt32BE(id, FRAME_HEADER_BYTES)
  for (const hash of hashes) {
    frame.set(hash, at)
    at += HASH_BYTES
  }
  return frame
}

/** @throws PEER_MISBEHAVED */
export function unpackWant(body: Uint8Array): { readonly id: number, readonly hashes: readonly Hash[] } {
  const count = (body.byteLength - ID_BYTES) / HASH_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_WANTED_CHUNKS) {
    fail('PEER_MISBEHAVED', `the peer wants chunks with ${body.byteLength} bytes; that is not 1 to ${MAX_WANTED_CHUNKS} hashes`)
  }
  const id = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0)
  return { id, hashes: Array.from({ length: count }, (_, i) => new Uint8Array(body.subarray(ID_BYTES + i * HASH_BYTES, ID_BYTES + (i + 1) * HASH_BYTES))) }
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
