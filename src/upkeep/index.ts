/** What keeps a store healthy: verification and garbage collection. */
export type * from './service.ts'
