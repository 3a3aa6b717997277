import type { Catalog, DatasetView } from '../catalog/index.ts'
import { referenceTo } from '../datasets/index.ts'
import type { ReplicationView } from './service.ts'

/**
 * On how many machines each published version of a dataset is safe: by the signed receipts of members that are there now, its publisher
 * included, of those that may see it; and which of the machines that must keep it (its registry) don't have it yet.
 */
export function replicationOf(catalog: Catalog, dataset: DatasetView): ReplicationView[] {
  const members = catalog.members().filter(member => !member.removed && catalog.mayRead(dataset.id, member.id)).map(member => member.id)
  return dataset.versions.flatMap(version => {
    if (version.published === undefined) return []
    const holders = version.published.holders.filter(device => members.includes(device))
    return [{
      dataset: dataset.id,
      version: referenceTo(dataset, version),
      record: version.published.record,
      holders,
      members: members.length,
      registry: dataset.registry,
      shortfall: dataset.registry.filter(device => !holders.includes(device))
    }]
  })
}
