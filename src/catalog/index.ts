/** The team's catalog: Automerge documents changed by signed envelopes, read as checked views. */
export type * from './views.ts'
export type * from './catalog.ts'
