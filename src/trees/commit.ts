import type { DeviceId, Hash } from '../model/index.ts'

/** One state of a draft; itself a chunk, named by its hash. */
export interface Commit {
  /** Root of the tree. */
  readonly tree: Hash
  /** Commits this one follows; two for a merge, none for the first. Sorted. */
  readonly parents: readonly Hash[]
  /** Who made it; undefined for a merge, which every node makes the same. */
  readonly by?: DeviceId
  /** Milliseconds since 1970, a label only; 0 for a merge. */
  readonly at: number
  readonly message: string
  /** Conflicts it settles, by the path that content was kept at (or of what was edited and removed); none where there are none. Sorted. */
  readonly settles?: readonly string[]
}
