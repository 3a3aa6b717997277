/** What the node answers: the contract of the HTTP API, as types only. */
export type {
  BulkBody, BulkResultItem, ClassesItem, ConflictItem, ConflictList, CreateDatasetBody, CreateVersionBody, Dataset, DiffItem, EditDatasetBody, EditVersionBody, EventItem, FieldProblem,
  FileEditBody, FileItem, Invite, InviteBody, InviteItem, IssueBody, IssueItem, JobItem, LimitsItem, LogItem, Member, NodeItem, OutlineItem, Page, Peer, Problem, ReplicationItem, RunItem,
  SelectionQuery, SettleBody, SplitsItem, StoredSizeItem, SyncState, UploadItem, UsageItem, Version, VersionDetails
} from '../../src/http/contract.ts'

export interface DatasetRef { readonly ns: string, readonly name: string }

/** @property version a number, a name, an id, `latest` or `current` */
export interface VersionRef extends DatasetRef { readonly version: string }
