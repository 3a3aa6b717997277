import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Database } from './databases.ts'
import { crc32c, unmaskCrc } from './crc32c.ts'
import { unsnappy } from './snappy.ts'

/** Footer of a table: two handles, padding, and the magic number. */
const FOOTER_BYTES = 48
const MAGIC = 0xdb4775248b80fb57n
/** Behind each block: how it is compressed, and the CRC of it and that byte. */
const TRAILER_BYTES = 5
/** Between two breaks for the other work of the thread. Bytes. */
const BREAK_BYTES = 2 * 1024 * 1024

interface Handle { readonly offset: number, readonly size: number }

/** A table of LevelDB, and the keys it holds. */
export interface TableFile { readonly path: string, readonly first: Uint8Array, readonly last: Uint8Array }

/** A line of LevelDB's own list: `12:345['<first>' @ 1 : 1 .. '<last>' @ 9 : 1]`, with bytes that are no printable ASCII as \xNN. */
const LISTED = /^ (\d+):\d+\['(.*)' @ \d+ : \d+ \.\. '(.*)' @ \d+ : \d+\]$/

/** The tables of a database at the moment. */
export function tablesOf(database: Database): TableFile[] {
  return database.getProperty('leveldb.sstables').split('\n').flatMap(line => {
    const [, number, first, last] = LISTED.exec(line) ?? []
    if (number === undefined || first === undefined || last === undefined) return []
    return [{ path: join(database.location, `${number.padStart(6, '0')}.ldb`), first: unescape(first), last: unescape(last) }]
  })
}

function unescape(text: string): Uint8Array {
  const plain = text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return new Uint8Array(Buffer.from(plain, 'latin1'))
}

/** `unfinished`: without its end; a crash leaves such files, which LevelDB doesn't know of. */
export type Soundness = 'sound' | 'damaged' | 'unfinished'

/**
 * Whether a table is as LevelDB wrote it. LevelDB itself never checks; it gives out what it finds, and ends the process where that breaks
 * its assumptions, most often when it compacts.
 */
export async function checkTable(path: string): Promise<Soundness> {
  const fd = openSync(path, 'r')
  try {
    const footer = read(fd, fstatSync(fd).size - FOOTER_BYTES, FOOTER_BYTES)
    if (footer === undefined || footer.readBigUInt64LE(FOOTER_BYTES - 8) !== MAGIC) return 'unfinished'
    return await checkBlocks(fd, footer) ? 'sound' : 'damaged'
  } catch {
    // A read that fails, or a handle that leads nowhere.
    return 'damaged'
  } finally {
    closeSync(fd)
  }
}

async function checkBlocks(fd: number, footer: Buffer): Promise<boolean> {
  const reader = new VarintReader(footer)
  let sinceBreak = 0
  for (const outer of [reader.handle(), reader.handle()]) {
    const block = readBlock(fd, outer)
    if (block === undefined) return false
    for (const handle of handlesIn(block)) {
      if (readBlock(fd, handle, false) === undefined) return false
      sinceBreak += handle.size
      if (sinceBreak < BREAK_BYTES) continue
      sinceBreak = 0
      await setImmediate()
    }
  }
  return true
}

function read(fd: number, position: number, length: number): Buffer | undefined {
  if (position < 0 || length < 0 || length > 2 ** 30) return undefined
  const buffer = Buffer.allocUnsafe(length)
  return readSync(fd, buffer, 0, length, position) === length ? buffer : undefined
}

/** A block whose CRC is right, uncompressed unless only its soundness matters; undefined where it is not. */
function readBlock(fd: number, { offset, size }: Handle, isWanted = true): Buffer | undefined {
  const stored = read(fd, offset, size + TRAILER_BYTES)
  if (stored === undefined || crc32c(stored.subarray(0, size + 1)) !== unmaskCrc(stored.readInt32LE(size + 1))) return undefined
  if (!isWanted) return stored
  return stored[size] === 0 ? stored.subarray(0, size) : unsnappy(stored.subarray(0, size))
}

/** The handles that are the values of an index block. */
function* handlesIn(block: Buffer): Generator<Handle> {
  const restarts = block.readUInt32LE(block.length - 4)
  const end = block.length - 4 * (restarts + 1)
  for (const reader = new VarintReader(block); reader.at < end;) {
    reader.number()
    const keyBytes = reader.number()
    const valueBytes = reader.number()
    const value = reader.at + keyBytes
    reader.at = value
    yield reader.handle()
    reader.at = value + valueBytes
  }
}

class VarintReader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.at++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  handle(): Handle {
    return { offset: this.number(), size: this.number() }
  }
}
