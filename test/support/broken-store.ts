import type { ChunkStore, Damage } from '../../src/chunks/index.ts'
import { fail } from '../../src/errors/index.ts'
import { type Hash, hashKey, hashToHex } from '../../src/model/index.ts'

/** A store some of whose chunks are lost or damaged until they heal or are repaired: what LevelDB's files do on bad disks. */
export interface BrokenStore extends ChunkStore {
  lose(hash: Hash): void
  damage(hash: Hash): void
  heal(): void
}

export function brokenStore(store: ChunkStore): BrokenStore {
  const lost = new Set<string>()
  const damaged = new Set<string>()
  const check = (hash: Hash): void => {
    if (damaged.has(hashKey(hash))) fail('CHUNK_DAMAGED', `the stored chunk ${hashToHex(hash)} is damaged`, { hash: hashToHex(hash) })
  }
  return {
    lose: hash => { lost.add(hashKey(hash)) },
    damage: hash => { damaged.add(hashKey(hash)) },
    heal: () => {
      lost.clear()
      damaged.clear()
    },
    putMany: async chunks => {
      for (const { hash } of chunks) lost.delete(hashKey(hash))
      return store.putMany(chunks)
    },
    hasMany: async hashes => (await store.hasMany(hashes)).map((has, i) => has && !lost.has(hashKey(hashes[i]!))),
    getMany: async hashes => {
      hashes.forEach(check)
      return (await store.getMany(hashes)).map((bytes, i) => lost.has(hashKey(hashes[i]!)) ? undefined : bytes)
    },
    barrier: () => store.barrier(),
    beginSweep: () => store.beginSweep(),
    sweep: (token, live, options) => store.sweep(token, live, options),
    scrub: async (options = {}) => {
      const found = await store.scrub(options)
      const mine: Damage[] = []
      const asked = options.hashes === undefined ? undefined : new Set(options.hashes.map(hashKey))
      const add = (keys: Set<string>, problem: Damage['problem']): void => {
        for (const key of keys) if (asked === undefined ? problem === 'damaged' : asked.has(key)) mine.push({ hash: new Uint8Array(Buffer.from(key, 'latin1')), problem })
      }
      add(lost, 'missing')
      add(damaged, 'damaged')
      return [...found, ...mine]
    },
    repair: async chunk => {
      await store.repair(chunk)
      lost.delete(hashKey(chunk.hash))
      damaged.delete(hashKey(chunk.hash))
    },
    stats: () => store.stats(),
    connect: () => store.connect(),
    close: () => store.close()
  }
}
