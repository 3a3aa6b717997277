import { API, datasetAt, queryOf, versionAt } from './addresses.ts'
import { ProblemError, getJson, sendJson } from './fetch.ts'
import type {
  BulkBody, BulkResultItem, ConflictList, CreateDatasetBody, CreateVersionBody, Dataset, DatasetRef, EditDatasetBody, EditVersionBody, FileEditBody, Invite, InviteBody, IssueBody,
  IssueItem, JobItem, LimitsItem, SettleBody, Version, VersionRef
} from './types.ts'

/** What the page changes on the node; each throws a ProblemError where the node says no. What is shown follows from the node's events. */

/** A long piece of work is started, not waited for: its events tell how it goes. */
const ASYNC = { prefer: 'respond-async' }

export const createDataset = (body: CreateDatasetBody): Promise<Dataset> => sendJson('POST', `${API}/datasets`, body)
export const editDataset = (ref: DatasetRef, body: EditDatasetBody, revision: string): Promise<Dataset> => sendJson('PATCH', datasetAt(ref), body, { 'if-match': `"${revision}"` })
export const tagDataset = (ref: DatasetRef, tags: readonly string[]): Promise<readonly string[]> => sendJson('PUT', datasetAt(ref, '/tags'), tags)
export const archiveDataset = (ref: DatasetRef, archived: boolean): Promise<Dataset> => sendJson('POST', datasetAt(ref, archived ? '/archive' : '/restore'))
export const deleteDataset = (ref: DatasetRef): Promise<void> => sendJson('DELETE', datasetAt(ref, queryOf({ allVersions: true, force: true })))
export const keepDataset = (ref: DatasetRef, keep: string): Promise<{ keep: string }> => sendJson('PUT', datasetAt(ref, '/keep'), { keep })

export const createVersion = (ref: DatasetRef, body: CreateVersionBody): Promise<Version> => sendJson('POST', datasetAt(ref, '/versions'), body)
export const editVersion = (ref: VersionRef, body: EditVersionBody): Promise<Version> => sendJson('PATCH', versionAt(ref), body)
export const tagVersion = (ref: VersionRef, tags: readonly string[]): Promise<readonly string[]> => sendJson('PUT', versionAt(ref, '/tags'), tags)
export const archiveVersion = (ref: VersionRef, archived: boolean): Promise<Version> => sendJson('POST', versionAt(ref, archived ? '/archive' : '/restore'))
export const deleteVersion = (ref: VersionRef): Promise<void> => sendJson('DELETE', versionAt(ref, queryOf({ force: true })))
export const publishVersion = (ref: VersionRef, body: { as?: string, message?: string }): Promise<JobItem> => sendJson('POST', versionAt(ref, '/publish'), body, ASYNC)

/** All or none. */
export const editFiles = (ref: VersionRef, edits: readonly FileEditBody[], message: string): Promise<{ changed: number }> => sendJson('POST', versionAt(ref, `/edits${queryOf({ message })}`), edits)
export const undoEdit = (ref: VersionRef, head: string): Promise<Version> => sendJson('POST', versionAt(ref, '/undo'), { head })
/** @returns the conflicts that are still open */
export const settle = (ref: VersionRef, body: SettleBody): Promise<ConflictList> => sendJson('POST', versionAt(ref, '/conflicts'), body)
export const fetchLinks = (ref: VersionRef, paths?: readonly string[]): Promise<JobItem> => sendJson('POST', versionAt(ref, '/links/fetch'), paths === undefined ? {} : { paths }, ASYNC)
export const changeVersions = (ref: DatasetRef, body: BulkBody): Promise<BulkResultItem> => sendJson('POST', datasetAt(ref, '/versions/bulk'), body)

export const addIssue = (ref: VersionRef, body: IssueBody): Promise<IssueItem> => sendJson('POST', versionAt(ref, '/issues'), body)
export const editIssue = (ref: VersionRef, id: string, body: IssueBody): Promise<IssueItem> => sendJson('PATCH', versionAt(ref, `/issues/${encodeURIComponent(id)}`), body)
export const removeIssue = (ref: VersionRef, id: string): Promise<void> => sendJson('DELETE', versionAt(ref, `/issues/${encodeURIComponent(id)}`))

export const removeUpload = (id: string): Promise<void> => sendJson('DELETE', `${API}/uploads/${encodeURIComponent(id)}`)

export const makeInvite = (body: InviteBody): Promise<Invite> => sendJson('POST', `${API}/invites`, body)
export const revokeInvite = (id: string): Promise<void> => sendJson('DELETE', `${API}/invites/${encodeURIComponent(id)}`)
export const changeRole = (id: string, role: string): Promise<unknown> => sendJson('PATCH', `${API}/members/${encodeURIComponent(id)}`, { role })
export const removeMember = (id: string): Promise<unknown> => sendJson('DELETE', `${API}/members/${encodeURIComponent(id)}`)

export const verify = (ref: string | undefined, repair = false): Promise<JobItem> => sendJson('POST', `${API}/verify`, { ...ref === undefined ? {} : { ref }, ...repair ? { repair } : {} }, ASYNC)
export const collect = (dryRun: boolean): Promise<JobItem> => sendJson('POST', `${API}/gc`, { dryRun }, ASYNC)
/** Bytes a second; null takes a limit away. */
export const setLimits = (limits: { upload: number | null, download: number | null }): Promise<LimitsItem> => sendJson('PUT', `${API}/limits`, limits)
export const cancelJob = (id: string): Promise<JobItem> => sendJson('DELETE', `${API}/jobs/${encodeURIComponent(id)}`)

/** How long one request waits for a job to end. Seconds. */
const WAIT_S = 20

/** Waits until a job has ended. @throws ProblemError */
export async function jobEnded(job: JobItem): Promise<JobItem> {
  let now = job
  while (now.state === 'running') now = await getJson<JobItem>(`${API}/jobs/${encodeURIComponent(job.id)}${queryOf({ wait: WAIT_S })}`)
  return now
}

/** Takes this machine into another's team; ends when it is in. @throws ProblemError */
export async function joinTeam(invite: string): Promise<void> {
  const { state, error } = await jobEnded(await sendJson<JobItem>('POST', `${API}/join`, { invite }, ASYNC))
  if (state === 'done') return
  throw new ProblemError({ code: error?.code ?? 'CANCELLED', status: 0, title: 'This machine did not join', detail: error?.detail ?? 'It was stopped', advice: '', ...error?.facts })
}
