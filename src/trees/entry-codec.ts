import type { ChunkList } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, sameHash, type Hash } from '../model/index.ts'
import { ByteReader, ByteSink, hashOf, refuse } from './bytes.ts'
import type { Content, Entry, FileEntry, LinkEntry } from './entry.ts'
import { MAX_INLINE_CHUNKS, MAX_MEDIA_TYPE_BYTES, MAX_URL_BYTES } from './limits.ts'
import type { Totals } from './totals.ts'

/** An entry without its path, as bytes: equal entries have equal bodies, so that diff and merge compare bytes. */
export type Body = Uint8Array

/** Bits of a body's first byte. */
const KIND = 3
const FILE = 0
const LINK = 1
const FOLDER = 2
const EXECUTABLE = 4
const MEDIA_TYPE = 8
const TEXT_PROFILE = 16
const CONTENT = 96
const INLINE = 32
const LIST = 64
const LINK_SIZE = 4
const LINK_HASH = 8

/** BLAKE3 of nothing. */
export const EMPTY_FILE_HASH: Hash = hashOf(new Uint8Array(0))

/** `type/subtype` and parameters: printable ASCII, as a header takes it. */
const MEDIA_TYPE_FORM = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
/** Printable characters without spaces; which schemes are welcome is not the tree's to say. */
// oxlint-disable-next-line no-control-regex -- control characters are what this looks for
const URL_FORBIDDEN = /[\u0000-\u0020\u007f]/

const sink = new ByteSink()

/** @throws FIELD_INVALID naming the path and what is wrong with the entry */
export function encodeEntry(entry: Entry): Body {
  sink.length = 0
  if (entry.kind === 'folder') sink.byte(FOLDER)
  else if (entry.kind === 'link') writeLink(entry)
  else writeFile(entry)
  return sink.take()
}

function invalid(entry: Entry, field: string, problem: string): never {
  return fail('FIELD_INVALID', `the ${field} of "${entry.path}" ${problem}`, { field, path: entry.path })
}

function checkSize(entry: Entry, size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) invalid(entry, 'size', `is ${size}, not a whole number of bytes`)
}

function checkHash(entry: Entry, hash: Hash): void {
  if (hash.length !== HASH_BYTES) invalid(entry, 'hash', `has ${hash.length} bytes instead of ${HASH_BYTES}`)
}

function writeFile(entry: FileEntry): void {
  const { size, hash, content, mediaType } = entry
  checkSize(entry, size)
  checkHash(entry, hash)
  if (mediaType !== undefined && !isMediaType(mediaType)) invalid(entry, 'mediaType', `is not a media type of at most ${MAX_MEDIA_TYPE_BYTES} characters`)
  if (!fits(content, size, hash)) invalid(entry, 'content', `does not fit its size of ${size} bytes`)
  const form = content.kind === 'whole' ? 0 : content.kind === 'inline' ? INLINE : LIST
  sink.byte(FILE | (entry.executable ? EXECUTABLE : 0) | (mediaType === undefined ? 0 : MEDIA_TYPE) | (entry.profile === 'text' ? TEXT_PROFILE : 0) | form)
  sink.varint(size)
  sink.append(hash)
  if (mediaType !== undefined) sink.text(mediaType)
  if (content.kind === 'list') sink.append(content.root)
  else if (content.kind === 'inline') writeChunks(content.chunks)
}

function writeChunks({ hashes, lengths }: ChunkList): void {
  sink.byte(lengths.length)
  for (const length of lengths) sink.varint(length)
  sink.append(hashes)
}

const isMediaType = (text: string): boolean => text.length <= MAX_MEDIA_TYPE_BYTES && MEDIA_TYPE_FORM.test(text)

/** Whether content of this form can have that size. */
function fits(content: Content, size: number, hash: Hash): boolean {
  if (content.kind === 'whole') return size > 0 || sameHash(hash, EMPTY_FILE_HASH)
  if (content.kind === 'list') return content.root.length === HASH_BYTES && size > MAX_INLINE_CHUNKS
  const { hashes, lengths } = content.chunks
  if (lengths.length < 2 || lengths.length > MAX_INLINE_CHUNKS || hashes.length !== lengths.length * HASH_BYTES) return false
  return lengths.every(length => length > 0) && lengths.reduce((sum, length) => sum + length, 0) === size
}

function writeLink(entry: LinkEntry): void {
  const { url, size, hash } = entry
  if (url === '' || Buffer.byteLength(url) > MAX_URL_BYTES || !url.isWellFormed() || URL_FORBIDDEN.test(url)) {
    invalid(entry, 'url', `is not an address of 1 to ${MAX_URL_BYTES} bytes without spaces`)
  }
  if (size !== undefined) checkSize(entry, size)
  if (hash !== undefined) checkHash(entry, hash)
  sink.byte(LINK | (size === undefined ? 0 : LINK_SIZE) | (hash === undefined ? 0 : LINK_HASH))
  sink.text(url)
  if (size !== undefined) sink.varint(size)
  if (hash !== undefined) sink.append(hash)
}

/** The entry of a body that `passEntry` or `encodeEntry` has seen. */
export function decodeEntry(path: string, body: Body): Entry {
  const reader = new ByteReader(body)
  const flags = reader.byte()
  if ((flags & KIND) === FOLDER) return { kind: 'folder', path }
  if ((flags & KIND) === LINK) return readLink(path, flags, reader)
  const size = reader.varint()
  const hash = reader.hash()
  const mediaType = (flags & MEDIA_TYPE) === 0 ? undefined : reader.text(MAX_MEDIA_TYPE_BYTES)
  return {
    kind: 'file', path, size, hash, executable: (flags & EXECUTABLE) !== 0, ...(mediaType === undefined ? {} : { mediaType }),
    profile: (flags & TEXT_PROFILE) === 0 ? 'binary' : 'text', content: readContent(flags, reader)
  }
}

const WHOLE: Content = { kind: 'whole' }

function readContent(flags: number, reader: ByteReader): Content {
  if ((flags & CONTENT) === 0) return WHOLE
  if ((flags & CONTENT) === LIST) return { kind: 'list', root: reader.hash() }
  const lengths = Uint32Array.from({ length: reader.byte() }, () => reader.varint())
  return { kind: 'inline', chunks: { hashes: reader.take(lengths.length * HASH_BYTES), lengths } }
}

function readLink(path: string, flags: number, reader: ByteReader): LinkEntry {
  const url = reader.text(MAX_URL_BYTES)
  const size = (flags & LINK_SIZE) === 0 ? undefined : reader.varint()
  const hash = (flags & LINK_HASH) === 0 ? undefined : reader.hash()
  return { kind: 'link', path, url, ...(size === undefined ? {} : { size }), ...(hash === undefined ? {} : { hash }) }
}

/** Passes over one body, adds it to `totals` and refuses every form that `encodeEntry` would not write. @throws FORMAT_INVALID */
export function passEntry(reader: ByteReader, totals: Totals): void {
  const flags = reader.byte()
  const kind = flags & KIND
  if (kind === FILE) passFile(flags, reader, totals)
  else if (kind === LINK) passLink(flags, reader, totals)
  else if (flags === FOLDER) totals.folders++
  else refuse(`an entry begins with ${flags}`)
}

function passFile(flags: number, reader: ByteReader, totals: Totals): void {
  if (flags > 127) refuse(`a file's entry begins with ${flags}`)
  const size = reader.varint()
  const hashAt = reader.skip(HASH_BYTES)
  if ((flags & MEDIA_TYPE) !== 0 && !isMediaType(reader.text(MAX_MEDIA_TYPE_BYTES))) refuse('a media type is not valid')
  const form = flags & CONTENT
  if (form === 0) {
    if (size === 0 && !sameHash(reader.bytes.subarray(hashAt, hashAt + HASH_BYTES), EMPTY_FILE_HASH)) refuse('an empty file has another hash than nothing has')
  } else if (form === LIST) {
    if (size <= MAX_INLINE_CHUNKS) refuse('a short file has a long list of chunks')
    reader.skip(HASH_BYTES)
  } else if (form === INLINE) passChunks(size, reader)
  else refuse('a file has two lists of chunks')
  totals.files++
  totals.bytes += size
}

function passChunks(size: number, reader: ByteReader): void {
  const count = reader.byte()
  if (count < 2 || count > MAX_INLINE_CHUNKS) refuse(`an entry lists ${count} chunks`)
  let sum = 0
  for (let i = 0; i < count; i++) {
    const length = reader.varint()
    if (length === 0 || length > 0xffffffff) refuse(`a chunk has ${length} bytes`)
    sum += length
  }
  if (sum !== size) refuse('the chunks of a file do not add up to its size')
  reader.skip(count * HASH_BYTES)
}

function passLink(flags: number, reader: ByteReader, totals: Totals): void {
  if ((flags & ~(LINK | LINK_SIZE | LINK_HASH)) !== 0) refuse(`a link's entry begins with ${flags}`)
  if (URL_FORBIDDEN.test(reader.text(MAX_URL_BYTES))) refuse('an address holds spaces or control characters')
  if ((flags & LINK_SIZE) !== 0) reader.varint()
  if ((flags & LINK_HASH) !== 0) reader.skip(HASH_BYTES)
  totals.links++
}

export const isFolderBody = (body: Body): boolean => body[0] === FOLDER

/** A chunk of a file as an entry names it. */
export interface DataPointer { readonly hash: Hash, readonly length: number }

/** Adds what a body points at: the root of a list of chunks, or chunks. Done once an entry in walks over whole versions. */
export function addPointers(body: Body, lists: Hash[], data: DataPointer[]): void {
  const reader = new ByteReader(body)
  const flags = reader.byte()
  if ((flags & KIND) !== FILE) return
  const size = reader.varint()
  if ((flags & CONTENT) === 0) {
    if (size > 0) data.push({ hash: reader.hash(), length: size })
    return
  }
  reader.skip(HASH_BYTES)
  if ((flags & MEDIA_TYPE) !== 0) reader.skip(reader.varint())
  const content = readContent(flags, reader)
  if (content.kind === 'list') lists.push(content.root)
  if (content.kind !== 'inline') return
  const { hashes, lengths } = content.chunks
  for (const [i, length] of lengths.entries()) data.push({ hash: hashes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES), length })
}
