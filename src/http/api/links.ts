import { fetchLinks, linksOf, removeSources } from '../../files/index.ts'
import { comparePaths, formatHash, type DatasetRef } from '../../model/index.ts'
import type { LinkEntry } from '../../trees/index.ts'
import { deleteDatasetBody, deleteDatasetReport, fetchLinksBody, linkPage, linksQuery, linksReport, type LinkItem } from '../contract.ts'
import { datasetOf, textOf, versionOf } from '../names.ts'
import { jobRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const DATASET = '/api/v1/datasets/{ns}/{name}'
const AT = `${DATASET}/versions/{version}` as const

/** W7: links of a version: listed, and fetched on demand. C6: their sources deleted with the dataset. */
export function linkRoutes(services: Services): Route[] {
  const { files, datasets, links } = services
  return [
    valueRoute({ method: 'get', path: `${AT}/links`, group: 'Files', summary: 'Links of a version', query: linksQuery, answers: { 200: { description: 'a page of links, in the order of their paths', schema: linkPage } } },
      async ({ params, query: { prefix, limit, cursor } }) => {
        const items: LinkItem[] = []
        for await (const link of linksOf(files, versionOf(params), prefix?.replace(/\/+$/, ''))) {
          if (cursor !== undefined && comparePaths(link.path, cursor) <= 0) continue
          if (items.length === limit) return { items, next: items.at(-1)?.path ?? null }
          items.push(shown(link))
        }
        return { items, next: null }
      }),

    jobRoute({
      method: 'post', path: `${AT}/links/fetch`, group: 'Files', summary: 'Make files of the links of a draft: fetched, and checked against size and hash', body: fetchLinksBody, answer: linksReport,
      failures: ['VERSION_PUBLISHED', 'DISK_FULL']
    }, ({ params, body }) => {
      const ref = versionOf(params)
      datasets.resolve(ref)
      return { kind: 'fetch', subject: textOf(ref), work: async context => await fetchLinks(files, links, ref, { ...context, ...body }) }
    }),

    jobRoute({
      method: 'post', path: `${DATASET}/delete`, group: 'Datasets', summary: 'Delete a dataset, and with deleteSources what its links point to', body: deleteDatasetBody, answer: deleteDatasetReport,
      failures: ['DATASET_NOT_EMPTY', 'DATASET_IN_USE']
    }, ({ params, body }) => {
      const ref = datasetOf(params)
      datasets.find(ref)
      const { deleteAllVersions: allVersions = false, force = false, deleteSources = false } = body
      return {
        kind: 'delete',
        subject: textOf(ref),
        work: async context => {
          const urls = deleteSources && allVersions ? await sourcesOf(services, ref) : new Set<string>()
          await datasets.remove(ref, { allVersions, force })
          return { deleted: textOf(ref), sources: await removeSources(links, urls, context) }
        }
      }
    })
  ]
}

/** Addresses of all links of a dataset, each once. */
async function sourcesOf({ datasets, files }: Services, ref: DatasetRef): Promise<Set<string>> {
  const urls = new Set<string>()
  for (const { id } of datasets.find(ref).versions) for await (const link of linksOf(files, { ...ref, version: id })) urls.add(link.url)
  return urls
}

const shown = ({ path, url, size, hash }: LinkEntry): LinkItem => ({ path, url, ...size === undefined ? {} : { size }, ...hash === undefined ? {} : { hash: formatHash(hash) } })
