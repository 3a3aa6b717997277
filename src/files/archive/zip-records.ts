/** Records of a ZIP file, after PKWARE's APPNOTE 6.3: with UTF-8 names, and the 64-bit forms where they are needed only. */

const LOCAL = 0x04034b50
const DESCRIPTOR = 0x08074b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50

/** Names are UTF-8. */
const UTF8_FLAG = 0x0800
/** Checksum and sizes follow the content. */
const DESCRIPTOR_FLAG = 0x0008
const STORED = 0
const DEFLATED = 8
/** Made under Unix, by the rules of version 4.5. */
const MADE_BY = 0x032d
const NEEDS = 20
const NEEDS_64 = 45
const MAX_16 = 0xffff
const MAX_32 = 0xffff_ffff

/** A file in the archive. */
export interface ZipEntry {
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly executable: boolean
  /** Bytes of the content. */
  readonly size: number
  /** Bytes it takes in the archive. */
  readonly packedSize: number
  readonly crc: number
  /** Whether it is in blocks (deflate's stored ones) with a descriptor behind it, because its checksum was not known ahead. */
  readonly isStreamed: boolean
  /** Where its local record begins. */
  readonly offset: number
}

/** Days and two-second steps as DOS counts them, in UTC, so that the archive is the same everywhere. */
function dosTime(time: Date): { date: number, time: number } {
  const year = Math.min(Math.max(time.getUTCFullYear(), 1980), 2107) - 1980
  return {
    date: year << 9 | (time.getUTCMonth() + 1) << 5 | time.getUTCDate(),
    time: time.getUTCHours() << 11 | time.getUTCMinutes() << 5 | time.getUTCSeconds() >> 1
  }
}

/** Info-ZIP's extra field with the exact time; readers prefer it to the DOS one, which has no time zone. */
function timeExtra(time: Date): Buffer {
  const extra = Buffer.alloc(9)
  extra.writeUInt16LE(0x5455, 0)
  extra.writeUInt16LE(5, 2)
  extra.writeUInt8(1, 4)
  extra.writeInt32LE(Math.min(Math.max(Math.floor(time.getTime() / 1000), 0), 0x7fff_ffff), 5)
  return extra
}

/** The extra field for values that don't fit their place; empty when there are none. */
function extra64(values: readonly number[]): Buffer {
  if (values.length === 0) return Buffer.alloc(0)
  const extra = Buffer.alloc(4 + 8 * values.length)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(8 * values.length, 2)
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i)
  return extra
}

const nameOf = ({ path, kind }: ZipEntry): Buffer => Buffer.from(kind === 'folder' ? `${path}/` : path)
/** Decided by what is known ahead, so that the record before the content and the one behind it agree. */
const isLarge = ({ size, packedSize }: ZipEntry): boolean => size >= MAX_32 || packedSize >= MAX_32

/** What local and central records have in common, from the version needed to the length of the name. */
function common(entry: ZipEntry, time: Date, shown: { crc: number, size: number, packedSize: number }, nameLength: number): Buffer {
  const { date, time: clock } = dosTime(time)
  const record = Buffer.alloc(24)
  record.writeUInt16LE(isLarge(entry) ? NEEDS_64 : NEEDS, 0)
  record.writeUInt16LE(UTF8_FLAG | (entry.isStreamed ? DESCRIPTOR_FLAG : 0), 2)
  record.writeUInt16LE(entry.isStreamed ? DEFLATED : STORED, 4)
  record.writeUInt16LE(clock, 6)
  record.writeUInt16LE(date, 8)
  record.writeUInt32LE(shown.crc, 10)
  record.writeUInt32LE(shown.packedSize, 14)
  record.writeUInt32LE(shown.size, 18)
  record.writeUInt16LE(nameLength, 22)
  return record
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

/** Comes before a file's content. */
export function localRecord(entry: ZipEntry, time: Date): Buffer {
  const name = nameOf(entry)
  const large = isLarge(entry)
  const known = entry.isStreamed ? { crc: 0, size: 0, packedSize: 0 } : { crc: entry.crc, size: entry.size, packedSize: entry.packedSize }
  const shown = large ? { ...known, size: MAX_32, packedSize: MAX_32 } : known
  const extra = Buffer.concat([extra64(large ? [known.size, known.packedSize] : []), timeExtra(time)])
  return Buffer.concat([signature(LOCAL), common(entry, time, shown, name.length), number16(extra.length), name, extra])
}

/** Comes behind the content of a streamed file. */
export function descriptor(entry: ZipEntry): Buffer {
  const sizes = Buffer.alloc(isLarge(entry) ? 16 : 8)
  if (isLarge(entry)) {
    sizes.writeBigUInt64LE(BigInt(entry.packedSize), 0)
    sizes.writeBigUInt64LE(BigInt(entry.size), 8)
  } else {
    sizes.writeUInt32LE(entry.packedSize, 0)
    sizes.writeUInt32LE(entry.size, 4)
  }
  return Buffer.concat([signature(DESCRIPTOR), signature(entry.crc), sizes])
}

/** One line of the directory at the end. */
export function centralRecord(entry: ZipEntry, time: Date): Buffer {
  const name = nameOf(entry)
  const large = isLarge(entry)
  const isFar = entry.offset >= MAX_32
  const extra = Buffer.concat([extra64([...large ? [entry.size, entry.packedSize] : [], ...isFar ? [entry.offset] : []]), timeExtra(time)])
  const shown = large ? { crc: entry.crc, size: MAX_32, packedSize: MAX_32 } : entry
  const mode = entry.kind === 'folder' ? 0o040755 : entry.executable ? 0o100755 : 0o100644
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(((mode << 16) | (entry.kind === 'folder' ? 0x10 : 0)) >>> 0, 6)
  rest.writeUInt32LE(isFar ? MAX_32 : entry.offset, 10)
  return Buffer.concat([signature(CENTRAL), number16(MADE_BY), common(entry, time, shown, name.length), number16(extra.length), rest, name, extra])
}

/** Ends the archive. @param at where the directory begins @param bytes of the directory */
export function endRecords(count: number, at: number, bytes: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(Math.min(count, MAX_16), 8)
  end.writeUInt16LE(Math.min(count, MAX_16), 10)
  end.writeUInt32LE(Math.min(bytes, MAX_32), 12)
  end.writeUInt32LE(Math.min(at, MAX_32), 16)
  if (count < MAX_16 && at < MAX_32 && bytes < MAX_32) return end
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(END_64, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeUInt16LE(MADE_BY, 12)
  end64.writeUInt16LE(NEEDS_64, 14)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(bytes), 40)
  end64.writeBigUInt64LE(BigInt(at), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(LOCATOR_64, 0)
  locator.writeBigUInt64LE(BigInt(at + bytes), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, end])
}
