import type { ChunkStore } from '../chunks/index.ts'
import type { Hash } from '../model/index.ts'

/**
 * A store that asks others for chunks it doesn't have when they are read: what is not held is fetched when it is opened, and only that.
 * Everything else is the store's own. @param bring puts chunks into `store`, as far as somebody has them
 */
export function remoteStore(store: ChunkStore, bring: (hashes: readonly Hash[]) => Promise<void>): ChunkStore {
  return {
    putMany: chunks => store.putMany(chunks),
    hasMany: hashes => store.hasMany(hashes),
    getMany: async hashes => {
      const found = await store.getMany(hashes)
      const missing = hashes.filter((_, i) => found[i] === undefined)
      if (missing.length === 0) return found
      await bring(missing)
      const brought = (await store.getMany(missing)).values()
      return found.map(bytes => bytes ?? brought.next().value)
    },
    barrier: () => store.barrier(),
    beginSweep: () => store.beginSweep(),
    sweep: (token, live, options) => store.sweep(token, live, options),
    scrub: options => store.scrub(options),
    repair: chunk => store.repair(chunk),
    stats: () => store.stats(),
    connect: () => store.connect(),
    close: () => store.close()
  }
}
