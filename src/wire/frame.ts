import { fail } from '../errors/index.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import type { ByteQueue } from './bytes.ts'

/** What a frame holds; one byte on the wire. Numbers are never used again for something else. */
export const FRAME = {
  hello: 0x01,
  failure: 0x02,
  tick: 0x03,
  joinChallenge: 0x10,
  joinProof: 0x11,
  joinWelcome: 0x12,
  heads: 0x20,
  mark: 0x21,
  marked: 0x22,
  wantLogs: 0x23,
  envelopes: 0x24,
  logsDone: 0x25,
  wantChunks: 0x30,
  chunks: 0x31,
  wantHistory: 0x32,
  history: 0x33,
  where: 0x40,
  places: 0x41
} as const

export type FrameType = typeof FRAME[keyof typeof FRAME]

const KNOWN: ReadonlySet<number> = new Set(Object.values(FRAME))
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(FRAME).map(([name, type]) => [type, name]))

export interface Frame {
  readonly type: FrameType
  /** May be a view on received bytes: copy what must live longer. */
  readonly body: Uint8Array
}

/** Length (4 bytes, big-endian, of what follows) and type (1 byte). */
export const FRAME_HEADER_BYTES = 5

/** A frame's name for logs and failures. */
export const frameName = (type: number): string => NAMES.get(type) ?? `0x${type.toString(16)}`

/** A whole frame with room for a body of `bodyBytes`, to be filled from `FRAME_HEADER_BYTES` on. */
export function frameOf(type: FrameType, bodyBytes: number): Uint8Array {
  if (bodyBytes + 1 > MAX_FRAME_BYTES) fail('LIMIT_EXCEEDED', `a frame of ${bodyBytes} bytes is larger than the ${MAX_FRAME_BYTES} a peer accepts`)
  const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + bodyBytes)
  frame.writeUInt32BE(bodyBytes + 1, 0)
  frame[4] = type
  return frame
}

/** @returns header and body in one array, ready to send */
export function encodeFrame(type: FrameType, body: Uint8Array): Uint8Array {
  const frame = frameOf(type, body.byteLength)
  frame.set(body, FRAME_HEADER_BYTES)
  return frame
}

/**
 * Takes the next frame off received bytes; undefined while it is not complete. Refuses a length before its bytes arrive, so a peer
 * can't make this side hold more than one frame.
 * @param into where to put a body that has to be copied, if it has room
 * @throws PEER_MISBEHAVED
 */
export function takeFrame(queue: ByteQueue, into?: Uint8Array): Frame | undefined {
  const length = queue.peekUint32()
  if (length === undefined) return undefined
  if (length < 1 || length > MAX_FRAME_BYTES) fail('PEER_MISBEHAVED', `the peer announced a frame of ${length} bytes; ${MAX_FRAME_BYTES} are allowed`)
  if (queue.length < 4 + length) return undefined
  queue.take(4)
  const type = queue.take(1)[0] ?? 0
  const body = queue.take(length - 1, into)
  if (!isFrameType(type)) fail('PEER_MISBEHAVED', `the peer sent a frame of unknown type ${frameName(type)}`)
  return { type, body }
}

const isFrameType = (type: number): type is FrameType => KNOWN.has(type)
