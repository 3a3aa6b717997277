/** Files of versions: import, checkout, edits, ranges, archives. */
export type * from './service.ts'
export { createFiles, type FilesDeps } from './files.ts'
export { SPLITS_FILE, checkSplits } from './selection/splits.ts'
export { classOfPath } from './selection/split-names.ts'
export { checkType, typeProblem, type Typed } from './kinds.ts'
export { draftOf } from './draft.ts'
