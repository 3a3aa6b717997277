import type { DatasetRef } from '../../model/index.ts'
import type { CreateDatasetBody, Dataset, DeleteDatasetQuery, DeleteDatasetReport, EditDatasetBody, KeepBody, Page, SnapshotBody, SnapshotResult, TagChangeBody, UsageItem } from '../contract.ts'
import { api, datasetAt } from './addresses.ts'
import { pages, type PageQuery } from './pages.ts'
import type { Run, RunOptions } from './runs.ts'
import type { Transport } from './transport.ts'

export interface DatasetFilter { readonly q?: string, readonly tag?: string, readonly type?: string, readonly task?: string, readonly format?: string, readonly status?: string, readonly license?: string, readonly namespace?: string, readonly archived?: boolean }

/** Datasets over HTTP. All methods throw what the node's `Datasets` throws. */
export const datasetsOver = (http: Transport, run: Run) => ({
  list: (filter: DatasetFilter & PageQuery = {}) => http.json<Page<Dataset>>('GET', api('/datasets'), { query: { ...filter } }),
  /** All of them, page by page. */
  all: (filter: DatasetFilter = {}) => pages<Dataset>(http, api('/datasets'), { ...filter }),
  get: (ref: DatasetRef) => http.json<Dataset>('GET', datasetAt(ref)),
  /** @param options `ifExists: 'return'` answers the dataset there is instead of failing */
  create: (input: CreateDatasetBody, options: { ifExists?: 'fail' | 'return' } = {}) =>
    http.json<Dataset>('POST', api('/datasets'), { json: input, query: options }),
  /** @param ifMatch the revision the caller saw */
  edit: (ref: DatasetRef, fields: EditDatasetBody, ifMatch?: string) =>
    http.json<Dataset>('PATCH', datasetAt(ref), { json: fields, headers: { 'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"` } }),
  /** C6. @param how `allVersions`: also drafts that hold something; with `force` also published ones; with `deleteSources` also what its links point to */
  remove: (ref: DatasetRef, how: DeleteDatasetQuery = {}, options?: RunOptions) => run<DeleteDatasetReport>(datasetAt(ref), undefined, options, { method: 'DELETE', query: { ...how } }),
  usage: (ref: DatasetRef, days?: number) => http.json<UsageItem>('GET', datasetAt(ref, '/usage'), { query: { days } }),
  archive: (ref: DatasetRef) => http.json<Dataset>('POST', datasetAt(ref, '/archive')),
  restore: (ref: DatasetRef) => http.json<Dataset>('POST', datasetAt(ref, '/restore')),
  snapshot: (ref: DatasetRef, input: SnapshotBody = {}, options?: RunOptions) => run<SnapshotResult>(datasetAt(ref, '/snapshot'), input, options),
  tags: (ref: DatasetRef) => http.json<readonly string[]>('GET', datasetAt(ref, '/tags')),
  changeTags: (ref: DatasetRef, change: TagChangeBody) => http.json<readonly string[]>('PATCH', datasetAt(ref, '/tags'), { json: change }),
  setTags: (ref: DatasetRef, tags: readonly string[]) => http.json<readonly string[]>('PUT', datasetAt(ref, '/tags'), { json: tags }),
  keep: async (ref: DatasetRef) => (await http.json<KeepBody>('GET', datasetAt(ref, '/keep'))).keep,
  setKeep: async (ref: DatasetRef, keep: KeepBody['keep']) => (await http.json<KeepBody>('PUT', datasetAt(ref, '/keep'), { json: { keep } })).keep
})
