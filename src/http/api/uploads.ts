import { fail } from '../../errors/index.ts'
import type { Upload, UploadTarget } from '../../uploads/index.ts'
import { job, upload, uploadPage, uploadsQuery, type UploadItem } from '../contract.ts'
import { MAX_UPLOAD_BYTES, TUS_ALGORITHMS, TUS_EXTENSIONS, TUS_VERSION, checkVersion, readChecksum, readConcat, readCount, readMetadata, readTarget, tusHeaders } from '../files/tus.ts'
import { textOf } from '../names.ts'
import { pageOf } from '../paging.ts'
import { bodyBytes } from '../request.ts'
import { responseRoute, valueRoute, type Route } from '../route.ts'
import { jobResponse, prefersJob, resultOf, startJob } from '../running.ts'
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
      answers: { 201: { description: 'begun; Location names it' }, 202: { description: 'of parts that are joined: the job, with Prefer: respond-async', schema: job } },
      failures: ['FIELD_INVALID', 'REFERENCE_INVALID', 'PATH_INVALID', 'DATASET_NOT_FOUND', 'VERSION_NOT_FOUND', 'VERSION_CONFLICT', 'VERSION_PUBLISHED', 'TYPE_REFUSED', 'UPLOAD_PROTOCOL', 'UPLOAD_NOT_FOUND', 'UPLOAD_INCOMPLETE', 'CONTENT_MISMATCH', 'LIMIT_EXCEEDED', 'PATH_CLASH', 'DISK_FULL']
    }, async ({ request }) => {
      checkVersion(request.headers)
      const metadata = request.headers.get('upload-metadata') ?? ''
      const pairs = readMetadata(metadata)
      const concat = readConcat(request.headers.get('upload-concat'), ALL)
      if (concat.kind === 'final') return await concatenate(services, request, concat.parts, { target: readTarget(pairs), metadata })
      const isPart = concat.kind === 'partial'
      const made = await services.uploads.create({ length: readCount(request.headers, 'Upload-Length'), partial: isPart, target: isPart ? undefined : readTarget(pairs), metadata })
      return created(await finished(services, made, request))
    })
  ]
}

const created = (upload: Upload): Response => new Response(null, { status: 201, headers: { ...tusHeaders(upload, ALL), location: `${ALL}/${upload.id}` } })

/** Joining parts of many gigabytes takes long: it is a job, which is answered at once where that is preferred. */
async function concatenate(services: Services, request: Request, parts: readonly string[], input: { readonly target: UploadTarget, readonly metadata: string }): Promise<Response> {
  const job = startJob(services, { kind: 'upload', subject: subjectOf(input.target), work: async context => shown(await services.uploads.concatenate(parts, input, context)) })
  if (prefersJob(request)) return jobResponse(job)
  const { id } = await resultOf(services, job, request.signal) as UploadItem
  return created(services.uploads.get(id))
}

/** An upload as it is; one whose bytes are all here is first put into its draft (as a job, for who watches): also one that a crash kept from it. */
async function finished(services: Services, upload: Upload, request: Request): Promise<Upload> {
  const { id, target, partial, offset, length, file } = upload
  if (partial || offset < length || file !== undefined || target === undefined) return upload
  await resultOf(services, startJob(services, { kind: 'upload', subject: subjectOf(target), work: async context => shown(await services.uploads.finish(id, context)) }), request.signal)
  return services.uploads.get(id)
}

const subjectOf = ({ ref, path }: UploadTarget): string => `${textOf(ref)}:${path}`

function oneRoutes(services: Services): Route[] {
  const { uploads } = services
  return [
    responseRoute({ method: 'get', path: ONE, group, summary: 'How far an upload is; HEAD answers in headers alone', answers: { 200: { description: 'the upload', schema: upload } }, failures: ['UPLOAD_NOT_FOUND', 'CONTENT_MISMATCH', 'TYPE_REFUSED', 'VERSION_PUBLISHED', 'PATH_CLASH'] },
      async ({ params, request }) => {
        const found = uploads.get(params.id)
        if (request.method !== 'HEAD') return Response.json(shown(found), { headers: tusHeaders(found, ALL) })
        // A tus client takes an offset at the end for "it is there".
        return new Response(null, { headers: tusHeaders(await finished(services, found, request), ALL) })
      }),

    responseRoute({
      method: 'patch', path: ONE, group, summary: 'Send bytes behind Upload-Offset; with the last one the file is in its draft', bytesIn: true, answers: { 204: { description: 'taken in; Upload-Offset says how far it is now' } },
      failures: ['UPLOAD_NOT_FOUND', 'UPLOAD_OFFSET', 'UPLOAD_PROTOCOL', 'BODY_INVALID', 'FIELD_INVALID', 'LIMIT_EXCEEDED', 'CHECKSUM_MISMATCH', 'CONTENT_MISMATCH', 'TYPE_REFUSED', 'VERSION_PUBLISHED', 'VERSION_NOT_FOUND', 'DATASET_NOT_FOUND', 'PATH_CLASH', 'CANCELLED', 'DISK_FULL']
    }, async ({ params, request }) => {
      checkVersion(request.headers)
      const media = request.headers.get('content-type')
      if (media !== 'application/offset+octet-stream') fail('BODY_INVALID', `parts are sent as application/offset+octet-stream, not ${media?.slice(0, 80) ?? 'without a Content-Type'}`)
      const checksum = readChecksum(request.headers.get('upload-checksum'))
      const now = await uploads.append(params.id, readCount(request.headers, 'Upload-Offset'), bodyBytes(request), checksum === undefined ? {} : { checksum })
      return new Response(null, { status: 204, headers: tusHeaders(await finished(services, now, request), ALL) })
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
