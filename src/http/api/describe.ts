import { classBalance, readCard, writeCard } from '../../files/index.ts'
import { fail } from '../../errors/index.ts'
import type { VersionView } from '../../catalog/index.ts'
import { card, cardBody, classes, classesQuery, storedSize, usage, usageQuery, type UsageItem } from '../contract.ts'
import { croissantOf } from '../croissant.ts'
import { datasetOf, versionOf } from '../names.ts'
import { responseRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { countsOf } from '../shown/version.ts'

const group = 'Versions'
const DATASET = '/api/v1/datasets/{ns}/{name}'
const AT = `${DATASET}/versions/{version}` as const

/** What a version is like (K7, K8, W2) and how other tools describe it. */
export const describeRoutes = (services: Services): Route[] => [...qualityRoutes(services), ...figureRoutes(services)]

function qualityRoutes(services: Services): Route[] {
  const { files } = services
  const cardAnswers = { 200: { description: 'the card', schema: card } } as const
  return [
    valueRoute({
      method: 'get', path: `${AT}/classes`, group, summary: 'Class balance: files of each class folder, or rows of each value of a column', query: classesQuery,
      answers: { 200: { description: 'counts, the most frequent first', schema: classes } }, failures: ['FILE_NOT_FOUND', 'LIMIT_EXCEEDED', 'CHUNK_MISSING']
    }, async ({ params, query }) => await classBalance(files, versionOf(params), query)),

    valueRoute({ method: 'get', path: `${AT}/card`, group, summary: 'Data card: README.md with its front matter', answers: cardAnswers, failures: ['FILE_NOT_FOUND', 'LIMIT_EXCEEDED', 'CHUNK_MISSING'] },
      async ({ params }) => await readCard(files, versionOf(params)) ?? fail('FILE_NOT_FOUND', 'the version has no README.md', { path: 'README.md' })),
    valueRoute({
      method: 'patch', path: `${AT}/card`, group, summary: 'Edit the data card of a draft; fields that are not named stay as they are written', body: cardBody, answers: cardAnswers,
      failures: ['VERSION_PUBLISHED', 'LIMIT_EXCEEDED', 'PATH_CLASH', 'CHUNK_MISSING', 'EDIT_CONFLICT', 'DISK_FULL']
    }, async ({ params, body }) => await writeCard(files, versionOf(params), body)),

    responseRoute({
      method: 'get', path: `${AT}/croissant.json`, group, summary: 'The version as Croissant 1.1 (JSON-LD of MLCommons and schema.org)',
      answers: { 200: { description: 'the description', media: ['application/ld+json'] } }, failures: ['CHUNK_MISSING', 'CHUNK_DAMAGED']
    }, async ({ params, request }) => {
      const body = JSON.stringify(await croissantOf(services, versionOf(params), new URL(request.url).origin), undefined, 2)
      return new Response(body, { headers: { 'content-type': 'application/ld+json', 'cache-control': 'no-cache' } })
    })
  ]
}

function figureRoutes(services: Services): Route[] {
  const { datasets } = services
  const answers = { 200: { description: 'days with any use, oldest first', schema: usage } } as const
  return [
    valueRoute({ method: 'get', path: `${DATASET}/usage`, group: 'Datasets', summary: 'Use of a dataset over time', query: usageQuery, answers },
      async ({ params, query }) => usageOf(services, datasets.find(datasetOf(params)).versions, query.days)),
    valueRoute({ method: 'get', path: `${AT}/usage`, group, summary: 'Use of a version over time: reads and downloads on this node, experiments of the team', query: usageQuery, answers },
      async ({ params, query }) => usageOf(services, [datasets.resolve(versionOf(params)).version], query.days)),

    valueRoute({ method: 'get', path: `${AT}/size`, group, summary: 'What a version takes in the store, and how much of that is new', answers: { 200: { description: 'bytes and chunks', schema: storedSize } }, failures: ['CHUNK_MISSING'] },
      async ({ params }) => {
        const { dataset, version } = datasets.resolve(versionOf(params))
        const { chunks, bytes: storedBytes, added } = await datasets.storedSize(version, dataset)
        return { bytes: (await countsOf(services, version)).bytes ?? 0, storedBytes, chunks, addedBytes: added.bytes, addedChunks: added.chunks }
      })
  ]
}

function usageOf({ usage, datasets, clock }: Services, versions: readonly VersionView[], days: number): UsageItem {
  const since = new Date(clock.now() - days * 86_400_000).toISOString().slice(0, 10)
  const rows = new Map<string, { reads: number, downloads: number, bytes: number, experiments: number }>()
  for (const { day, ...counts } of usage.days(versions.map(version => version.id))) rows.set(day, { ...counts, experiments: 0 })
  const ids = new Set<string>(versions.map(version => version.id))
  for (const run of datasets.runs.of(versions)) {
    if (!run.inputs.some(input => ids.has(input.version))) continue
    const day = run.startedAt.slice(0, 10)
    const row = rows.get(day) ?? { reads: 0, downloads: 0, bytes: 0, experiments: 0 }
    rows.set(day, { ...row, experiments: row.experiments + 1 })
  }
  const shown = [...rows].filter(([day]) => day > since).sort(([a], [b]) => a < b ? -1 : 1).map(([day, row]) => ({ day, ...row }))
  const sum = (field: 'reads' | 'downloads' | 'bytes' | 'experiments'): number => shown.reduce((sum, row) => sum + row[field], 0)
  return { days: shown, total: { reads: sum('reads'), downloads: sum('downloads'), bytes: sum('bytes'), experiments: sum('experiments') } }
}
