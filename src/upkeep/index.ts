/** What keeps a store healthy: verification, repair and garbage collection. */
export type * from './service.ts'
export type { UpkeepDeps } from './deps.ts'
export { createUpkeep } from './upkeep.ts'
export { MAX_GRACE_MS } from './marks.ts'
export { UsageBook, type UsageDay } from './usage.ts'
