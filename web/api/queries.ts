import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { API, datasetAt, fileAt, queryOf, versionAt } from './addresses.ts'
import { getBytes, getJson, getLines } from './fetch.ts'
import type {
  Dataset, DatasetRef, DiffItem, FileItem, InviteItem, JobItem, LimitsItem, LogItem, Member, NodeItem, OutlineItem, Page, Peer, ReplicationItem, SyncState, Version, VersionDetails, VersionRef
} from './types.ts'

/** What the page asks the node, and under which keys it keeps the answers. `live.ts` makes them stale when something happens. */

export interface DatasetFilter {
  readonly q?: string | undefined
  readonly type?: string | undefined
  readonly tag?: string | undefined
  readonly namespace?: string | undefined
  readonly archived?: boolean | undefined
}

/** Rows that fill several screens, and come in one quick answer. */
const DATASETS_PER_PAGE = 200
const LOG_PER_PAGE = 100
/** Events tell how a job goes; this is for one that was missed. Milliseconds. */
const JOB_ASKED_MS = 1500
/** Live to the eye, and cheap. Milliseconds. */
const RATES_ASKED_MS = 2000
/** Versions whose copies are shown at first. */
const REPLICATION_PER_PAGE = 100
/** The most the API gives at once: a dataset with more versions shows a button for the rest. */
const VERSIONS_PER_PAGE = 500
/** Rows of a folder fetched together. */
export const FILES_PER_PAGE = 1000

const pages = { initialPageParam: '', getNextPageParam: (last: { next: string | null }) => last.next }

export const datasetsQuery = (filter: DatasetFilter) => infiniteQueryOptions({
  queryKey: ['datasets', filter],
  queryFn: ({ pageParam, signal }) => getJson<Page<Dataset>>(`${API}/datasets${queryOf({ ...filter, archived: filter.archived === true ? true : undefined, limit: DATASETS_PER_PAGE, cursor: pageParam })}`, signal),
  placeholderData: keepPreviousData,
  ...pages
})

/** What there is to choose from in filters: tags and namespaces of the first datasets. */
export const choicesQuery = () => queryOptions({
  queryKey: ['datasets', 'choices'],
  queryFn: ({ signal }) => getJson<Page<Dataset>>(`${API}/datasets${queryOf({ limit: 1000 })}`, signal),
  select: ({ items }) => ({
    namespaces: [...new Set(items.map(dataset => dataset.namespace))].sort(),
    tags: [...new Set(items.flatMap(dataset => dataset.tags))].sort()
  })
})

export const datasetQuery = (ref: DatasetRef) => queryOptions({
  queryKey: ['dataset', ref.ns, ref.name],
  queryFn: ({ signal }) => getJson<Dataset>(datasetAt(ref), signal)
})

export const versionsQuery = (ref: DatasetRef, archived = false) => infiniteQueryOptions({
  queryKey: ['versions', ref.ns, ref.name, archived],
  queryFn: ({ pageParam, signal }) => getJson<Page<Version>>(datasetAt(ref, `/versions${queryOf({ archived: archived ? true : undefined, limit: VERSIONS_PER_PAGE, cursor: pageParam })}`), signal),
  ...pages
})

export const versionQuery = (ref: VersionRef) => queryOptions({
  queryKey: ['version', ref.ns, ref.name, ref.version],
  queryFn: ({ signal }) => getJson<VersionDetails>(versionAt(ref), signal)
})

export interface FilesWanted {
  readonly prefix?: string
  readonly recursive?: boolean
  readonly cursor?: string
  readonly limit?: number
}

export const filesQuery = (ref: VersionRef, { prefix = '', recursive = false, cursor = '', limit = FILES_PER_PAGE }: FilesWanted = {}) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, prefix, recursive, limit, cursor],
  queryFn: ({ signal }) => getJson<Page<FileItem>>(versionAt(ref, `/files${queryOf({ prefix, recursive: recursive ? true : undefined, limit, cursor })}`), signal)
})

/** Where all pages of a folder begin; for a folder of a million entries the node takes seconds. */
export const outlineQuery = (ref: VersionRef, prefix: string) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'outline', prefix],
  queryFn: ({ signal }) => getJson<OutlineItem>(versionAt(ref, `/outline${queryOf({ prefix, limit: FILES_PER_PAGE })}`), signal)
})

export const entryQuery = (ref: VersionRef, path: string) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'entry', path],
  queryFn: ({ signal }) => getJson<FileItem>(versionAt(ref, `/entry${queryOf({ path })}`), signal)
})

/** Entries between a name without its last character, and the name. */
const NEAR_NAMES = 50

/** A file at the top of a version, or null: looked for in the list, because browsers log every answer of "not found" as an error. */
export const topFileQuery = (ref: VersionRef, name: string) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'top', name],
  queryFn: async ({ signal }) => {
    const { items } = await getJson<Page<FileItem>>(versionAt(ref, `/files${queryOf({ cursor: name.slice(0, -1), limit: NEAR_NAMES })}`), signal)
    return items.find(item => item.type === 'file' && item.path === name) ?? null
  }
})

/** Bytes of a file, by its hash: they are the same for good. */
export const bytesQuery = (ref: VersionRef, file: Extract<FileItem, { type: 'file' }>, from: number, length: number) => queryOptions({
  queryKey: ['bytes', file.hash, from, length],
  queryFn: ({ signal }) => file.size === 0 ? new Uint8Array() : getBytes(fileAt(ref, file.path), file.hash, from, length, signal),
  staleTime: Infinity,
  gcTime: 60_000
})

export const logQuery = (ref: VersionRef) => infiniteQueryOptions({
  queryKey: ['log', ref.ns, ref.name, ref.version],
  queryFn: ({ pageParam, signal }) => getJson<Page<LogItem>>(versionAt(ref, `/log${queryOf({ limit: LOG_PER_PAGE, cursor: pageParam })}`), signal),
  ...pages
})

export const nodeQuery = () => queryOptions({
  queryKey: ['node'],
  queryFn: ({ signal }) => getJson<NodeItem>(`${API}/node`, signal)
})

export const peersQuery = () => queryOptions({
  queryKey: ['peers'],
  queryFn: ({ signal }) => getJson<Page<Peer>>(`${API}/peers${queryOf({ limit: 1000 })}`, signal),
  select: ({ items }) => items
})

export const membersQuery = () => queryOptions({
  queryKey: ['members'],
  queryFn: ({ signal }) => getJson<Page<Member>>(`${API}/members${queryOf({ limit: 1000 })}`, signal),
  select: ({ items }) => new Map(items.map(member => [member.id, member]))
})

/** Invites of this node: open ones, and those that ended within a day. */
export const invitesQuery = () => queryOptions({
  queryKey: ['invites'],
  queryFn: async ({ signal }) => (await getJson<Page<InviteItem>>(`${API}/invites${queryOf({ limit: 200 })}`, signal)).items
})

/** Who is connected, what comes from whom. Rates fall without an event: a page that shows them asks now and then. */
export const syncQuery = () => queryOptions({
  queryKey: ['sync'],
  queryFn: ({ signal }) => getJson<SyncState>(`${API}/sync`, signal),
  refetchInterval: RATES_ASKED_MS
})

export const limitsQuery = () => queryOptions({
  queryKey: ['limits'],
  queryFn: ({ signal }) => getJson<LimitsItem>(`${API}/limits`, signal)
})

/** On how many machines published versions are safe. @param ref of this dataset, or of all */
export const replicationQuery = (ref?: DatasetRef) => infiniteQueryOptions({
  queryKey: ['replication', ref?.ns ?? '', ref?.name ?? ''],
  queryFn: ({ pageParam, signal }) => getJson<Page<ReplicationItem>>(`${API}/replication${queryOf({ dataset: ref === undefined ? undefined : `${ref.ns}/${ref.name}`, limit: REPLICATION_PER_PAGE, cursor: pageParam })}`, signal),
  ...pages
})

export const keepQuery = (ref: DatasetRef) => queryOptions({
  queryKey: ['keep', ref.ns, ref.name],
  queryFn: ({ signal }) => getJson<{ keep: string }>(datasetAt(ref, '/keep'), signal)
})

/** All jobs the node remembers, failed ones too; newest first. */
export const allJobsQuery = () => queryOptions({
  queryKey: ['all-jobs'],
  queryFn: async ({ signal }) => (await getJson<Page<JobItem>>(`${API}/jobs${queryOf({ limit: 300 })}`, signal)).items
})

/** A job that was started here, kept up to date by its events; asked for anew where one was missed. */
export const jobQuery = (job: JobItem | undefined) => queryOptions({
  queryKey: ['job', job?.id ?? ''],
  queryFn: ({ signal }) => getJson<JobItem>(`${API}/jobs/${encodeURIComponent(job?.id ?? '')}`, signal),
  refetchInterval: ({ state }) => state.data === undefined || state.data.state === 'running' ? JOB_ASKED_MS : false
})

/** Differences shown of two versions; a browser holds more, nobody reads them. */
const MAX_DIFFERENCES = 100_000

/** @param against a version's id; undefined: everything is new */
export const diffQuery = (ref: VersionRef, against: string | undefined) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'diff', against ?? ''],
  queryFn: async ({ signal }) => {
    const items: DiffItem[] = []
    const enough = new AbortController()
    for await (const batch of getLines<DiffItem>(versionAt(ref, `/diff${queryOf({ against })}`), AbortSignal.any([signal, enough.signal]))) {
      for (const item of batch) items.push(item)
      if (items.length >= MAX_DIFFERENCES) {
        enough.abort()
        return { items: items.slice(0, MAX_DIFFERENCES), isCut: true }
      }
    }
    return { items, isCut: false }
  }
})

/** Jobs that run now; kept up to date by their events. */
export const jobsQuery = () => queryOptions({
  queryKey: ['jobs'],
  queryFn: async ({ signal }) => (await getJson<Page<JobItem>>(`${API}/jobs${queryOf({ state: 'running', limit: 100 })}`, signal)).items
})
