import type { DatasetView, HistoryItem, Json, VersionView } from '../catalog/index.ts'
import type { DatasetRef, Hash, VersionId, VersionRef } from '../model/index.ts'
import type { ProgressSink } from '../runtime/index.ts'
import type { MergeConflict, TreeChange, TreeStats } from '../trees/index.ts'
import type { Leases } from './leases.ts'
import type { Issues } from './issues.ts'
import type { Side } from './merge-history.ts'
import type { Roots } from './roots.ts'
import type { Runs } from './runs.ts'
import type { StoredSize } from './stored-size.ts'
import type { WireError } from '../errors/index.ts'

export interface DatasetQuery {
  /** Words that name, display name, description or tags must hold. */
  readonly q?: string
  readonly tag?: string
  readonly type?: string
  readonly task?: string
  readonly format?: string
  readonly status?: string
  readonly license?: string
  readonly namespace?: string
  /** true: only archived ones; false (default): only others. */
  readonly archived?: boolean
}

/** A dataset's fields as a user gives them; what is missing takes K1's default. */
export interface CreateDataset {
  readonly namespace: string
  readonly name: string
  /** Semver of the first draft; default 1.0.0. */
  readonly version?: string
  readonly displayName?: string
  readonly description?: string
  readonly type?: string
  readonly task?: string
  readonly format?: string
  readonly status?: string
  readonly scenario?: string
  readonly license?: string
  readonly publicAccess?: boolean
  readonly strictTypes?: boolean
  readonly tags?: readonly string[]
  readonly registry?: readonly string[]
  readonly example?: boolean
}

export type EditDataset = Pick<CreateDataset,
  'displayName' | 'description' | 'license' | 'publicAccess' | 'strictTypes' | 'tags' | 'status' | 'scenario' | 'registry'>

export interface CreateVersion {
  /** Semver; default: the next minor of the highest. */
  readonly number?: string
  readonly name?: string
  /** Published versions it comes from: numbers, names or ids of the same dataset; default for `inherit`: the highest published. */
  readonly from?: readonly string[]
  readonly mode: 'inherit' | 'new'
  /** Of what several parents have differently: the first parent's, the others', or (default) both contents. */
  readonly take?: 'ours' | 'theirs' | 'both'
  readonly description?: string
  readonly comment?: string
  readonly metadata?: { readonly [key: string]: Json }
}

export interface EditVersion {
  readonly number?: string
  readonly name?: string
  readonly description?: string
  readonly comment?: string
  readonly metadata?: { readonly [key: string]: Json }
  readonly maskLabels?: { readonly [rgb: string]: readonly string[] }
  readonly tags?: readonly string[]
}

export interface Snapshot {
  readonly publishName?: string
  readonly childName?: string
  readonly childMetadata?: { readonly [key: string]: Json }
  readonly childComment?: string
}

/** A version with the dataset it belongs to. */
export interface Resolved {
  readonly dataset: DatasetView
  readonly version: VersionView
  /** What to know about how it was chosen, e.g. that it is the newest of several drafts; one sentence each. */
  readonly warnings?: readonly string[]
}

/** A new version, with the paths its parents have differently (both contents were kept). */
export interface Created extends Resolved { readonly conflicts?: readonly MergeConflict[] }

export interface VersionFilter {
  readonly state?: 'draft' | 'published'
  /** true: only archived ones; false (default): only others. */
  readonly archived?: boolean
  readonly tag?: string
  /** Words that number, name, description or tags hold. */
  readonly q?: string
}

/** Files of a version against another: how many differ, and by how many bytes in all. */
export interface ChangeCounts { readonly added: number, readonly modified: number, readonly removed: number, readonly bytes: number }

/** W6: one action on many versions. */
export interface BulkChange {
  readonly action: 'archive' | 'restore' | 'delete' | 'tag'
  /** Numbers, names or ids; without them all that the filter finds. */
  readonly versions?: readonly string[]
  readonly filter?: VersionFilter
  /** Tags, for `tag`. */
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
  /** For `delete`: published ones too. */
  readonly force?: boolean
}

/** What became of one of them. */
export interface BulkResult { readonly version: string, readonly id?: VersionId, readonly error?: WireError }

export interface Watched { readonly signal?: AbortSignal | undefined, readonly progress?: ProgressSink | undefined }

/** S3: a path that was changed apart, and that nobody has decided about. */
export interface Conflict {
  readonly path: string
  /** Where the content is kept that lost the path to the other; undefined where one side removed what the other edited. */
  readonly keptAt?: string
  /** What was committed on this node; between others, what has the path now. */
  readonly ours: Side
  readonly theirs: Side
}

/** Which of the two contents stays. */
export type Take = 'ours' | 'theirs' | 'both'

/** What can be done with datasets and their versions: the rules of features K, L and C, over catalog and trees. */
export interface Datasets {
  /** Held by whoever puts chunks before a version names them. */
  readonly leases: Leases
  readonly runs: Runs
  readonly issues: Issues
  list(query?: DatasetQuery): readonly DatasetView[]
  /** @throws DATASET_NOT_FOUND */
  find(ref: DatasetRef): DatasetView
  /** With an empty draft named `Current`. @throws FIELD_INVALID (facts: field), DATASET_EXISTS */
  create(input: CreateDataset): Promise<DatasetView>
  /** @param ifMatch the revision the caller saw @throws FIELD_INVALID, FIELD_FIXED, EDIT_CONFLICT */
  edit(ref: DatasetRef, fields: EditDataset, ifMatch?: string): Promise<DatasetView>
  archive(ref: DatasetRef, archived: boolean): Promise<DatasetView>
  /** C6. @throws DATASET_NOT_EMPTY, DATASET_IN_USE */
  remove(ref: DatasetRef, options?: { allVersions?: boolean, force?: boolean }): Promise<void>

  versions(ref: DatasetRef, filter?: VersionFilter): readonly VersionView[]
  /**
   * Without a version: the newest draft named `Current`, else the newest draft, else the highest published.
   * @throws DATASET_NOT_FOUND, VERSION_NOT_FOUND, VERSION_CONFLICT, REFERENCE_INVALID (the start of an id that fits several)
   */
  resolve(ref: VersionRef): Resolved
  /** @throws VERSION_EXISTS, VERSION_IS_DRAFT (a parent is one), FIELD_INVALID */
  createVersion(ref: DatasetRef, input: CreateVersion): Promise<Created>
  /** @param ifMatch the revision of the dataset the caller saw @throws VERSION_PUBLISHED, VERSION_EXISTS, FIELD_INVALID, EDIT_CONFLICT */
  editVersion(ref: VersionRef, fields: EditVersion, ifMatch?: string): Promise<Resolved>
  archiveVersion(ref: VersionRef, archived: boolean): Promise<Resolved>
  /** C5; W4 with `archived`: only from the archive. @throws VERSION_PUBLISHED without `force`, VERSION_IN_USE, VERSION_HAS_CHILDREN, VERSION_NOT_ARCHIVED */
  removeVersion(ref: VersionRef, options?: { force?: boolean, archived?: boolean }): Promise<void>
  /** W6. @throws DATASET_NOT_FOUND, FIELD_INVALID; what becomes of each version is in the results */
  changeVersions(ref: DatasetRef, change: BulkChange): Promise<readonly BulkResult[]>
  /** Seals a draft once every chunk of it was checked. @throws VERSION_PUBLISHED, VERSION_EXISTS, VERSION_NOT_READY, VERSION_HAS_CONFLICTS */
  publish(ref: VersionRef, options?: { as?: string, message?: string } & Watched): Promise<Resolved>
  /** C3. */
  snapshot(ref: DatasetRef, options?: Snapshot & Watched): Promise<{ published: Resolved, child: Resolved }>

  /** The root of a version's tree; heads that stand apart are merged on the way. */
  tree(version: VersionView): Promise<Hash>
  stats(version: VersionView): Promise<TreeStats>
  /**
   * Changes a draft: calls `edit` with its tree (one edit of a draft at a time), makes chunks durable, then moves the draft to the new
   * commit. Nothing is written when the tree stays the same.
   * @throws VERSION_PUBLISHED
   */
  commit(ref: VersionRef, message: string, edit: (tree: Hash) => Promise<Hash>): Promise<{ tree: Hash, resolved: Resolved, changed: boolean }>
  /** Of a draft, in order of paths; none for a published version. */
  conflicts(ref: VersionRef): Promise<readonly Conflict[]>
  /**
   * Decides a conflict. @param path of the conflict, or where the other content is kept
   * @throws VERSION_PUBLISHED, FILE_NOT_FOUND, FIELD_INVALID when the path has several, PATH_CLASH
   */
  settle(ref: VersionRef, path: string, take: Take): Promise<Resolved>
  /** Takes the last change of a draft's files back, where `head` is still its only head; a conflict it decided is open again. @throws EDIT_CONFLICT, VERSION_PUBLISHED */
  undo(ref: VersionRef, head: string): Promise<Resolved>
  diff(before: VersionRef, after: VersionRef, options?: { prefix?: string }): AsyncIterable<TreeChange>
  /** Against its first parent, or against nothing. */
  changes(version: VersionView, dataset: DatasetView): Promise<ChangeCounts>
  /** W2. @throws CHUNK_MISSING while its tree is not on this node */
  storedSize(version: VersionView, dataset: DatasetView): Promise<StoredSize>
  log(ref: VersionRef): Promise<readonly HistoryItem[]>
  /** What must stay in the store, as the versions are at the moment of the call; for upkeep. @throws CHUNK_DAMAGED when a commit is */
  roots(): Promise<Roots>
  versionById(id: VersionId): Resolved | undefined
}
