import type { z } from 'zod'
import type { VersionView } from '../../catalog/index.ts'
import { fail } from '../../errors/index.ts'
import { bulkBody, bulkResult, type Version, type VersionColumn, versionCsvQuery } from '../contract.ts'
import { VERSION_COLUMNS, csvLine } from '../csv.ts'
import { disposition } from '../files/media-type.ts'
import { datasetOf } from '../names.ts'
import { responseRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { showVersion, showVersionDetails } from '../shown/version.ts'
import { bodyFrom } from '../stream.ts'

const group = 'Versions'
const AT = '/api/v1/datasets/{ns}/{name}'

/** Columns where none are chosen. */
const USUAL: readonly VersionColumn[] = ['number', 'name', 'state', 'files', 'bytes', 'tags', 'description', 'updatedAt', 'id']

/** Many versions at once: as a table (W5), and changed together (W6). */
export function manyRoutes(services: Services): Route[] {
  const { datasets } = services
  return [
    responseRoute({
      method: 'get', path: `${AT}/versions.csv`, group, summary: 'Versions as CSV: all that match, or the named ones, with chosen columns', query: versionCsvQuery,
      answers: { 200: { description: 'a line of headings and one a version', media: ['text/csv'] } }, failures: ['DATASET_NOT_FOUND', 'VERSION_NOT_FOUND']
    }, async ({ params, query: { columns, versions, ...filter }, request, caller }) => {
      const dataset = datasets.find(datasetOf(params))
      const chosen = columnsOf(columns)
      const named = versions?.split(',').filter(name => name.trim() !== '').map(version => datasets.resolve({ namespace: dataset.namespace, name: dataset.name, version }).version)
      const headers = { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': disposition('attachment', `${dataset.name}-versions.csv`), 'cache-control': 'no-store' }
      if (request.method === 'HEAD') return new Response(null, { headers })
      return new Response(await bodyFrom(csvOf(services, dataset, named ?? datasets.versions(dataset, filter), chosen), caller), { headers })
    }),

    valueRoute({
      method: 'post', path: `${AT}/versions/bulk`, group, summary: 'Archive, restore, tag, or delete from the archive: many versions, each with its result', body: bulkBody,
      answers: { 200: { description: 'what became of each', schema: bulkResult } }, failures: ['DATASET_NOT_FOUND', 'NOT_ALLOWED']
    }, async ({ params, body }) => {
      const results = await datasets.changeVersions(datasetOf(params), body)
      const failed = results.filter(result => result.error !== undefined).length
      return { done: results.length - failed, failed, results: results as z.output<typeof bulkResult>['results'] }
    })
  ]
}

/** @throws FIELD_INVALID */
function columnsOf(text: string | undefined): readonly VersionColumn[] {
  if (text === undefined) return USUAL
  const names = text.split(',').map(name => name.trim()).filter(name => name !== '')
  const unknown = names.filter(name => !(VERSION_COLUMNS as readonly string[]).includes(name))
  if (unknown.length > 0 || names.length === 0) fail('FIELD_INVALID', `there is no column ${unknown.join(', ')}; there are ${VERSION_COLUMNS.join(', ')}`, { field: 'columns' })
  return names as VersionColumn[]
}

async function* csvOf(services: Services, dataset: Parameters<typeof showVersion>[1]['dataset'], versions: readonly VersionView[], columns: readonly VersionColumn[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(csvLine(columns))
  const needsChanges = columns.some(column => column === 'added' || column === 'modified' || column === 'removed')
  for (const version of versions) {
    const shown = needsChanges ? await showVersionDetails(services, { dataset, version }) : { ...await showVersion(services, { dataset, version }), changes: null }
    yield Buffer.from(csvLine(columns.map(column => cellOf(shown, column))))
  }
}

function cellOf(version: Version & { readonly changes: { readonly added: number, readonly modified: number, readonly removed: number } | null }, column: VersionColumn): string | number | boolean | null {
  switch (column) {
    case 'parents': return version.parents.map(parent => parent.number ?? parent.id).join(' ')
    case 'tags': return version.tags.join(' ')
    case 'metadata': return Object.keys(version.metadata).length === 0 ? '' : JSON.stringify(version.metadata)
    case 'publishedAt': return version.published?.at ?? null
    case 'message': return version.published?.message ?? null
    case 'added': case 'modified': case 'removed': return version.changes?.[column] ?? null
    default: return version[column]
  }
}
