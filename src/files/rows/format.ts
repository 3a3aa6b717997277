import { blake3 } from '../../chunks/index.ts'
import { fail } from '../../errors/index.ts'
import { HASH_BYTES } from '../../model/index.ts'

/**
 * A file of rows in the order of their paths: a head of 512 bytes (BLAKE3 of the rest of it, then JSON filled up with spaces), then blocks
 * (bytes and rows, 4 bytes each, little-endian; BLAKE3; the rows). A head without a count of rows is of a file that was not finished.
 * Only ever read by the machine that wrote it; what is of another format is as good as nothing.
 */
const FORMAT = 'shoal rows 1'
export const HEAD_BYTES = 512
export const BLOCK_HEAD_BYTES = 8 + HASH_BYTES

/** What a file's owner notes about the whole, beside the count of rows. */
export type Facts = Readonly<Record<string, string | number | boolean>>

/** A block as it is in the file. */
export interface Block { readonly bytes: Buffer, readonly rows: number }

export function encodeHead(facts: Facts): Buffer {
  const head = Buffer.alloc(HEAD_BYTES, ' ')
  const text = JSON.stringify({ format: FORMAT, ...facts })
  if (Buffer.byteLength(text) > HEAD_BYTES - HASH_BYTES) fail('INTERNAL', 'the head of a file of rows is too long')
  head.write(text, HASH_BYTES)
  head.set(blake3(head.subarray(HASH_BYTES)))
  return head
}

/** Undefined when it is not the head of such a file. */
export function decodeHead(head: Buffer): Facts | undefined {
  if (Buffer.compare(blake3(head.subarray(HASH_BYTES)), head.subarray(0, HASH_BYTES)) !== 0) return undefined
  const { format, ...facts } = JSON.parse(head.toString('utf8', HASH_BYTES)) as Facts
  return format === FORMAT ? facts : undefined
}

export function encodeBlockHead({ bytes, rows }: { readonly bytes: Uint8Array, readonly rows: number }): Buffer {
  const head = Buffer.alloc(BLOCK_HEAD_BYTES)
  head.writeUInt32LE(bytes.length, 0)
  head.writeUInt32LE(rows, 4)
  head.set(blake3(bytes), 8)
  return head
}

export const decodeBlockHead = (head: Buffer): { length: number, rows: number, hash: Buffer } =>
  ({ length: head.readUInt32LE(0), rows: head.readUInt32LE(4), hash: head.subarray(8) })
