import type { DatasetsDeps } from './deps.ts'
import type { Directory } from './directory.ts'
import type { Drafts } from './drafts.ts'
import type { Leases } from './leases.ts'
import type { Locks } from './locks.ts'
import type { MergeHistory } from './merge-history.ts'
import type { Standings } from './standings.ts'

/** What the rules of this room share. */
export interface Shared extends DatasetsDeps {
  readonly directory: Directory
  readonly standings: Standings
  readonly drafts: Drafts
  readonly merges: MergeHistory
  readonly leases: Leases
  /** By dataset: held while numbers and names are given out, or something is deleted. */
  readonly locks: Locks
}
