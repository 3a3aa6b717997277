/** What archives list, without unpacking them: tar and zip by reading ranges, compressed tars from their beginning. */

/** Bytes of a file. */
export type ReadRange = (from: number, length: number) => Promise<Uint8Array<ArrayBuffer>>

export interface Member { readonly path: string, readonly size: number, readonly kind: 'file' | 'folder' | 'other' }

export interface Listing {
  readonly members: readonly Member[]
  /** There are more than these, or there may be. */
  readonly isCut: boolean
}

/** Listed at most. */
const MAX_MEMBERS = 2000
/** Read of one archive at most, in pieces of a window each. Bytes. */
const WINDOW = 256 * 1024
const MAX_WINDOWS = 64
/** What a compressed archive may unpack to while it is looked through. Bytes. */
const MAX_UNPACKED = 256 * 1024 * 1024
/** The list of a zip is read whole. Bytes. */
const MAX_DIRECTORY = 16 * 1024 * 1024

/** Reads on from place to place, never backwards. Undefined where the bytes end, or enough of them were looked at. */
interface Forward { at(offset: number, length: number): Promise<Uint8Array | undefined> }

const BLOCK = 512
const text = new TextDecoder()
/** Up to the first zero. */
const stringIn = (bytes: Uint8Array, from: number, length: number): string => text.decode(bytes.subarray(from, from + length)).replace(/\0[\s\S]*$/, '')

/** Numbers of tar headers are octal; large ones are binary, with the first bit set. */
function numberIn(header: Uint8Array, from: number, length: number): number {
  if (((header[from] ?? 0) & 0x80) === 0) return Number.parseInt(stringIn(header, from, length).trim(), 8) || 0
  return header.subarray(from + 1, from + length).reduce((sum, byte) => sum * 256 + byte, 0)
}

/** POSIX.1-2001 tar with pax records, and the long names of GNU tar. @throws RangeError where it is none */
async function listTar(source: Forward): Promise<Listing> {
  const members: Member[] = []
  let [name, size]: [string | undefined, number | undefined] = [undefined, undefined]
  for (let at = 0; ;) {
    const header = await source.at(at, BLOCK)
    if (header === undefined) return { members, isCut: true }
    if (header[0] === 0) return { members, isCut: false }
    if (!isHeader(header)) throw new RangeError(members.length === 0 ? 'The file is no tar archive' : 'The archive is damaged')
    const length = numberIn(header, 124, 12)
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === 'x' || type === 'L') {
      const body = length > MAX_RECORD ? undefined : await source.at(at + BLOCK, length)
      if (body === undefined) return { members, isCut: true }
      if (type === 'L') name = stringIn(body, 0, body.length)
      else [name, size] = paxOf(text.decode(body))
    } else if (type !== 'g') {
      const folder = stringIn(header, 345, 155)
      const isUstar = stringIn(header, 257, 5) === 'ustar' && folder !== ''
      members.push({ path: name ?? `${isUstar ? `${folder}/` : ''}${stringIn(header, 0, 100)}`, size: size ?? length, kind: type === '5' ? 'folder' : type === '0' || type === '\0' || type === '7' ? 'file' : 'other' })
      if (members.length >= MAX_MEMBERS) return { members, isCut: true }
      at += Math.ceil((size ?? length) / BLOCK) * BLOCK - Math.ceil(length / BLOCK) * BLOCK;
      [name, size] = [undefined, undefined]
    }
    at += BLOCK + Math.ceil(length / BLOCK) * BLOCK
  }
}

/** A long name is not that long. Bytes. */
const MAX_RECORD = 64 * 1024

/** Whether the sum of a header is right; its own field counts as spaces. */
const isHeader = (header: Uint8Array): boolean => header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0) === numberIn(header, 148, 8)

/** `<length> <key>=<value>\n`, again and again. */
function paxOf(records: string): [string | undefined, number | undefined] {
  const values = new Map([...records.matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)].map(([, key = '', value = '']) => [key, value]))
  const size = values.get('size')
  return [values.get('path'), size === undefined ? undefined : Number(size)]
}

/** Windows of a file, each read once: headers lie close together where members are small, far apart where they are large. */
function byRanges(read: ReadRange, fileSize: number): Forward {
  let [start, window, windows] = [0, new Uint8Array(), 0]
  return {
    at: async (offset, length) => {
      if (offset + length > fileSize) return undefined
      if (offset < start || offset + length > start + window.length) {
        if (++windows > MAX_WINDOWS) return undefined
        start = offset
        window = await read(offset, Math.min(Math.max(WINDOW, length), fileSize - offset))
      }
      return window.subarray(offset - start, offset - start + length)
    }
  }
}

/** Unpacks as far as it is looked at, and keeps nothing of what lies behind. */
function unpacking(read: ReadRange, fileSize: number): Forward & { close(): void } {
  let [from, start, seen] = [0, 0, 0]
  let window = new Uint8Array()
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: async controller => {
      if (from >= fileSize || from >= MAX_WINDOWS * WINDOW) {
        controller.close()
        return
      }
      const bytes = await read(from, Math.min(WINDOW, fileSize - from))
      from += bytes.length
      controller.enqueue(bytes)
    }
  })
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader()
  /** False at the end, or where the beginning that was read ends within the packed bytes. */
  const more = async (wanted: number): Promise<boolean> => {
    const step = await reader.read().catch(() => ({ done: true as const, value: undefined }))
    if (step.done || (seen += step.value.length) > MAX_UNPACKED) return false
    // What lies before the wanted place is not kept.
    const skipped = Math.min(window.length, Math.max(0, wanted - start))
    const rest = window.subarray(skipped)
    start += skipped
    window = new Uint8Array(rest.length + step.value.length)
    window.set(rest)
    window.set(step.value, rest.length)
    return true
  }
  return {
    at: async (offset, length) => {
      while (start + window.length < offset + length) if (!await more(offset)) return undefined
      return window.subarray(offset - start, offset - start + length)
    },
    close: () => void reader.cancel().catch(() => undefined)
  }
}

/** The end of a zip (APPNOTE 4.3.16) lies before its comment. Bytes. */
const MAX_END = 22 + 65_535 + 20
const END = 0x06054b50
const END_64 = 0x07064b50
const ENTRY = 0x02014b50

/** @throws RangeError where it is none */
async function listZip(read: ReadRange, fileSize: number): Promise<Listing> {
  const tail = await read(Math.max(0, fileSize - MAX_END), Math.min(MAX_END, fileSize))
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  let end = tail.length - 22
  while (end >= 0 && view.getUint32(end, true) !== END) end--
  if (end < 0) throw new RangeError('The file is no zip archive')
  let [length, offset] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)]
  if (offset === 0xffffffff && end >= 20 && view.getUint32(end - 20, true) === END_64) {
    const large = await read(Number(view.getBigUint64(end - 12, true)), 56)
    const fields = new DataView(large.buffer, large.byteOffset, large.byteLength);
    [length, offset] = [Number(fields.getBigUint64(40, true)), Number(fields.getBigUint64(48, true))]
  }
  if (offset + length > fileSize) throw new RangeError('The archive is damaged')
  const directory = length === 0 ? new Uint8Array() : await read(offset, Math.min(length, MAX_DIRECTORY))
  return entriesOf(directory, length > MAX_DIRECTORY)
}

function entriesOf(directory: Uint8Array, isCut: boolean): Listing {
  const view = new DataView(directory.buffer, directory.byteOffset, directory.byteLength)
  const members: Member[] = []
  for (let at = 0; at + 46 <= directory.length && view.getUint32(at, true) === ENTRY;) {
    const [nameLength, extraLength, commentLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true)]
    const path = text.decode(directory.subarray(at + 46, at + 46 + nameLength))
    const small = view.getUint32(at + 24, true)
    members.push({ path, size: small === 0xffffffff ? largeSize(view, at + 46 + nameLength, extraLength) : small, kind: path.endsWith('/') ? 'folder' : 'file' })
    if (members.length >= MAX_MEMBERS) return { members, isCut: true }
    at += 46 + nameLength + extraLength + commentLength
  }
  return { members, isCut }
}

/** The size of a large member stands first in the field of zip64 (4.5.3). */
function largeSize(view: DataView, from: number, length: number): number {
  for (let at = from; at + 4 <= from + length && at + 12 <= view.byteLength; at += 4 + view.getUint16(at + 2, true)) if (view.getUint16(at, true) === 1) return Number(view.getBigUint64(at + 4, true))
  return 0
}

/** @param path tells the format by its ending @throws RangeError where the file is not what its name says */
export async function listArchive(path: string, fileSize: number, read: ReadRange): Promise<Listing> {
  if (/\.tar$/i.test(path)) return await listTar(byRanges(read, fileSize))
  if (!/\.(?:tar\.gz|tgz)$/i.test(path)) return await listZip(read, fileSize)
  const source = unpacking(read, fileSize)
  try {
    return await listTar(source)
  } finally {
    source.close()
  }
}
