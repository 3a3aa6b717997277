import { z } from 'zod'
import { fail } from '../errors/index.ts'
import { HASH_BYTES } from '../model/index.ts'
import { message } from './codec.ts'
import { identifier } from './hello.ts'
import { BATCH_FRAME_BYTES, MAX_ENVELOPES_PER_LOG, MAX_HEADS, MAX_WANTED_LOGS } from './limits.ts'
import { FRAME, FRAME_HEADER_BYTES, frameOf } from './frame.ts'

/**
 * Where one log of the sender stands: document, device, epoch (rises when a device starts its logs anew), sequence number, hash of the
 * last envelope. A list, not a map: there are many.
 */
export type HeadRow = readonly [document: string, device: string, epoch: number, seq: number, hash: Uint8Array]

/** One log the asker wants: envelopes from `after + 1` on, at most `limit`. */
export type WantRow = readonly [document: string, device: string, epoch: number, after: number, limit: number]

const seq = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
const hash = z.instanceof(Uint8Array).refine(bytes => bytes.byteLength === HASH_BYTES, 'not a hash')
const requestId = z.int().min(0).max(0xffffffff)

/** Logs of the sender that the reader has not heard of since the last `heads`. */
export const headsMessage = message<{ readonly heads: readonly HeadRow[] }>('heads', z.object({
  heads: z.array(z.tuple([identifier, identifier, seq, seq.min(1), hash])).max(MAX_HEADS)
}))

export const wantLogsMessage = message<{ readonly id: number, readonly logs: readonly WantRow[] }>('want-logs', z.object({
  id: requestId,
  logs: z.array(z.tuple([identifier, identifier, seq, seq, z.int().min(1).max(MAX_ENVELOPES_PER_LOG)])).min(1).max(MAX_WANTED_LOGS)
}))

/** `mark` asks to be told once everything that is new at this moment was announced; `marked` says so; `logsDone` ends the answer to a want. */
export const markMessage = message<{ readonly id: number }>('mark', z.object({ id: requestId }))

const RECORD_BYTES = 4

/**
 * Packs envelopes into `envelopes` frames: request id (4 bytes), then each as length (4 bytes) and bytes. A frame is closed at
 * about `BATCH_FRAME_BYTES`.
 * @throws LIMIT_EXCEEDED for an envelope no frame can hold
 */
export function* packEnvelopes(id: number, envelopes: readonly Uint8Array[]): Generator<Uint8Array> {
  for (let first = 0; first < envelopes.length;) {
    let last = first
    let size = 4
    while (last < envelopes.length) {
      const next = RECORD_BYTES + (envelopes[last]?.byteLength ?? 0)
      if (last > first && size + next > BATCH_FRAME_BYTES) break
      size += next
      last++
    }
    yield packed(id, envelopes.slice(first, last), size)
    first = last
  }
}

function packed(id: number, envelopes: readonly Uint8Array[], size: number): Uint8Array {
  const frame = Buffer.from(frameOf(FRAME.envelopes, size).buffer)
  let at = frame.writeUInt32BE(id, FRAME_HEADER_BYTES)
  for (const envelope of envelopes) {
    at = frame.writeUInt32BE(envelope.byteLength, at)
    frame.set(envelope, at)
    at += envelope.byteLength
  }
  return frame
}

/** Reads an `envelopes` body; each envelope is a copy. @throws PEER_MISBEHAVED */
export function unpackEnvelopes(body: Uint8Array): { readonly id: number, readonly envelopes: readonly Uint8Array[] } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  if (body.byteLength < 4) fail('PEER_MISBEHAVED', 'the peer sent envelopes without a request')
  const envelopes: Uint8Array[] = []
  let at = 4
  while (at < body.byteLength) {
    if (at + RECORD_BYTES > body.byteLength) fail('PEER_MISBEHAVED', 'the peer sent an envelope without its length')
    const length = view.getUint32(at)
    at += RECORD_BYTES
    if (length === 0 || at + length > body.byteLength) fail('PEER_MISBEHAVED', `the peer sent an envelope of ${length} bytes that its frame does not hold`)
    envelopes.push(new Uint8Array(body.subarray(at, at + length)))
    at += length
  }
  return { id: view.getUint32(0), envelopes }
}
