import type { Catalog } from '../../catalog/index.ts'
import type { ChunkStore } from '../../chunks/index.ts'
import type { Resolved } from '../../datasets/index.ts'
import { fail } from '../../errors/index.ts'
import { type Hash, HashSet, hashToHex } from '../../model/index.ts'
import { childrenOf } from '../../trees/index.ts'
import { targetOf } from '../targets.ts'
import { type BundleHead, encodeHead, rootsOf } from './head.ts'
import { type BundleRecord, KIND, encodeRecords } from './records.ts'

/** Envelopes read from the catalog at once. */
const ENVELOPES_AT_ONCE = 256
/** Nodes, and bytes of chunks, read from the store at once. */
const NODES_AT_ONCE = 64
const BYTES_AT_ONCE = 1024 * 1024

/** What a version is carried by: the workspace's and the dataset's signed envelopes, then its tree and chunks, nodes before what they name. */
export const exportBundle = (catalog: Catalog, store: ChunkStore, resolved: Resolved): AsyncGenerator<Uint8Array> => encodeRecords(recordsOf(catalog, store, resolved))

async function* recordsOf(catalog: Catalog, store: ChunkStore, { dataset, version }: Resolved): AsyncGenerator<BundleRecord> {
  const head: BundleHead = {
    workspace: catalog.workspace, dataset: dataset.id, version: version.id, record: version.published?.record ?? '', ...rootsOf(targetOf(dataset, version))
  }
  yield { kind: KIND.head, bytes: encodeHead(head) }
  for (const { document, device } of await catalog.logHeads(['workspace', dataset.id])) {
    for (let after = 0; ;) {
      const envelopes = await catalog.envelopes(document, device, after, ENVELOPES_AT_ONCE)
      for (const bytes of envelopes) yield { kind: KIND.envelope, bytes }
      if (envelopes.length < ENVELOPES_AT_ONCE) break
      after += envelopes.length
    }
  }
  for await (const bytes of chunksOf(store, head)) yield { kind: KIND.chunk, bytes }
}

/** @throws CHUNK_MISSING, CHUNK_DAMAGED */
async function* chunksOf(store: ChunkStore, { roots, alone, sealed }: BundleHead): AsyncGenerator<Uint8Array> {
  const [seen, closed] = [new HashSet(), new HashSet()]
  for (const hash of sealed) closed.add(hash)
  yield* read(store, alone.filter(hash => seen.add(hash)))
  const open = roots.toReversed()
  while (open.length > 0) {
    const nodes = open.splice(-NODES_AT_ONCE).toReversed().filter(hash => seen.add(hash))
    const data: { readonly hash: Hash, readonly length: number }[] = []
    const next: Hash[] = []
    for await (const bytes of read(store, nodes)) {
      yield bytes
      const children = childrenOf(bytes)
      for (const chunk of children.data) if (seen.add(chunk.hash)) data.push(chunk)
      for (const node of children.nodes) if (!seen.has(node) && !closed.has(node)) next.push(node)
    }
    for (const hashes of batched(data)) yield* read(store, hashes)
    open.push(...next.toReversed())
  }
}

/** Hashes of about `BYTES_AT_ONCE` together. */
function* batched(chunks: readonly { readonly hash: Hash, readonly length: number }[]): Generator<readonly Hash[]> {
  let [batch, bytes]: [Hash[], number] = [[], 0]
  for (const { hash, length } of chunks) {
    batch.push(hash)
    bytes += length
    if (bytes < BYTES_AT_ONCE) continue
    yield batch
    ;[batch, bytes] = [[], 0]
  }
  if (batch.length > 0) yield batch
}

async function* read(store: ChunkStore, hashes: readonly Hash[]): AsyncGenerator<Uint8Array> {
  const found = await store.getMany(hashes)
  for (const [i, bytes] of found.entries()) yield bytes ?? missing(hashes[i] as Hash)
}

const missing = (hash: Hash): never => fail('CHUNK_MISSING', `the chunk ${hashToHex(hash)} of the version is not on this node`, { hash: hashToHex(hash) })
