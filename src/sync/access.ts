import type { Catalog } from '../catalog/index.ts'
import type { DatasetId } from '../model/index.ts'

/** Whether a member may see a document: private datasets go to their creator and the devices they are shared with. */
export function mayRead(catalog: Catalog, document: string, device: string): boolean {
  const dataset = catalog.dataset(document as DatasetId)
  if (dataset === undefined || dataset.publicAccess) return true
  return dataset.createdBy === device || dataset.registry.some(shared => shared === device)
}
