import { fail } from '../../errors/index.ts'
import type { Selection } from '../../files/index.ts'
import { parentView } from '../names.ts'
import { archiveQuery, diffItem, diffQuery, fileEntry, filePage, listQuery, outline, outlineQuery, type OutlineItem, type SelectionQuery } from '../contract.ts'
import { MAX_PAGE, type TreeChange } from '../../trees/index.ts'
import { FILE_POLICY } from '../guard/headers.ts'
import { type VersionRef, checkPath } from '../../model/index.ts'
import { disposition } from '../files/media-type.ts'
import { siblingOf, versionOf } from '../names.ts'
import { responseRoute, valueRoute, type Call, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { showChange, showEntry } from '../shown/entry.ts'
import { bodyFrom, linesResponse } from '../stream.ts'
import { z } from 'zod'

const group = 'Files'
const AT = '/api/v1/datasets/{ns}/{name}/versions/{version}'
const NDJSON = 'application/x-ndjson'

/** What a version holds: pages and streams of its entries, archives of them, and how it differs from another. */
export function listingRoutes(services: Services): Route[] {
  const { files, datasets } = services
  return [
    responseRoute({
      method: 'get', path: `${AT}/files`, group, summary: 'Entries of a version: a page, or all of them as NDJSON', query: listQuery,
      answers: { 200: { description: 'a page of entries; with Accept: application/x-ndjson every entry below prefix, one a line', schema: filePage, media: ['application/json', NDJSON] } },
      failures: ['VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'PATH_INVALID']
    }, async ({ params, query, request, caller }) => {
      const ref = versionOf(params)
      const prefix = folderOf(query.prefix)
      const selection = selectionOf(query)
      if (wantsLines(request)) return await linesResponse(mapped(files.entries(ref, selection), showEntry), caller)
      if (!isWholeSelection(selection)) fail('FIELD_INVALID', 'splits and samples are listed as a stream: send Accept: application/x-ndjson', { field: 'split' })
      const after = query.cursor === undefined ? {} : { after: query.cursor }
      const page = await files.list(ref, { ...prefix, ...after, recursive: query.recursive ?? false, limit: query.limit })
      return Response.json({ items: page.items.map(showEntry), next: page.next ?? null }, { headers: { 'cache-control': 'no-cache' } })
    }),

    valueRoute({
      method: 'get', path: `${AT}/outline`, group, summary: 'How long the list of a folder is, and where its pages begin', query: outlineQuery,
      answers: { 200: { description: 'so that any page can be asked for at once, also the last', schema: outline } }, failures: ['VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'PATH_INVALID']
    }, async ({ params, query, request }) => await outlineOf(services, versionOf(params), folderOf(query.prefix), query.limit, request.signal)),

    valueRoute({
      method: 'get', path: `${AT}/entry`, group, summary: 'One entry: a file, a link or a folder', query: z.strictObject({ path: z.string() }),
      answers: { 200: { description: 'the entry', schema: fileEntry } }, failures: ['VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'PATH_INVALID']
    }, async ({ params, query }) => showEntry(await files.stat(versionOf(params), checkPath(query.path)))),

    responseRoute({
      method: 'get', path: `${AT}/diff`, group, summary: 'How a version differs from another, or from its parent', query: diffQuery,
      answers: { 200: { description: 'one changed path a line', schema: diffItem, media: [NDJSON] } },
      failures: ['VERSION_NOT_FOUND', 'REFERENCE_INVALID', 'PATH_INVALID']
    }, async ({ params, query, caller }) => {
      const ref = versionOf(params)
      const { dataset, version } = datasets.resolve(ref)
      const before = query.against === undefined ? parentView({ dataset, version }) : siblingOf(ref, query.against)
      const prefix = folderOf(query.prefix)
      const changes: AsyncIterable<TreeChange> = before === undefined
        ? mapped(files.entries(ref, prefix), after => ({ path: after.path, after }))
        : datasets.diff(before, ref, prefix)
      return await linesResponse(mapped(changes, showChange), caller)
    }),
    ...archiveRoutes(services)
  ]
}

/** Walks a folder page by page. @throws CANCELLED when nobody waits for the answer any more */
async function outlineOf({ files }: Services, ref: VersionRef, folder: { prefix?: string }, every: number, signal: AbortSignal): Promise<OutlineItem> {
  const cursors: string[] = []
  let entries = 0
  for (let after: string | undefined, isMore = true; isMore;) {
    signal.throwIfAborted()
    const page = await files.list(ref, { ...folder, ...after === undefined ? {} : { after }, recursive: false, limit: MAX_PAGE })
    for (const { path } of page.items) if (++entries % every === 0) cursors.push(path)
    after = page.next
    isMore = after !== undefined
  }
  // A full page with nothing behind it needs no cursor.
  if (entries > 0 && entries % every === 0) cursors.pop()
  return { entries, cursors }
}

const MEDIA = { tar: 'application/x-tar', 'tar.gz': 'application/gzip', zip: 'application/zip' } as const

function archiveRoutes({ files, datasets, usage }: Services): Route[] {
  return (['tar', 'tar.gz', 'zip'] as const).map(format => responseRoute({
    method: 'get', path: `${AT}/archive.${format}` as `${typeof AT}/archive.tar`, group, summary: `A version, or a folder, splits or a sample of it, as ${format}`, query: archiveQuery,
    answers: { 200: { description: 'the archive; the same version gives the same bytes', media: [MEDIA[format]] } },
    failures: ['VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'PATH_INVALID', 'CHUNK_MISSING', 'LIMIT_EXCEEDED']
  }, async ({ params, query, request, caller }) => {
    const ref = versionOf(params)
    const { dataset, version } = datasets.resolve(ref)
    const headers = {
      'content-type': MEDIA[format],
      'content-disposition': disposition('attachment', `${dataset.name}-${version.number}.${format}`),
      'content-security-policy': FILE_POLICY,
      'cache-control': 'no-cache'
    }
    const selection = selectionOf(query)
    if (request.method === 'HEAD') return new Response(null, { headers })
    usage.count(version.id, 'downloads', version.published?.bytes ?? 0)
    return new Response(await bodyFrom(files.archive(ref, format, { ...selection, signal: request.signal }), caller), { headers })
  }))
}

/** K4: the part of a version a query asks for. @throws PATH_INVALID */
function selectionOf({ prefix, split, sample, seed, metadata }: SelectionQuery): Selection {
  return {
    ...folderOf(prefix),
    ...split === undefined ? {} : { split: split.split(',').filter(name => name.trim() !== '') },
    ...sample === undefined ? {} : { sample },
    ...seed === undefined ? {} : { seed },
    ...metadata === undefined ? {} : { metadataOnly: true }
  }
}

const isWholeSelection = ({ split, sample, metadataOnly }: Selection): boolean => split === undefined && sample === undefined && metadataOnly === undefined

/** A folder as a query names it; slashes at the end are forgiven. @throws PATH_INVALID */
function folderOf(prefix: string | undefined): { prefix?: string } {
  const folder = prefix?.replace(/\/+$/, '')
  return folder === undefined || folder === '' ? {} : { prefix: checkPath(folder) }
}

const wantsLines = (request: Call['request']): boolean => /application\/(?:x-)?ndjson/i.test(request.headers.get('accept') ?? '')

async function* mapped<In, Out>(items: AsyncIterable<In>, map: (item: In) => Out): AsyncGenerator<Out> {
  for await (const item of items) yield map(item)
}
