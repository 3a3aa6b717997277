import { createMemoryStore, type Chunk, type ChunkStore } from '../../src/chunks/index.ts'
import type { Hash } from '../../src/model/index.ts'
import { silentLog } from '../../src/runtime/index.ts'
import { type Upkeep, createUpkeep } from '../../src/upkeep/index.ts'
import { type BrokenStore, brokenStore } from './broken-store.ts'
import { type World, datasetsWorld } from './datasets-world.ts'

/** Datasets and upkeep over a store that can be damaged. */
export interface UpkeepWorld extends World {
  readonly store: BrokenStore
  readonly upkeep: Upkeep
  /** Chunks that uploads will come back for. */
  readonly pinned: Hash[]
  /** What peers hold; empty for none. */
  readonly peer: { store: ChunkStore | undefined, answer: (chunk: Chunk) => Chunk }
}

export function upkeepWorld(): UpkeepWorld {
  const store = brokenStore(createMemoryStore())
  const world = datasetsWorld({ store })
  const pinned: Hash[] = []
  const peer: UpkeepWorld['peer'] = { store: undefined, answer: chunk => chunk }
  const upkeep = createUpkeep({
    ...world,
    log: silentLog,
    pinned: async function* () { yield pinned },
    fetchFromPeers: async function* (hashes) {
      const found = await peer.store?.getMany(hashes) ?? []
      for (const [i, bytes] of found.entries()) if (bytes !== undefined) yield peer.answer({ hash: hashes[i]!, bytes })
    }
  })
  return { ...world, store, upkeep, pinned, peer }
}
