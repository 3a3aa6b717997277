import type { Json } from '../../catalog/index.ts'
import type { DatasetRef, VersionRef } from '../../model/index.ts'
import type { BulkBody, BulkResultItem, CardBody, CardItem, ClassesItem, ConflictList, CreateVersionBody, DiffItem, EditVersionBody, IssueBody, IssueItem, LinkItem, LinksReportItem, LogItem, Page, PublishBody, SettleBody, StoredSizeItem, TagChangeBody, UsageItem, Version, VersionColumn, VersionDetails } from '../contract.ts'
import { datasetAt, versionAt } from './addresses.ts'
import { pages, type PageQuery } from './pages.ts'
import type { Run, RunOptions } from './runs.ts'
import { itemsOf } from './streams.ts'
import type { Transport } from './transport.ts'

export interface VersionFilter { readonly state?: 'draft' | 'published', readonly archived?: boolean, readonly tag?: string }
type JsonObject = { readonly [key: string]: Json }
type MaskLabels = { readonly [rgb: string]: readonly string[] }

/** Versions over HTTP; a reference without a version means the one people work on. All methods throw what the node's `Datasets` throws. */
export const versionsOver = (http: Transport, run: Run) => ({
  list: (ref: DatasetRef, filter: VersionFilter & PageQuery = {}) => http.json<Page<Version>>('GET', datasetAt(ref, '/versions'), { query: { ...filter } }),
  all: (ref: DatasetRef, filter: VersionFilter = {}) => pages<Version>(http, datasetAt(ref, '/versions'), { ...filter }),
  get: (ref: VersionRef) => http.json<VersionDetails>('GET', versionAt(ref)),
  create: (ref: DatasetRef, input: CreateVersionBody = {}, options: { ifExists?: 'fail' | 'return' } = {}) =>
    http.json<Version>('POST', datasetAt(ref, '/versions'), { json: input, query: options }),
  edit: (ref: VersionRef, fields: EditVersionBody, ifMatch?: string) =>
    http.json<Version>('PATCH', versionAt(ref), { json: fields, headers: { 'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"` } }),
  /** @param options `archived`: only from the archive */
  remove: (ref: VersionRef, options: { force?: boolean, archived?: boolean } = {}) => http.json<void>('DELETE', versionAt(ref), { query: options }),
  archive: (ref: VersionRef) => http.json<Version>('POST', versionAt(ref, '/archive')),
  restore: (ref: VersionRef) => http.json<Version>('POST', versionAt(ref, '/restore')),
  publish: (ref: VersionRef, input: PublishBody = {}, options?: RunOptions) => run<Version>(versionAt(ref, '/publish'), input, options),
  conflicts: (ref: VersionRef) => http.json<ConflictList>('GET', versionAt(ref, '/conflicts')),
  /** Answers what is left. */
  settle: (ref: VersionRef, input: SettleBody) => http.json<ConflictList>('POST', versionAt(ref, '/conflicts'), { json: input }),
  /** Takes the last change of a draft's files back. @param head what its `heads` name */
  undo: (ref: VersionRef, head: string) => http.json<Version>('POST', versionAt(ref, '/undo'), { json: { head } }),
  log: (ref: VersionRef, query: PageQuery = {}) => http.json<Page<LogItem>>('GET', versionAt(ref, '/log'), { query: { ...query } }),
  /** The whole history, newest first. */
  history: (ref: VersionRef) => pages<LogItem>(http, versionAt(ref, '/log'), {}),
  /** @param against a version of the same dataset or `namespace/name@version`; default: the first parent */
  async* diff(ref: VersionRef, options: { against?: string, prefix?: string, signal?: AbortSignal } = {}): AsyncGenerator<DiffItem> {
    const { signal, ...query } = options
    yield* itemsOf<DiffItem>(await http.send('GET', versionAt(ref, '/diff'), { query, signal }), signal)
  },
  metadata: (ref: VersionRef) => http.json<JsonObject>('GET', versionAt(ref, '/metadata')),
  setMetadata: (ref: VersionRef, metadata: JsonObject) => http.json<JsonObject>('PUT', versionAt(ref, '/metadata'), { json: metadata }),
  maskLabels: (ref: VersionRef) => http.json<MaskLabels>('GET', versionAt(ref, '/mask-labels')),
  setMaskLabels: (ref: VersionRef, labels: MaskLabels) => http.json<MaskLabels>('PUT', versionAt(ref, '/mask-labels'), { json: labels }),
  /** W6: one action on many versions; each has a result of its own. */
  change: (ref: DatasetRef, input: BulkBody) => http.json<BulkResultItem>('POST', datasetAt(ref, '/versions/bulk'), { json: input, within: undefined }),
  /** W5: as CSV. @param options `versions`: only these; else all that match */
  csv: async (ref: DatasetRef, options: VersionFilter & { columns?: readonly VersionColumn[], versions?: readonly string[] } = {}) => {
    const { columns, versions, ...filter } = options
    return await (await http.send('GET', datasetAt(ref, '/versions.csv'), { query: { ...filter, columns: columns?.join(','), versions: versions?.join(',') } })).text()
  },
  /** K7: class balance. */
  classes: (ref: VersionRef, options: { path?: string, column?: string } = {}) => http.json<ClassesItem>('GET', versionAt(ref, '/classes'), { query: options, within: undefined }),
  card: (ref: VersionRef) => http.json<CardItem>('GET', versionAt(ref, '/card')),
  editCard: (ref: VersionRef, change: CardBody) => http.json<CardItem>('PATCH', versionAt(ref, '/card'), { json: change }),
  croissant: (ref: VersionRef) => http.json<{ readonly [key: string]: unknown }>('GET', versionAt(ref, '/croissant.json'), { within: undefined }),
  usage: (ref: VersionRef, days?: number) => http.json<UsageItem>('GET', versionAt(ref, '/usage'), { query: { days } }),
  size: (ref: VersionRef) => http.json<StoredSizeItem>('GET', versionAt(ref, '/size'), { within: undefined }),
  links: (ref: VersionRef, options: { prefix?: string } = {}) => pages<LinkItem>(http, versionAt(ref, '/links'), { ...options }),
  /** Makes files of a draft's links. */
  fetchLinks: (ref: VersionRef, paths?: readonly string[], options?: RunOptions) => run<LinksReportItem>(versionAt(ref, '/links/fetch'), paths === undefined ? {} : { paths }, options),
  issues: (ref: VersionRef) => http.json<readonly IssueItem[]>('GET', versionAt(ref, '/issues')),
  addIssue: (ref: VersionRef, input: IssueBody) => http.json<IssueItem>('POST', versionAt(ref, '/issues'), { json: input }),
  editIssue: (ref: VersionRef, id: string, input: IssueBody) => http.json<IssueItem>('PATCH', versionAt(ref, `/issues/${encodeURIComponent(id)}`), { json: input }),
  removeIssue: (ref: VersionRef, id: string) => http.json<void>('DELETE', versionAt(ref, `/issues/${encodeURIComponent(id)}`)),
  changeTags: (ref: VersionRef, change: TagChangeBody) => http.json<readonly string[]>('PATCH', versionAt(ref, '/tags'), { json: change }),
  tags: (ref: VersionRef) => http.json<readonly string[]>('GET', versionAt(ref, '/tags')),
  setTags: (ref: VersionRef, tags: readonly string[]) => http.json<readonly string[]>('PUT', versionAt(ref, '/tags'), { json: tags })
})
