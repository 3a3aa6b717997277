/** Files of versions: import, checkout, edits, ranges, archives. */
export type * from './service.ts'
