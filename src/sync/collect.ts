import type { Catalog, DatasetView } from '../catalog/index.ts'
import { createMemoryStore, type Chunk, type ChunkStore } from '../chunks/index.ts'
import { HashSet, type Hash } from '../model/index.ts'
import { DatasetChunks } from './dataset-chunks.ts'
import type { Fetcher } from './fetcher.ts'
import { COLLECTED_AT_ONCE } from './limits.ts'

export interface CollectDeps {
  readonly catalog: Catalog
  /** Where the trees are that say which dataset a chunk is of. */
  readonly store: ChunkStore
  /** A fetcher into another store, with all connected members as its sources. */
  readonly fetcherInto: (store: ChunkStore) => Fetcher
}

/**
 * Fetches the right bytes of chunks from whoever has them, without the store, which may hold wrong ones under these names. Peers give a
 * chunk only for a dataset it is of: each is asked for as one of a dataset that names it here.
 */
export async function* collectChunks(hashes: readonly Hash[], deps: CollectDeps, signal: AbortSignal): AsyncGenerator<Chunk> {
  const left = new HashSet()
  for (const hash of hashes) left.add(hash)
  const done = new HashSet()
  for (const dataset of deps.catalog.datasets()) {
    const open = [...left].filter(hash => !done.has(hash))
    if (open.length === 0) return
    for await (const chunk of collectOf(dataset, open, deps, signal)) {
      done.add(chunk.hash)
      yield chunk
    }
  }
}

async function* collectOf(dataset: DatasetView, hashes: readonly Hash[], deps: CollectDeps, signal: AbortSignal): AsyncGenerator<Chunk> {
  const belongs = await new DatasetChunks(deps.store).has(dataset, hashes)
  const wanted = hashes.filter((_, i) => belongs[i])
  for (let at = 0; at < wanted.length; at += COLLECTED_AT_ONCE) {
    const some = wanted.slice(at, at + COLLECTED_AT_ONCE)
    const beside = createMemoryStore()
    const fetcher = deps.fetcherInto(beside)
    try {
      await fetcher.fetch(some.map(hash => ({ hash })), { dataset: dataset.id, signal })
    } finally {
      await fetcher.stop()
    }
    const found = await beside.getMany(some)
    for (const [i, hash] of some.entries()) {
      const bytes = found[i]
      if (bytes !== undefined) yield { hash, bytes }
    }
  }
}
