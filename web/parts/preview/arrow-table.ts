import { CompressionType, setCompressionCodec, tableFromIPC } from '@uwdata/flechette'
import { decompress } from 'fzstd'
import { unpackLz4Frame } from './lz4-frame.ts'
import { cellText, type Table } from './tables.ts'

/** Arrow IPC (Feather) out of the beginning of a file: the file format is the stream format between two words and a foot. */

const packing = (): Uint8Array => { throw new Error('A preview packs nothing') }
setCompressionCodec(CompressionType.LZ4_FRAME, { encode: packing, decode: unpackLz4Frame })
setCompressionCodec(CompressionType.ZSTD, { encode: packing, decode: bytes => decompress(bytes) })

/** `ARROW1` and two zeros. */
const FILE_HEAD = 8
/** What stands before the length of each message since Arrow 0.15. */
const CONTINUES = 0xffffffff
/** Field of a Message (Message.fbs) that says how long its body is. */
const BODY_LENGTH = 3
/** Shown at most; more make a browser slow. */
const MAX_ROWS = 20_000
const MAX_COLUMNS = 100

/** The whole messages that bytes begin with, and whether they are all there are. Their lengths are where Message.fbs has them. */
export function wholeMessages(bytes: Uint8Array): { readonly messages: Uint8Array, readonly isEnd: boolean } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = new TextDecoder().decode(bytes.subarray(0, 6)) === 'ARROW1' ? FILE_HEAD : 0
  let at = start
  while (at + 8 <= bytes.length) {
    const isNew = view.getUint32(at, true) === CONTINUES
    const head = isNew ? 8 : 4
    const length = view.getInt32(at + head - 4, true)
    if (length <= 0) return { messages: bytes.slice(start, at), isEnd: true }
    if (at + head + length > bytes.length) break
    const next = at + head + length + bodyLength(view, at + head)
    if (next > bytes.length) break
    at = next
  }
  return { messages: bytes.slice(start, at), isEnd: at === bytes.length }
}

/** A field of a FlatBuffers table is found through the offsets its table of fields lists. */
function bodyLength(view: DataView, message: number): number {
  const table = message + view.getUint32(message, true)
  const fields = table - view.getInt32(table, true)
  const slot = 4 + 2 * BODY_LENGTH
  if (slot >= view.getUint16(fields, true)) return 0
  const offset = view.getUint16(fields + slot, true)
  return offset === 0 ? 0 : Math.max(0, Number(view.getBigInt64(table + offset, true)))
}

/** @param isWhole false where the bytes are the beginning of a longer file @throws Error where it is no Arrow */
export function readArrow(bytes: Uint8Array, isWhole: boolean): Table {
  const { messages } = wholeMessages(bytes)
  const table = tableFromIPC(messages, { useDate: true, useDecimalInt: true, useProxy: false })
  const names = table.names.slice(0, MAX_COLUMNS)
  const columns = names.map((_, i) => table.getChildAt(i))
  const count = Math.min(table.numRows, MAX_ROWS)
  const rows = Array.from({ length: count }, (_, row) => columns.map(column => cellText(column.at(row))))
  const numeric = names.map((_, i) => rows.length > 0 && rows.every(row => row[i] === '' || Number.isFinite(Number(row[i]))))
  return { columns: names, rows, numeric, isCut: !isWhole || table.numRows > MAX_ROWS || table.names.length > MAX_COLUMNS }
}
