/** Behind the key itself: a sequence number of seven bytes and a byte that tells puts from deletions. */
const KEY_TAIL_BYTES = 8

interface Row { readonly key: Buffer, readonly valueAt: number }

/**
 * The rows of a block of a LevelDB table (its doc/table_format.md and table/block_builder.cc): each key without the part it shares with the
 * one before, then the offsets at which rows share nothing.
 * @throws RangeError where it does not hold together
 */
export function rowsIn(block: Buffer): readonly Row[] {
  const restarts = block.readUInt32LE(block.length - 4)
  const end = block.length - 4 * (restarts + 1)
  const rows: Row[] = []
  const whole = new Set<number>()
  let before = Buffer.alloc(0)
  for (const reader = new VarintReader(block); reader.at < end;) {
    const begin = reader.at
    const [shared, keyBytes, valueBytes] = [reader.number(), reader.number(), reader.number()]
    const valueAt = reader.at + keyBytes
    if (shared > before.length || valueAt + valueBytes > end) throw new RangeError('a row leads out of its block')
    if (shared === 0) whole.add(begin)
    before = Buffer.concat([before.subarray(0, shared), block.subarray(reader.at, valueAt)])
    rows.push({ key: before, valueAt })
    reader.at = valueAt + valueBytes
  }
  for (let i = 0; i < restarts; i++) if (rows.length > 0 && !whole.has(block.readUInt32LE(end + 4 * i))) throw new RangeError('a block leads into the middle of a row')
  return rows
}

/** Whether keys of a table follow each other as LevelDB relies on: by key, then the newest first. */
export function areInOrder(keys: Iterable<Buffer>): boolean {
  let before: Buffer | undefined
  for (const key of keys) {
    if (key.length < KEY_TAIL_BYTES || (before !== undefined && compare(before, key) >= 0)) return false
    before = key
  }
  return true
}

function compare(a: Buffer, b: Buffer): number {
  const [aEnd, bEnd] = [a.length - KEY_TAIL_BYTES, b.length - KEY_TAIL_BYTES]
  return Buffer.compare(a.subarray(0, aEnd), b.subarray(0, bEnd)) || Number(b.readBigUInt64LE(bEnd) - a.readBigUInt64LE(aEnd))
}

export class VarintReader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.at = at
  }

  number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.at++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
}
