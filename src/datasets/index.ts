/** Datasets, versions and drafts: the rules over catalog and trees. */
export type * from './service.ts'
export type { DatasetsDeps, Use } from './deps.ts'
export { Leases, type Lease } from './leases.ts'
export { referenceTo, versionLabel, byNumberDescending } from './resolve.ts'
export { ancestorsOf, childrenOf, parentsOf, structureOf } from './lineage.ts'
export { createDatasets } from './datasets.ts'
export { checkChunks, checkData, locate, takeInventory, type Flaw, type Inventory, type Place } from './integrity.ts'
export { walkTrees, type NodeProblem, type Visitor } from './walk.ts'
