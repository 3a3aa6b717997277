/** Exchange with other nodes: catalog envelopes and chunks; who joins, what is kept. */
export type * from './service.ts'
export type * from './bundle/service.ts'
export { createBundles } from './bundle/bundles.ts'
export { createNetwork, type NetworkDeps, type Workspace } from './network.ts'
export type { Welcome } from './join.ts'
export { remoteStore } from './remote-store.ts'
