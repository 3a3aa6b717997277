/** Datasets, versions and drafts: the rules over catalog and trees. */
export type * from './service.ts'
export type { DatasetsDeps, Use } from './deps.ts'
export { Leases, type Lease } from './leases.ts'
export { referenceTo, versionLabel, byNumberDescending } from './resolve.ts'
export { ancestorsOf, childrenOf, parentsOf, structureOf } from './lineage.ts'
