import type { DatasetView, HistoryItem, VersionView } from '../catalog/index.ts'
import type { Shared } from './shared.ts'

/** Who did what, when: of one version, or of the whole dataset. Oldest first. */
export async function historyOf(shared: Shared, dataset: DatasetView, version: VersionView | undefined): Promise<readonly HistoryItem[]> {
  const items = await shared.catalog.history(dataset.id)
  return version === undefined ? items : items.filter(item => item.version === version.id)
}
