/** Datasets and their versions: create, draft, publish, snapshot, archive, delete, lineage. */
export type * from './service.ts'
