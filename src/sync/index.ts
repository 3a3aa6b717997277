/** Exchange with other nodes: catalog envelopes and chunks. */
export type * from './service.ts'
