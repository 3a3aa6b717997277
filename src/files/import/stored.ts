import type { ChunkStore } from '../../chunks/index.ts'
import { HASH_BYTES, type Hash } from '../../model/index.ts'
import { childrenOf } from '../../trees/index.ts'
import type { Held } from '../rows/index.ts'

/**
 * Whether all chunks of each file are (still) in the store. Asking keeps them from collection for as long as the caller's lease lasts.
 * @throws CHUNK_DAMAGED when a list can't be read
 */
export async function areStored(store: ChunkStore, files: readonly Held[]): Promise<boolean[]> {
  const chunks = files.map(chunksNamed)
  const has = await store.hasMany(chunks.flat())
  let at = 0
  const stored = chunks.map(hashes => has.slice(at, at += hashes.length).every(Boolean))
  for (const [i, { content }] of files.entries()) if (content.kind === 'list') stored[i] = await isListStored(store, content.root)
  return stored
}

/** The chunks that are named without looking into a list. */
function chunksNamed({ size, hash, content }: Held): Hash[] {
  if (content.kind === 'whole') return size === 0 ? [] : [hash]
  if (content.kind === 'list') return []
  const { hashes, lengths } = content.chunks
  return Array.from(lengths, (_, i) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
}

/** List nodes looked at together. */
const NODES_AT_ONCE = 16

async function isListStored(store: ChunkStore, root: Hash): Promise<boolean> {
  const waiting = [root]
  while (waiting.length > 0) {
    const nodes = waiting.splice(-NODES_AT_ONCE)
    if ((await store.hasMany(nodes)).includes(false)) return false
    for (const bytes of await store.getMany(nodes)) {
      if (bytes === undefined) return false
      const { nodes: below, data } = childrenOf(bytes)
      if ((await store.hasMany(data.map(chunk => chunk.hash))).includes(false)) return false
      waiting.push(...below)
    }
  }
  return true
}
