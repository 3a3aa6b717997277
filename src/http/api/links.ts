import { fetchLinks, linksOf } from '../../files/index.ts'
import { comparePaths, formatHash } from '../../model/index.ts'
import type { LinkEntry } from '../../trees/index.ts'
import { fetchLinksBody, linkPage, linksQuery, linksReport, type LinkItem } from '../contract.ts'
import { textOf, versionOf } from '../names.ts'
import { jobRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const AT = '/api/v1/datasets/{ns}/{name}/versions/{version}'

/** W7: links of a version: listed, and fetched on demand. */
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
    })
  ]
}

const shown = ({ path, url, size, hash }: LinkEntry): LinkItem => ({ path, url, ...size === undefined ? {} : { size }, ...hash === undefined ? {} : { hash: formatHash(hash) } })
