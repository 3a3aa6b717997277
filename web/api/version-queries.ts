import { queryOptions } from '@tanstack/react-query'
import { API, datasetAt, queryOf, versionAt } from './addresses.ts'
import { getJson, getLines } from './fetch.ts'
import type { ClassesItem, ConflictList, DatasetRef, FileItem, IssueItem, Page, RunItem, SelectionQuery, SplitsItem, StoredSizeItem, UploadItem, UsageItem, VersionRef } from './types.ts'

/**
 * What the page asks about a version besides itself and its files. The keys begin as those of the version do, so that what makes the one
 * stale makes the others stale, too.
 */

/** More runs of one version than anyone looks through. */
const MAX_RUNS = 1000

const keyOf = (ref: VersionRef, ...rest: readonly unknown[]) => ['version', ref.ns, ref.name, ref.version, ...rest] as const

/** S3: paths of a draft that were changed apart. */
export const conflictsQuery = (ref: VersionRef) => queryOptions({
  queryKey: keyOf(ref, 'conflicts'),
  queryFn: ({ signal }) => getJson<ConflictList>(versionAt(ref, '/conflicts'), signal)
})

/** W2: what a version takes in the store. */
export const sizeQuery = (ref: VersionRef) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'size'],
  queryFn: ({ signal }) => getJson<StoredSizeItem>(versionAt(ref, '/size'), signal)
})

/** K8: who uses a version, or any version of a dataset; newest first. */
export const runsQuery = (of: { readonly version: string } | { readonly dataset: string }, state?: RunItem['state']) => queryOptions({
  queryKey: ['version', 'runs', of, state],
  queryFn: async ({ signal }) => (await getJson<Page<RunItem>>(`${API}/experiments${queryOf({ ...of, state, limit: MAX_RUNS })}`, signal)).items
})

/** @param version undefined: of the whole dataset @param days how far back */
export const usageQuery = (ref: DatasetRef, version: string | undefined, days: number) => queryOptions({
  queryKey: ['version', ref.ns, ref.name, version, 'usage', days],
  queryFn: ({ signal }) => getJson<UsageItem>(version === undefined ? datasetAt(ref, `/usage${queryOf({ days })}`) : versionAt({ ...ref, version }, `/usage${queryOf({ days })}`), signal),
  // Reads are counted without telling anybody.
  staleTime: 0
})

export const issuesQuery = (ref: VersionRef) => queryOptions({
  queryKey: keyOf(ref, 'issues'),
  queryFn: ({ signal }) => getJson<readonly IssueItem[]>(versionAt(ref, '/issues'), signal)
})

/** @param table a table of the version whose rows are counted, and the column that holds the class */
export const classesQuery = (ref: VersionRef, table: { readonly path?: string | undefined, readonly column?: string | undefined } = {}) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'classes', table],
  queryFn: ({ signal }) => getJson<ClassesItem>(versionAt(ref, `/classes${queryOf(table)}`), signal)
})

export const splitsQuery = (ref: VersionRef) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'splits'],
  queryFn: ({ signal }) => getJson<SplitsItem>(versionAt(ref, '/splits'), signal)
})

/** Entries counted of a selection; of more, people are told that there are more. */
const MAX_COUNTED = 300_000

/** The entries of a part of a version, as they come. */
export const selectedEntries = (ref: VersionRef, selection: SelectionQuery, signal: AbortSignal): AsyncGenerator<FileItem[]> => getLines<FileItem>(versionAt(ref, `/files${queryOf({ ...selection })}`), signal)

/** K4: how much a part of a version is. */
export const selectedQuery = (ref: VersionRef, selection: SelectionQuery) => queryOptions({
  queryKey: ['files', ref.ns, ref.name, ref.version, 'selected', selection],
  queryFn: async ({ signal }) => {
    const sum = { files: 0, bytes: 0, isCut: false }
    const enough = new AbortController()
    for await (const batch of selectedEntries(ref, selection, AbortSignal.any([signal, enough.signal]))) {
      for (const item of batch) {
        if (item.type !== 'file') continue
        sum.files++
        sum.bytes += item.size
      }
      if (sum.files >= MAX_COUNTED) {
        enough.abort()
        return { ...sum, isCut: true }
      }
    }
    return sum
  },
  retry: false
})

/** Uploads of one node that are looked through. */
const MAX_UPLOADS = 1000

/** A large file that was not sent to its end: the parts the node has of it. */
export interface Unfinished { readonly path: string, readonly ids: readonly string[], readonly sent: number, readonly length: number, readonly changedAt: string }

/** Between two looks at uploads that were broken off, milliseconds. */
const UNFINISHED_REFRESH_MS = 2_000

/** A4: what was broken off on its way into a draft. @param ref the version by its id */
export const unfinishedQuery = (ref: VersionRef) => queryOptions({
  queryKey: ['version', ref.ns, ref.name, ref.version, 'unfinished'],
  queryFn: async ({ signal }) => {
    const { items } = await getJson<Page<UploadItem>>(`${API}/uploads${queryOf({ limit: MAX_UPLOADS })}`, signal)
    const open = items.filter(item => item.file === null && item.metadata['version'] === ref.version && item.metadata['dataset'] === `${ref.ns}/${ref.name}` && item.metadata['path'] !== undefined)
    return [...Map.groupBy(open, item => item.metadata['path'] ?? '')].map(([path, parts]): Unfinished => ({
      path, ids: parts.map(part => part.id), sent: parts.reduce((sum, part) => sum + part.offset, 0), length: parts.reduce((sum, part) => sum + part.length, 0),
      changedAt: parts.map(part => part.changedAt).sort().at(-1) ?? ''
    }))
  },
  staleTime: 0,
  // What a broken request had brought is counted a moment after it broke.
  refetchInterval: query => (query.state.data?.length ?? 0) > 0 ? UNFINISHED_REFRESH_MS : false
})
