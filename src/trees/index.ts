/** A version's files as a Merkle tree of chunks, and the commits of a draft. FORMAT.md is their law. */
export type * from './entry.ts'
export type { Commit } from './commit.ts'
export { writeTree, emptyTree } from './tree-writer.ts'
export { treeStats, getEntry, isFolder, treeEntries } from './read-tree.ts'
export { listTree, DEFAULT_PAGE, MAX_PAGE, type ListOptions } from './list-tree.ts'
export { editTree } from './edit-tree.ts'
export { writeCommit, readCommit, readCommits, commitHistory, type NamedCommit } from './commits.ts'
