import type { DatasetFields, DatasetId, DeviceId, VersionId } from '../model/index.ts'

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A dataset as everyone may read it: a checked copy, never the Automerge document itself. Times are ISO-8601 UTC. */
export interface DatasetView extends DatasetFields {
  readonly id: DatasetId
  /** Sorted. */
  readonly tags: readonly string[]
  readonly archived: boolean
  readonly createdAt: string
  readonly createdBy: DeviceId
  readonly updatedAt: string
  /** Changes whenever anything of the dataset does; for ETags. */
  readonly revision: string
  /** In order of creation. Deleted ones are gone. */
  readonly versions: readonly VersionView[]
}

export interface VersionView {
  readonly id: VersionId
  /** Semver; of a published version what its record says. */
  readonly number: string
  /** `Current` for the draft people work on; '' where none was given. */
  readonly name: string
  readonly state: 'draft' | 'published'
  /** Commits (hex) the draft stands at: one, or several after edits made apart; none for an empty version that was never edited. */
  readonly heads: readonly string[]
  /** Versions it comes from. */
  readonly parents: readonly VersionId[]
  readonly mode: 'inherit' | 'new'
  readonly description: string
  readonly comment: string
  readonly metadata: { readonly [key: string]: Json }
  readonly maskLabels: { readonly [rgb: string]: readonly string[] }
  readonly tags: readonly string[]
  /** What is said of it beside what it is: runs that use it, known issues. Of any form: a peer may hold anything. */
  readonly notes: { readonly [name: string]: Json }
  readonly archived: boolean
  readonly createdAt: string
  readonly createdBy: DeviceId
  readonly updatedAt: string
  readonly published?: PublishedView
}

/** What a version's publish record states. */
export interface PublishedView {
  /** The record's own name: BLAKE3 of its signed bytes, hex. */
  readonly record: string
  readonly at: string
  readonly by: DeviceId
  readonly message: string
  /** Root of the tree, hex. */
  readonly tree: string
  readonly commit: string
  readonly files: number
  readonly links: number
  readonly bytes: number
  /** Devices that hold and have verified all of it, by their own signed word: its publisher and who gave a receipt. Sorted. */
  readonly holders: readonly DeviceId[]
  /** Other records that claim the same number (published apart). */
  readonly clashes: readonly string[]
  /** The number the record states, where the version was given another since. */
  readonly sealedNumber?: string
  /** Other records that seal this very version (published apart); each stands in the list as a version of its own, under another id. */
  readonly rivals?: readonly string[]
}

/** One line of the history: a named change by somebody. */
export interface HistoryItem {
  readonly at: string
  readonly by: DeviceId
  /** `dataset.create`, `version.publish`, … */
  readonly change: string
  readonly version?: VersionId
  readonly detail: { readonly [key: string]: Json }
}

export interface MemberView {
  readonly id: DeviceId
  readonly name: string
  readonly role: 'admin' | 'writer' | 'reader'
  readonly addresses: readonly string[]
  readonly addedAt: string
  readonly addedBy: DeviceId
  readonly removed: boolean
}
