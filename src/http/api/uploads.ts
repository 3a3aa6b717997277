import { fail } from '../../errors/index.ts'
import type { Upload } from '../../uploads/index.ts'
import { upload, uploadPage, uploadsQuery, type UploadItem } from '../contract.ts'
import { MAX_UPLOAD_BYTES, TUS_ALGORITHMS, TUS_EXTENSIONS, TUS_VERSION, checkVersion, readChecksum, readConcat, readCount, readMetadata, readTarget, tusHeaders } from '../files/tus.ts'
import { textOf } from '../names.ts'
import { pageOf } from '../paging.ts'
import { bodyBytes } from '../request.ts'
import { responseRoute, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Uploads'
const ALL = '/api/v1/uploads'
const ONE = `${ALL}/{id}` as const

/** A4: large files in parts, as tus 1.0.0 has it: creation, termination, checksum, concatenation. */
export const uploadRoutes = (services: Services): Route[] => [...beginRoutes(services), ...oneRoutes(services)]

function beginRoutes(services: Services): Route[] {
  return [
    responseRoute({
      method: 'options', path: ALL, group, summary: 'What of tus is spoken here', answers: { 204: { description: 'in headers' } }
    }, async () => new Response(null, {
      status: 204,
      headers: { ...tusHeaders(undefined, ALL), 'tus-version': TUS_VERSION, 'tus-extension': TUS_EXTENSIONS, 'tus-checksum-algorithm': TUS_ALGORITHMS, 'tus-max-size': String(MAX_UPLOAD_BYTES) }
    })),

    valueRoute({ method: 'get', path: ALL, group, summary: 'Uploads under way, and those that ended lately', query: uploadsQuery, answers: { 200: { description: 'a page of uploads', schema: uploadPage } } },
      async ({ query }) => {
        const { items, next } = pageOf(services.uploads.list(), row => row.id, query)
        return { items: items.map(shown), next }
      }),

    responseRoute({
      method: 'post', path: ALL, group, summary: 'Begin an upload: Upload-Length and Upload-Metadata (dataset, version, path), or Upload-Concat',
      answers: { 201: { description: 'begun; Location names it' } },
      failures: ['FIELD_INVALID', 'REFERENCE_INVALID', 'PATH_INVALID', 'DATASET_NOT_FOUND', 'VERSION_NOT_FOUND', 'VERSION_CONFLICT', 'VERSION_PUBLISHED', 'TYPE_REFUSED', 'UPLOAD_PROTOCOL', 'UPLOAD_NOT_FOUND', 'UPLOAD_INCOMPLETE', 'CONTENT_MISMATCH', 'LIMIT_EXCEEDED', 'PATH_CLASH', 'DISK_FULL']
    }, async ({ request }) => {
      checkVersion(request.headers)
      const created = await create(services, request.headers)
      return new Response(null, { status: 201, headers: { ...tusHeaders(created, ALL), location: `${ALL}/${created.id}` } })
    })
  ]
}

async function create({ uploads }: Services, headers: Headers): Promise<Upload> {
  const metadata = headers.get('upload-metadata') ?? ''
  const pairs = readMetadata(metadata)
  const concat = readConcat(headers.get('upload-concat'), ALL)
  if (concat.kind === 'final') return await uploads.concatenate(concat.parts, { target: readTarget(pairs), metadata })
  const length = readCount(headers, 'Upload-Length')
  return await uploads.create({ length, partial: concat.kind === 'partial', target: concat.kind === 'partial' ? undefined : readTarget(pairs), metadata })
}

function oneRoutes({ uploads }: Services): Route[] {
  return [
    responseRoute({ method: 'get', path: ONE, group, summary: 'How far an upload is; HEAD answers in headers alone', answers: { 200: { description: 'the upload', schema: upload } }, failures: ['UPLOAD_NOT_FOUND'] },
      async ({ params, request }) => {
        const found = uploads.get(params.id)
        const headers = tusHeaders(found, ALL)
        return request.method === 'HEAD' ? new Response(null, { headers }) : Response.json(shown(found), { headers })
      }),

    responseRoute({
      method: 'patch', path: ONE, group, summary: 'Send bytes behind Upload-Offset; with the last one the file is in its draft', bytesIn: true, answers: { 204: { description: 'taken in; Upload-Offset says how far it is now' } },
      failures: ['UPLOAD_NOT_FOUND', 'UPLOAD_OFFSET', 'UPLOAD_PROTOCOL', 'BODY_INVALID', 'FIELD_INVALID', 'LIMIT_EXCEEDED', 'CHECKSUM_MISMATCH', 'CONTENT_MISMATCH', 'VERSION_PUBLISHED', 'VERSION_NOT_FOUND', 'DATASET_NOT_FOUND', 'PATH_CLASH', 'CANCELLED', 'DISK_FULL']
    }, async ({ params, request }) => {
      checkVersion(request.headers)
      const media = request.headers.get('content-type')
      if (media !== 'application/offset+octet-stream') fail('BODY_INVALID', `parts are sent as application/offset+octet-stream, not ${media?.slice(0, 80) ?? 'without a Content-Type'}`)
      const checksum = readChecksum(request.headers.get('upload-checksum'))
      const now = await uploads.append(params.id, readCount(request.headers, 'Upload-Offset'), bodyBytes(request), checksum === undefined ? {} : { checksum })
      return new Response(null, { status: 204, headers: tusHeaders(now, ALL) })
    }),

    responseRoute({ method: 'delete', path: ONE, group, summary: 'Give an upload up', answers: { 204: { description: 'gone' } }, failures: ['UPLOAD_NOT_FOUND', 'UPLOAD_PROTOCOL'] },
      async ({ params, request }) => {
        checkVersion(request.headers)
        await uploads.remove(params.id)
        return new Response(null, { status: 204, headers: tusHeaders(undefined, ALL) })
      })
  ]
}

const shown = ({ parts: _parts, metadata, target, file, ...fields }: Upload): UploadItem =>
  ({ ...fields, metadata: Object.fromEntries(readMetadata(metadata)), target: target === undefined ? null : { ref: textOf(target.ref), path: target.path }, file: file ?? null })
