import type { DatasetView, VersionView } from '../catalog/index.ts'
import { HashSet, hashToHex } from '../model/index.ts'
import { Recent } from '../runtime/index.ts'
import { reachable } from '../trees/index.ts'
import { parentsOf } from './lineage.ts'
import type { Shared } from './shared.ts'

/** W2: what a version takes in the store: each chunk once, before packing. */
export interface StoredSize {
  readonly chunks: number
  readonly bytes: number
  /** Chunks that its first parent does not have. */
  readonly added: { readonly chunks: number, readonly bytes: number }
}

/** Sizes of pairs of trees, which never change. */
const KEPT_SIZES = 1024

export class StoredSizes {
  readonly #known = new Recent<StoredSize>(KEPT_SIZES)

  /** @throws CHUNK_MISSING while its tree is not on this node */
  async of(shared: Shared, version: VersionView, dataset: DatasetView): Promise<StoredSize> {
    const { tree } = await shared.standings.of(version)
    const parent = parentsOf(dataset, version)[0]
    const before = parent === undefined ? undefined : (await shared.standings.of(parent)).tree
    return await this.#known.get(`${before === undefined ? '' : hashToHex(before)} ${hashToHex(tree)}`, async () => {
      const old = new HashSet()
      if (before !== undefined) await reachable(shared.store, [before], hash => { old.add(hash) })
      const seen = new HashSet()
      const size = { chunks: 0, bytes: 0, added: { chunks: 0, bytes: 0 } }
      await reachable(shared.store, [tree], (hash, _kind, length) => {
        if (!seen.add(hash)) return
        size.chunks++
        size.bytes += length
        if (old.has(hash)) return
        size.added.chunks++
        size.added.bytes += length
      })
      return size
    })
  }
}
