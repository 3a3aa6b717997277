/** A version's files as a Merkle tree of chunks, and the commits of a draft. FORMAT.md is their law. */
export type * from './entry.ts'
export type { Commit } from './commit.ts'
