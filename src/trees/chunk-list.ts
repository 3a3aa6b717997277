import type { Chunk, ChunkList, ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, hashToHex, type Hash } from '../model/index.ts'
import { refuse } from './bytes.ts'
import { ChunkBatch } from './chunk-batch.ts'
import type { Content, FileEntry } from './entry.ts'
import { MAX_INLINE_CHUNKS } from './limits.ts'
import { decodeListNode, listHash, ListWriter, type ListNode } from './list-node.ts'
import { Pace } from './pace.ts'

/** One chunk of a file: where it begins in the file, and its bytes. */
export interface FileChunk { readonly hash: Hash, readonly offset: number, readonly length: number }

/** List nodes read at once: some hundred chunks each, which take longer to read than the next nodes. */
const NODES_AT_ONCE = 4

interface Level { readonly writer: ListWriter, readonly first: { hash: Hash, size: number }[], nodes: number }

/**
 * The content field of a file with these chunks; a long list goes into the store as nodes, durable after its next barrier.
 * A file of one chunk is `whole`: its hash must be the chunk's.
 * @throws FIELD_INVALID when hashes and lengths don't fit each other, DISK_FULL
 */
export async function putChunkList(store: ChunkStore, list: ChunkList, options: { signal?: AbortSignal } = {}): Promise<Content> {
  const { hashes, lengths } = list
  if (hashes.length !== lengths.length * HASH_BYTES || lengths.includes(0)) fail('FIELD_INVALID', 'hashes and lengths of a chunk list do not fit each other', { field: 'chunks' })
  if (lengths.length < 2) return { kind: 'whole' }
  if (lengths.length <= MAX_INLINE_CHUNKS) return { kind: 'inline', chunks: list }
  const batch = new ChunkBatch(store)
  const levels: Level[] = []
  const open = (index: number): Level => levels[index] ?? (levels[index] = { writer: new ListWriter(index, (node, total) => take(index, node, total)), first: [], nodes: 0 })
  const take = (index: number, node: Chunk, size: number): void => {
    batch.add(node)
    const level = open(index)
    level.nodes++
    // The first node waits for a second: a level of one node is the root's.
    if (level.nodes === 1) level.first.push({ hash: node.hash, size })
    else for (const item of [...level.first.splice(0), { hash: node.hash, size }]) open(index + 1).writer.add(item.hash, item.size)
  }
  const pace = new Pace(options.signal)
  for (const [i, length] of lengths.entries()) {
    open(0).writer.add(hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES), length)
    if (batch.full) await batch.flush()
    if (pace.step()) await pace.turn()
  }
  for (let index = 0; ; index++) {
    const level = open(index)
    level.writer.finish()
    const root = level.first[0]
    if (root === undefined) continue
    await batch.flush()
    return { kind: 'list', root: root.hash }
  }
}

/**
 * The chunks of a file that hold bytes `from` (included) to `to` (excluded), in order and in batches; of a long list only the nodes
 * on the way are read.
 * @throws RANGE_INVALID, CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID (also when the list does not add up to the file's size)
 */
export async function* fileChunks(store: ChunkStore, entry: Pick<FileEntry, 'size' | 'hash' | 'content'>, range: { from?: number, to?: number } = {}): AsyncGenerator<FileChunk[], void, undefined> {
  const { size, hash, content } = entry
  const from = range.from ?? 0
  const to = range.to ?? size
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from || to > size) {
    fail('RANGE_INVALID', `bytes ${from} to ${to} do not lie within ${size}`, { from, to, size })
  }
  if (from === to) return
  if (content.kind === 'whole') yield [{ hash, offset: 0, length: size }]
  else if (content.kind === 'inline') yield inlineChunks(content.chunks, from, to)
  else {
    const [root] = await readNodes(store, [content.root])
    if (root?.total !== size) refuse('the chunks of a file do not add up to its size')
    yield* below(store, root as ListNode, 0, from, to)
  }
}

function inlineChunks({ hashes, lengths }: ChunkList, from: number, to: number): FileChunk[] {
  const chunks: FileChunk[] = []
  let offset = 0
  for (const [i, length] of lengths.entries()) {
    if (offset < to && offset + length > from) chunks.push({ hash: hashes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES), offset, length })
    offset += length
  }
  return chunks
}

/** The chunks below a node that begins at `start` of the file. */
async function* below(store: ChunkStore, node: ListNode, start: number, from: number, to: number): AsyncGenerator<FileChunk[], void, undefined> {
  const items: FileChunk[] = []
  let offset = start
  for (const [i, length] of node.sizes.entries()) {
    if (offset < to && offset + length > from) items.push({ hash: listHash(node, i), offset, length })
    offset += length
  }
  if (node.level === 0) yield items
  for (let i = 0; node.level > 0 && i < items.length; i += NODES_AT_ONCE) {
    const part = items.slice(i, i + NODES_AT_ONCE)
    const children = await readNodes(store, part.map(item => item.hash))
    for (const [at, child] of children.entries()) {
      const item = part[at] as FileChunk
      if (child.level !== node.level - 1 || child.total !== item.length) refuse('a list node is not what its parent says')
      yield* below(store, child, item.offset, from, to)
    }
  }
}

async function readNodes(store: ChunkStore, hashes: readonly Hash[]): Promise<ListNode[]> {
  const found = await store.getMany(hashes)
  return found.map((bytes, i) => bytes === undefined ? missing(hashes[i] as Hash) : decodeListNode(bytes))
}

const missing = (hash: Hash): never => fail('CHUNK_MISSING', `the list node ${hashToHex(hash)} is not here`, { hash: hashToHex(hash) })
