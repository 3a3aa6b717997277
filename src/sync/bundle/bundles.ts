import type { Catalog } from '../../catalog/index.ts'
import type { ChunkStore } from '../../chunks/index.ts'
import type { Datasets } from '../../datasets/index.ts'
import { exportBundle } from './export-bundle.ts'
import { importBundle } from './import-bundle.ts'
import type { Bundles } from './service.ts'

export interface BundlesDeps { readonly catalog: Catalog, readonly datasets: Datasets, readonly store: ChunkStore }

export function createBundles({ catalog, datasets, store }: BundlesDeps): Bundles {
  return {
    export: ref => exportBundle(catalog, store, datasets.resolve(ref)),
    // What comes in is named by nobody until the catalog has heard of it.
    import: source => datasets.leases.during(() => importBundle(catalog, store, source))
  }
}
