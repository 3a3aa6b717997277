/** Files of rows: what is remembered of a folder's files, in the order of paths, in bounded memory. */
export { type FileStat, type Held, type Row, entryOf, heldOf } from './row.ts'
export { RowReader } from './row-reader.ts'
export { RowWriter } from './row-writer.ts'
