/** Files of versions: import, checkout, edits, ranges, archives. */
export type * from './service.ts'
export { createFiles, type FilesDeps } from './files.ts'
