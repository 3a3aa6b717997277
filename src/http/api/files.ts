import { fail, isShoalError } from '../../errors/index.ts'
import { type FileEdit, openLink } from '../../files/index.ts'
import { checkPath, formatHash, nameOf, type VersionRef } from '../../model/index.ts'
import type { Entry, FileEntry, FolderItem, LinkEntry } from '../../trees/index.ts'
import { editsBody, editsQuery, editsResult, fileEntry, readQuery, removeQuery, writeQuery } from '../contract.ts'
import { checked, readAnnounced } from '../files/digest.ts'
import { disposition, mediaTypeOf, servedAs, UNKNOWN } from '../files/media-type.ts'
import { isKnown, isSameFile, readRange, readTags, type ByteRange } from '../files/range.ts'
import { FILE_POLICY } from '../guard/headers.ts'
import { versionOf } from '../names.ts'
import { bodyBytes } from '../request.ts'
import { Answer, type Call, responseRoute, silentRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { showEntry } from '../shown/entry.ts'
import { bodyFrom } from '../stream.ts'

const group = 'Files'
const AT = '/api/v1/datasets/{ns}/{name}/versions/{version}'
const FILE = `${AT}/files/{path}` as const

/** A version's files: read, write, remove, and many changes at once. */
export const fileRoutes = (services: Services): Route[] => [readRoute(services), writeRoute(services), ...changeRoutes(services)]

function readRoute(services: Services): Route {
  const { files } = services
  return responseRoute({
    method: 'get', path: FILE, group, summary: 'Bytes of a file; takes Range, If-Range and If-None-Match', query: readQuery,
    answers: { 200: { description: 'the file; its ETag is its BLAKE3', media: ['*/*'] }, 206: { description: 'the part asked for', media: ['*/*'] }, 304: { description: 'not changed' } },
    failures: ['VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'PATH_INVALID', 'RANGE_INVALID', 'CHUNK_MISSING', 'CHUNK_DAMAGED', 'LINK_REFUSED', 'LINK_UNREACHABLE', 'CONTENT_MISMATCH']
  }, async ({ params, query, request, caller }) => {
    const ref = versionOf(params)
    const found = await files.stat(ref, checkPath(params.path))
    if (found.kind === 'link' && query.fetch === true) return await linkResponse(services, found, request, caller)
    const entry = fileOf(found)
    const headers = headersOf(services, ref, entry, query.download === true)
    const tag = formatHash(entry.hash)
    if (isKnown(request.headers.get('if-none-match'), tag)) return new Response(null, { status: 304, headers: { etag: `"${tag}"`, 'cache-control': headers['cache-control'] ?? '' } })
    const range = isSameFile(request.headers.get('if-range'), tag) ? readRange(request.headers.get('range'), entry.size) : undefined
    const part = range ?? { from: 0, to: entry.size }
    if (range !== undefined) headers['content-range'] = `bytes ${range.from}-${range.to - 1}/${entry.size}`
    headers['content-length'] = String(part.to - part.from)
    if (request.method !== 'HEAD' && part.from === 0) services.usage.count(services.datasets.resolve(ref).version.id, 'reads', part.to)
    const body = request.method === 'HEAD' ? null : await bodyFrom(await open(services, ref, entry, part), caller)
    return new Response(body, { status: range === undefined ? 200 : 206, headers })
  })
}

function writeRoute(services: Services): Route {
  const { files } = services
  return valueRoute({
    method: 'put', path: FILE, group, summary: 'Stream a file into a draft; x-blake3 and Content-Digest are checked', query: writeQuery, bytesIn: true,
    answers: { 201: { description: 'the new file', schema: fileEntry }, 200: { description: 'the file, in place of another', schema: fileEntry } },
    failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'PATH_INVALID', 'PATH_CLASH', 'CONTENT_MISMATCH', 'EDIT_CONFLICT', 'TYPE_REFUSED', 'DISK_FULL']
  }, async ({ params, query, request }) => {
    const ref = versionOf(params)
    const path = checkPath(params.path)
    const { hash, digests } = readAnnounced(request.headers)
    const size = announcedSize(request.headers)
    const before = await entryAt(services, ref, path)
    checkConditions(request.headers, before)
    const mediaType = statedType(request.headers.get('content-type'), path)
    const options = { ...hash === undefined ? {} : { hash }, ...size === undefined ? {} : { size }, ...mediaType === undefined ? {} : { mediaType }, ...query }
    const entry = await files.write(ref, path, checked(bodyBytes(request), digests), options)
    const headers = { etag: `"${formatHash(entry.hash)}"` }
    return new Answer(showEntry(entry), { status: before?.kind === 'file' || before?.kind === 'link' ? 200 : 201, headers })
  })
}

function changeRoutes(services: Services): Route[] {
  const { files } = services
  return [
    silentRoute({
      method: 'delete', path: FILE, group, summary: 'Remove a file, or with recursive a folder, from a draft', query: removeQuery,
      failures: ['VERSION_NOT_FOUND', 'FILE_NOT_FOUND', 'VERSION_PUBLISHED', 'PATH_INVALID', 'EDIT_CONFLICT']
    }, async ({ params, query, request }) => {
      const ref = versionOf(params)
      const path = checkPath(params.path)
      if (request.headers.has('if-match')) checkConditions(request.headers, await entryAt(services, ref, path))
      await files.edit(ref, [{ op: 'remove', path, ...query.recursive === undefined ? {} : { recursive: query.recursive } }], query.message)
    }),

    valueRoute({
      method: 'post', path: `${AT}/edits`, group, summary: 'Many changes at once, all or none', query: editsQuery, body: editsBody,
      answers: { 200: { description: 'how many entries changed', schema: editsResult } },
      failures: ['VERSION_NOT_FOUND', 'VERSION_PUBLISHED', 'FILE_NOT_FOUND', 'PATH_INVALID', 'PATH_CLASH', 'PATH_EXISTS', 'TYPE_REFUSED']
    }, async ({ params, query, body }) => await files.edit(versionOf(params), body.map(checkEdit), query.message))
  ]
}

/** W7: what a link points to, fetched now and checked on its way; what differs breaks off. */
async function linkResponse({ links }: Services, entry: LinkEntry, request: Request, caller: Call['caller']): Promise<Response> {
  const served = servedAs(mediaTypeOf(entry.path))
  const headers = { 'content-type': served.type, 'content-disposition': disposition('attachment', nameOf(entry.path)), 'content-security-policy': FILE_POLICY, 'cache-control': 'no-store' }
  if (request.method === 'HEAD') return new Response(null, { headers })
  return new Response(await bodyFrom(await openLink(links, entry, request.signal), caller), { headers })
}

/** @throws FILE_NOT_FOUND where there are no bytes to read */
function fileOf(entry: Entry | FolderItem): FileEntry {
  if (entry.kind === 'file') return entry
  if (entry.kind === 'link') fail('FILE_NOT_FOUND', `"${entry.path}" is a link to ${entry.url}; its bytes are not kept here; fetch=true gets them`, { path: entry.path, url: entry.url })
  return fail('FILE_NOT_FOUND', `"${entry.path}" is a folder`, { path: entry.path })
}

async function entryAt({ files }: Services, ref: VersionRef, path: string): Promise<Entry | FolderItem | undefined> {
  try {
    return await files.stat(ref, path)
  } catch (error) {
    if (isShoalError(error, 'FILE_NOT_FOUND')) return undefined
    throw error
  }
}

/** The bytes of just this file: a draft may move on between the look at its entry and the first byte. */
async function open({ files }: Services, ref: VersionRef, entry: FileEntry, part: ByteRange): Promise<AsyncIterable<Uint8Array>> {
  const { entry: opened, bytes } = await files.read(ref, entry.path, part)
  if (formatHash(opened.hash) !== formatHash(entry.hash)) fail('EDIT_CONFLICT', `"${entry.path}" was replaced at this very moment`, { path: entry.path })
  return bytes
}

/** Files named through the id of a published version never change. One year, in seconds. */
const FOREVER = 'private, max-age=31536000, immutable'

function headersOf({ datasets }: Services, ref: VersionRef, entry: FileEntry, download: boolean): Record<string, string> {
  const { version } = datasets.resolve(ref)
  const served = servedAs(entry.mediaType ?? mediaTypeOf(entry.path))
  return {
    'content-type': served.type,
    'content-disposition': disposition(served.attachment || download ? 'attachment' : 'inline', nameOf(entry.path)),
    'content-security-policy': FILE_POLICY,
    'accept-ranges': 'bytes',
    etag: `"${formatHash(entry.hash)}"`,
    'cache-control': version.state === 'published' && ref.version === version.id ? FOREVER : 'private, no-cache'
  }
}

/** Bytes the request says it brings; undefined where it does not. @throws FIELD_INVALID */
function announcedSize(headers: Headers): number | undefined {
  const text = headers.get('x-size') ?? headers.get('content-length')
  if (text === null) return undefined
  const size = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size)) fail('FIELD_INVALID', `"${text.slice(0, 40)}" is not a size in bytes`, { field: 'x-size' })
  return size
}

/** A media type somebody chose; what tools send for want of anything better, or what the name says anyway, is not kept. */
function statedType(header: string | null, path: string): string | undefined {
  const essence = header?.split(';')[0]?.trim().toLowerCase()
  if (essence === undefined || !/^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/.test(essence)) return undefined
  return [UNKNOWN, 'application/x-www-form-urlencoded', mediaTypeOf(path)].includes(essence) ? undefined : essence
}

/** If-Match and If-None-Match of a write. @throws EDIT_CONFLICT */
function checkConditions(headers: Headers, before: Entry | FolderItem | undefined): void {
  const tag = before?.kind === 'file' ? formatHash(before.hash) : undefined
  const matches = (header: string | null): boolean => readTags(header).some(given => given.tag === '*' ? before !== undefined : given.tag === tag)
  if (headers.has('if-match') && !matches(headers.get('if-match'))) fail('EDIT_CONFLICT', 'the file is not the one the request is meant for', { hash: tag ?? null })
  if (headers.has('if-none-match') && matches(headers.get('if-none-match'))) fail('EDIT_CONFLICT', 'there is such a file already', { hash: tag ?? null })
}

function checkEdit(edit: FileEdit): FileEdit {
  for (const path of 'path' in edit ? [edit.path] : [edit.from, edit.to]) checkPath(path)
  return edit
}
