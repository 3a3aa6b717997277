/**
 * LZ4 frames (lz4_Frame_format.md 1.6.1 of the LZ4 project), as Arrow files hold them: blocks that may refer to what came before them.
 * Checksums are left alone: the node has checked every byte.
 */

const MAGIC = 0x184d2204
/** What one buffer may unpack to. Bytes. */
const MAX_OUTPUT = 256 * 1024 * 1024
const MIN_MATCH = 4

/** Bytes that grow as they are written. */
class Output {
  bytes = new Uint8Array(64 * 1024)
  length = 0

  room(count: number): void {
    if (this.length + count > MAX_OUTPUT) throw new RangeError('It unpacks to more than a preview shows')
    if (this.length + count <= this.bytes.length) return
    const larger = new Uint8Array(Math.min(MAX_OUTPUT, Math.max(this.length + count, this.bytes.length * 2)))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }

  append(bytes: Uint8Array): void {
    this.room(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Repeats what was written `distance` bytes ago; it may run into itself. */
  repeat(distance: number, count: number): void {
    if (distance === 0 || distance > this.length) throw new RangeError('The LZ4 data is damaged')
    this.room(count)
    for (let i = 0; i < count; i++) this.bytes[this.length + i] = this.bytes[this.length + i - distance] ?? 0
    this.length += count
  }
}

/** @throws RangeError for what is no such frame, is damaged, or is too large */
export function unpackLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('The data is no LZ4 frame')
  const flags = view.getUint8(4)
  const [hasSize, hasDictionary, hasBlockSums] = [(flags & 8) !== 0, (flags & 1) !== 0, (flags & 16) !== 0]
  if (hasDictionary) throw new RangeError('The LZ4 data needs a dictionary')
  const output = new Output()
  for (let at = 7 + (hasSize ? 8 : 0); ;) {
    const size = view.getUint32(at, true)
    if (size === 0) return output.bytes.subarray(0, output.length)
    const length = size & 0x7fffffff
    if (at + 4 + length > frame.length) throw new RangeError('The LZ4 data is cut off')
    const block = frame.subarray(at + 4, at + 4 + length)
    if (size >>> 31 === 1) output.append(block)
    else unpackBlock(block, output)
    at += 4 + length + (hasBlockSums ? 4 : 0)
  }
}

/** Literals and matches, until the block ends behind literals. */
function unpackBlock(block: Uint8Array, output: Output): void {
  let at = 0
  const next = (): number => block[at++] ?? damaged()
  /** Lengths of 15 and more go on in further bytes. */
  const lengthOf = (nibble: number): number => {
    let length = nibble
    if (nibble === 15) for (let more = 255; more === 255;) length += more = next()
    return length
  }
  while (at < block.length) {
    const token = next()
    const literals = lengthOf(token >> 4)
    if (at + literals > block.length) damaged()
    output.append(block.subarray(at, at + literals))
    at += literals
    if (at === block.length) return
    const distance = next() | next() << 8
    output.repeat(distance, lengthOf(token & 15) + MIN_MATCH)
  }
}

function damaged(): never {
  throw new RangeError('The LZ4 data is damaged')
}
