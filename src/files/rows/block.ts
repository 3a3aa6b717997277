import { HASH_BYTES } from '../../model/index.ts'
import type { Content } from '../../trees/index.ts'
import type { FileStat, Held, Row } from './row.ts'

/**
 * Rows in bytes. A row is: flags (1 byte), bytes of the path shared with the row before (2), further bytes of the path (2) and these; where
 * it has a stat: size, mtime, ctime (8 each), inode (8); where it held something: size (8), hash (32) and the chunks. Little-endian.
 */
const FOLDER = 1
const LINK = 2
const STAT = 4
const STAT_EXECUTABLE = 8
const HELD = 16
const HELD_EXECUTABLE = 32
const TEXT = 64
/** The hash is followed by the number of chunks (1 byte; 0: whole, 255: the root of a list), then hashes, then lengths (4 each). */
const LIST = 255

/** A block is written when it is this full. Bytes. */
const FULL_BYTES = 64 * 1024
/** More than any row takes: a path of 1,024 bytes, and 8 chunks. */
const MAX_ROW_BYTES = 2048
export const MAX_BLOCK_BYTES = FULL_BYTES + MAX_ROW_BYTES

const STAT_BYTES = 32
const KEY_BYTES = 2048

/** Encodes rows, with the part of a path that the row before has too left out. */
export class BlockEncoder {
  readonly #bytes = Buffer.allocUnsafe(MAX_BLOCK_BYTES)
  #at = 0
  #rows = 0
  #last: Buffer = Buffer.allocUnsafe(KEY_BYTES)
  #lastLength = 0
  #key: Buffer = Buffer.allocUnsafe(KEY_BYTES)

  get rows(): number { return this.#rows }
  get isFull(): boolean { return this.#at >= FULL_BYTES }

  /** The block's bytes, valid until the next `add`; it is then empty. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#at)
    this.#at = 0
    this.#rows = 0
    this.#lastLength = 0
    return bytes
  }

  add(row: Row): void {
    const start = this.#at
    this.#at++
    this.#path(row.path)
    let flags = row.kind === 'folder' ? FOLDER : row.kind === 'link' ? LINK : 0
    if (row.stat !== undefined) flags |= STAT | this.#stat(row.stat)
    if (row.held !== undefined) flags |= HELD | this.#held(row.held)
    this.#bytes[start] = flags
    this.#rows++
  }

  #path(path: string): void {
    const key = this.#key
    const length = key.write(path)
    const most = Math.min(length, this.#lastLength)
    let shared = 0
    while (shared < most && key[shared] === this.#last[shared]) shared++
    this.#bytes.writeUInt16LE(shared, this.#at)
    this.#bytes.writeUInt16LE(length - shared, this.#at + 2)
    this.#at += 4
    this.#at += key.copy(this.#bytes, this.#at, shared, length)
    this.#key = this.#last
    this.#last = key
    this.#lastLength = length
  }

  #stat(stat: FileStat): number {
    this.#bytes.writeDoubleLE(stat.size, this.#at)
    this.#bytes.writeBigInt64LE(stat.mtimeNs, this.#at + 8)
    this.#bytes.writeBigInt64LE(stat.ctimeNs, this.#at + 16)
    this.#bytes.writeBigUInt64LE(stat.ino, this.#at + 24)
    this.#at += STAT_BYTES
    return stat.executable ? STAT_EXECUTABLE : 0
  }

  #held(held: Held): number {
    this.#bytes.writeDoubleLE(held.size, this.#at)
    this.#bytes.set(held.hash, this.#at + 8)
    this.#at += 8 + HASH_BYTES
    this.#content(held.content)
    return (held.executable ? HELD_EXECUTABLE : 0) | (held.profile === 'text' ? TEXT : 0)
  }

  #content(content: Content): void {
    if (content.kind === 'whole') {
      this.#bytes[this.#at++] = 0
      return
    }
    if (content.kind === 'list') {
      this.#bytes[this.#at++] = LIST
      this.#bytes.set(content.root, this.#at)
      this.#at += HASH_BYTES
      return
    }
    const { hashes, lengths } = content.chunks
    this.#bytes[this.#at++] = lengths.length
    this.#bytes.set(hashes, this.#at)
    this.#at += hashes.length
    for (const length of lengths) this.#at = this.#bytes.writeUInt32LE(length, this.#at)
  }
}

/** Walks over the rows of a block. Its fields tell about the row it stands at; before the first `next` there is none. */
export class BlockDecoder {
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  readonly #key = Buffer.allocUnsafe(KEY_BYTES)
  #keyLength = 0
  #flags = 0
  #statAt = 0
  #heldAt = 0
  path = ''

  /** @param bytes what `BlockEncoder.take` gave; not to be changed */
  start(bytes: Buffer): void {
    this.#bytes = bytes
    this.#at = 0
    this.#keyLength = 0
  }

  /** Whether there was another row. @throws RangeError when the bytes are no block */
  next(): boolean {
    if (this.#at >= this.#bytes.length) return false
    this.#flags = this.#bytes.readUInt8(this.#at)
    const shared = this.#bytes.readUInt16LE(this.#at + 1)
    const further = this.#bytes.readUInt16LE(this.#at + 3)
    if (shared > this.#keyLength || shared + further > KEY_BYTES || this.#at + 5 + further > this.#bytes.length) throw new RangeError('path')
    this.#bytes.copy(this.#key, shared, this.#at + 5, this.#at + 5 + further)
    this.#keyLength = shared + further
    this.path = this.#key.toString('utf8', 0, this.#keyLength)
    this.#statAt = this.#at + 5 + further
    this.#heldAt = this.#statAt + (this.#has(STAT) ? STAT_BYTES : 0)
    this.#at = this.#has(HELD) ? this.#heldAt + 8 + HASH_BYTES + this.#contentBytes() : this.#heldAt
    return true
  }

  #has(flag: number): boolean { return (this.#flags & flag) !== 0 }

  get #countAt(): number { return this.#heldAt + 8 + HASH_BYTES }

  #contentBytes(): number {
    const count = this.#bytes.readUInt8(this.#countAt)
    return count === LIST ? 1 + HASH_BYTES : 1 + count * (HASH_BYTES + 4)
  }

  get kind(): Row['kind'] { return this.#has(FOLDER) ? 'folder' : this.#has(LINK) ? 'link' : 'file' }

  /** Whether the row has a stat, and that is this one, all of it. */
  isLike(stat: FileStat): boolean {
    return this.#isSameFile(stat) && this.#bytes.readBigInt64LE(this.#statAt + 16) === stat.ctimeNs && this.#has(STAT_EXECUTABLE) === stat.executable
  }

  /** As `isLike`, but for the time of change and the executable bit: a rename sets the one, the other is no content. */
  isLikeApartFromChange(stat: FileStat): boolean { return this.#isSameFile(stat) }

  #isSameFile(stat: FileStat): boolean {
    return this.#has(STAT) && this.#bytes.readDoubleLE(this.#statAt) === stat.size && this.#bytes.readBigInt64LE(this.#statAt + 8) === stat.mtimeNs &&
      this.#bytes.readBigUInt64LE(this.#statAt + 24) === stat.ino
  }

  stat(): FileStat | undefined {
    if (!this.#has(STAT)) return undefined
    const [bytes, at] = [this.#bytes, this.#statAt]
    return {
      size: bytes.readDoubleLE(at), mtimeNs: bytes.readBigInt64LE(at + 8), ctimeNs: bytes.readBigInt64LE(at + 16), ino: bytes.readBigUInt64LE(at + 24),
      executable: this.#has(STAT_EXECUTABLE)
    }
  }

  held(): Held | undefined {
    if (!this.#has(HELD)) return undefined
    return {
      size: this.#bytes.readDoubleLE(this.#heldAt),
      hash: new Uint8Array(this.#bytes.subarray(this.#heldAt + 8, this.#countAt)),
      executable: this.#has(HELD_EXECUTABLE),
      profile: this.#has(TEXT) ? 'text' : 'binary',
      content: this.#content()
    }
  }

  #content(): Content {
    const count = this.#bytes.readUInt8(this.#countAt)
    const start = this.#countAt + 1
    if (count === 0) return { kind: 'whole' }
    if (count === LIST) return { kind: 'list', root: new Uint8Array(this.#bytes.subarray(start, start + HASH_BYTES)) }
    const lengthsAt = start + count * HASH_BYTES
    const lengths = Uint32Array.from({ length: count }, (_, i) => this.#bytes.readUInt32LE(lengthsAt + 4 * i))
    return { kind: 'inline', chunks: { hashes: new Uint8Array(this.#bytes.subarray(start, lengthsAt)), lengths } }
  }

  row(): Row {
    return { path: this.path, kind: this.kind, stat: this.stat(), held: this.held() }
  }
}
