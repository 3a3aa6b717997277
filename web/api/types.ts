/** What the node answers: the contract of the HTTP API, as types only. */
export type {
  CreateDatasetBody, CreateVersionBody, EditDatasetBody, EditVersionBody, FileEditBody, Invite, InviteBody, Dataset, DiffItem, EventItem, FieldProblem, FileItem, InviteItem, JobItem, LimitsItem, LogItem, Member, NodeItem, Page, Peer, Problem, ReplicationItem, SyncState, Version, VersionDetails
} from '../../src/http/contract.ts'

export interface DatasetRef { readonly ns: string, readonly name: string }

/** @property version a number, a name, an id, `latest` or `current` */
export interface VersionRef extends DatasetRef { readonly version: string }
