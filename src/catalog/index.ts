/** The team's catalog: Automerge documents changed by signed envelopes, read as checked views. FORMAT.md is its law. */
export type * from './views.ts'
export type * from './catalog.ts'
export { ENDED_SEQ } from './exchange.ts'
export { type CatalogOptions, createWorkspace, hasCatalog, joinWorkspace, openCatalog } from './open.ts'
export type { LiveCatalog } from './live-catalog.ts'
