import { type ChunkList, type ChunkStore, type Ingested } from '../chunks/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { type Content, type FileEntry, putChunkList } from '../trees/index.ts'

/** The entry of a file whose bytes were just taken in. */
export async function entryOf(store: ChunkStore, path: string, executable: boolean, ingested: Ingested, mediaType?: string): Promise<FileEntry> {
  const content = await putChunkList(store, ingested.chunks)
  return { kind: 'file', path, size: ingested.size, hash: ingested.hash, executable, ...mediaType === undefined ? {} : { mediaType }, profile: ingested.profile, content }
}

/** A short chunk list as bytes, for the stat cache; whole files and long lists are empty. */
export function packContent(content: Content): Uint8Array {
  if (content.kind === 'list') return Uint8Array.of(1)
  if (content.kind === 'whole') return new Uint8Array()
  const { hashes, lengths } = content.chunks
  return Buffer.concat([hashes, new Uint8Array(lengths.buffer, lengths.byteOffset, lengths.byteLength)])
}

/** What `packContent` wrote; undefined for a long list, which the cache does not hold. */
export function unpackContent(bytes: Uint8Array): Content | undefined {
  if (bytes.length === 1) return undefined
  if (bytes.length === 0) return { kind: 'whole' }
  const count = bytes.length / (HASH_BYTES + 4)
  const copy = bytes.slice()
  return { kind: 'inline', chunks: { hashes: copy.subarray(0, count * HASH_BYTES), lengths: new Uint32Array(copy.buffer.slice(count * HASH_BYTES)) } }
}

/** The chunks a file needs, where its entry names them all. */
export function chunksNamed(hash: Hash, size: number, content: Content): Hash[] {
  if (content.kind === 'inline') return hashesOf(content.chunks)
  return size === 0 ? [] : [hash]
}

const hashesOf = ({ hashes, lengths }: ChunkList): Hash[] => Array.from(lengths, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
