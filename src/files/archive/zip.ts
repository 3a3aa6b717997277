import { crc32 } from 'node:zlib'
import { fail } from '../../errors/index.ts'
import { type ArchiveSource, type LoadedMember, type Member, loadMembers, members } from './member.ts'
import { type ZipEntry, centralRecord, descriptor, endRecords, localRecord } from './zip-records.ts'

/*
 * Not compressed: what compresses well is the smaller part of most data sets, and compressed bytes differ between versions and builds of
 * zlib, so that the same version would not give the same archive. No library writes an archive of a million files without holding a million
 * objects, or takes the time in UTC.
 */

/** Deflate's longest stored block. Bytes. */
const BLOCK_BYTES = 0xffff
const BLOCK_HEAD_BYTES = 5
/** Records of the directory sent together. */
const DIRECTORY_PIECE_BYTES = 64 * 1024

/** What the directory needs to know of a member beside the member itself: 12 bytes each. */
class Places {
  #offsets = new Float64Array(64)
  #crcs = new Uint32Array(64)
  #count = 0

  add(offset: number, crc: number): void {
    if (this.#count === this.#crcs.length) {
      const [offsets, crcs] = [new Float64Array(2 * this.#count), new Uint32Array(2 * this.#count)]
      offsets.set(this.#offsets)
      crcs.set(this.#crcs)
      this.#offsets = offsets
      this.#crcs = crcs
    }
    this.#offsets[this.#count] = offset
    this.#crcs[this.#count++] = crc
  }

  get count(): number { return this.#count }
  at(index: number): { offset: number, crc: number } { return { offset: this.#offsets[index] ?? 0, crc: this.#crcs[index] ?? 0 } }
}

/** A ZIP file of stored content. Files whose bytes are not at hand at once go in deflate's stored blocks, which tell their end by themselves. */
export async function* zipOf(source: ArchiveSource): AsyncGenerator<Uint8Array, void, undefined> {
  const places = new Places()
  let at = 0
  for await (const member of loadMembers(source)) {
    const offset = at
    let crc = 0
    for await (const bytes of memberBytes(member, source.time, offset, sum => { crc = sum })) {
      at += bytes.length
      yield bytes
    }
    places.add(offset, crc)
  }
  const directoryAt = at
  for await (const bytes of directory(source, places)) {
    at += bytes.length
    yield bytes
  }
  yield endRecords(places.count, directoryAt, at - directoryAt)
}

const packedSize = ({ size, isLong }: Member): number => isLong ? size + BLOCK_HEAD_BYTES * Math.ceil(size / BLOCK_BYTES) : size

const entryOf = (member: Member, offset: number, crc: number): ZipEntry => ({ ...member, packedSize: packedSize(member), isStreamed: member.isLong, offset, crc })

/** A member's records and content. @param onSum called with the content's checksum */
async function* memberBytes(member: LoadedMember, time: Date, offset: number, onSum: (crc: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  if (member.isLong) {
    yield localRecord(entryOf(member, offset, 0), time)
    let crc = 0
    yield* storedBlocks(member, bytes => { crc = crc32(bytes, crc) })
    yield descriptor(entryOf(member, offset, crc))
    onSum(crc)
    return
  }
  const chunks: Uint8Array[] = []
  for await (const bytes of member.content) chunks.push(bytes)
  if (chunks.reduce((sum, bytes) => sum + bytes.length, 0) !== member.size) refuse(member)
  const crc = chunks.reduce((sum, bytes) => crc32(bytes, sum), 0)
  yield localRecord(entryOf(member, offset, crc), time)
  yield* chunks
  onSum(crc)
}

/** Content in blocks as long as they may be; only where they end depends on how it comes in. */
async function* storedBlocks(member: LoadedMember, onBytes: (bytes: Uint8Array) => void): AsyncGenerator<Uint8Array, void, undefined> {
  const { size, content } = member
  let done = 0
  for await (const piece of content) {
    onBytes(piece)
    for (let from = 0; from < piece.length;) {
      const within = done % BLOCK_BYTES
      if (within === 0) yield blockHead(Math.min(BLOCK_BYTES, size - done), size - done <= BLOCK_BYTES)
      const count = Math.min(piece.length - from, BLOCK_BYTES - within)
      yield piece.subarray(from, from + count)
      from += count
      done += count
    }
  }
  if (done !== size) refuse(member)
}

function blockHead(length: number, isLast: boolean): Buffer {
  const head = Buffer.alloc(BLOCK_HEAD_BYTES)
  head.writeUInt8(isLast ? 1 : 0, 0)
  head.writeUInt16LE(Math.max(0, length), 1)
  head.writeUInt16LE(~Math.max(0, length) & 0xffff, 3)
  return head
}

const refuse = ({ path }: Member): never => fail('FORMAT_INVALID', `the chunks of ${path} do not add up to its size`, { path })

async function* directory(source: ArchiveSource, places: Places): AsyncGenerator<Uint8Array, void, undefined> {
  let pieces: Buffer[] = []
  let bytes = 0
  let index = 0
  for await (const member of members(source)) {
    const { offset, crc } = places.at(index++)
    const record = centralRecord(entryOf(member, offset, crc), source.time)
    pieces.push(record)
    bytes += record.length
    if (bytes < DIRECTORY_PIECE_BYTES) continue
    yield Buffer.concat(pieces)
    pieces = []
    bytes = 0
  }
  yield Buffer.concat(pieces)
}
