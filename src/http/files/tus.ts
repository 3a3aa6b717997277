import { fail } from '../../errors/index.ts'
import { checkPath, formatHash, parseHash, parseVersionRef } from '../../model/index.ts'
import type { Checksum, Upload, UploadTarget } from '../../uploads/index.ts'

/** The headers of the tus protocol, 1.0.0 (tus.io/protocols/resumable-upload). */

export const TUS_VERSION = '1.0.0'
export const TUS_EXTENSIONS = 'creation,termination,checksum,concatenation'
const ALGORITHMS = ['sha1', 'sha256', 'sha512', 'md5'] as const
export const TUS_ALGORITHMS = ALGORITHMS.join(',')
/** As large a file as a version holds. Bytes. */
export const MAX_UPLOAD_BYTES = 2 ** 45
/** Bytes a part or a path may be called with. */
const MAX_HEADER = 16_384

/** @throws UPLOAD_PROTOCOL for another version; one that states none may be a script */
export function checkVersion(headers: Headers): void {
  const version = headers.get('tus-resumable')
  if (version !== null && version !== TUS_VERSION) fail('UPLOAD_PROTOCOL', `tus ${version.slice(0, 20)} is not spoken here`, { versions: [TUS_VERSION] })
}

/** @throws FIELD_INVALID */
export function readCount(headers: Headers, name: string): number {
  const text = headers.get(name)
  const value = Number(text)
  if (text === null || !/^\d{1,16}$/.test(text) || value > MAX_UPLOAD_BYTES) fail('FIELD_INVALID', `the ${name} must be a count of bytes, not ${JSON.stringify(text?.slice(0, 40) ?? null)}`, { field: name })
  return value
}

/** `name <base64>,name <base64>`. @throws FIELD_INVALID */
export function readMetadata(header: string | null): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  if (header === null || header.trim() === '') return metadata
  if (header.length > MAX_HEADER) fail('FIELD_INVALID', `the Upload-Metadata has more than ${MAX_HEADER} characters`, { field: 'Upload-Metadata' })
  for (const pair of header.split(',')) {
    const [name, value = '', ...rest] = pair.trim().split(' ')
    const isRight = name !== undefined && name !== '' && rest.length === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && !metadata.has(name)
    if (!isRight) fail('FIELD_INVALID', `the Upload-Metadata holds "${pair.slice(0, 80)}", which is not a name and a value in base64`, { field: 'Upload-Metadata' })
    metadata.set(name, Buffer.from(value, 'base64').toString('utf8'))
  }
  return metadata
}

/** Where a file goes: `dataset`, `version` (default: the draft people work on), `path` or `filename`. @throws FIELD_INVALID, REFERENCE_INVALID, PATH_INVALID */
export function readTarget(metadata: ReadonlyMap<string, string>): UploadTarget {
  const dataset = metadata.get('dataset') ?? missing('dataset', 'namespace/name')
  const version = metadata.get('version')
  const path = checkPath(metadata.get('path') ?? metadata.get('relativePath') ?? metadata.get('filename') ?? missing('path', 'photos/one.jpg'))
  const ref = parseVersionRef(version === undefined || version === '' || version === 'current' ? dataset : `${dataset}@${version}`)
  const hash = metadata.get('blake3')
  const mediaType = metadata.get('filetype')
  return {
    ref, path, executable: metadata.get('executable') === 'true',
    ...hash === undefined ? {} : { hash: formatHash(parseHash(hash)) },
    ...mediaType !== undefined && /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/.test(mediaType) ? { mediaType } : {}
  }
}

const missing = (name: string, example: string): never => fail('FIELD_INVALID', `the Upload-Metadata has no ${name} such as ${example}`, { field: name })

/** `sha256 <base64>`. @throws FIELD_INVALID */
export function readChecksum(header: string | null): Checksum | undefined {
  if (header === null) return undefined
  const [name, value] = header.trim().split(/\s+/)
  const algorithm = ALGORITHMS.find(algorithm => algorithm === name)
  if (algorithm === undefined || value === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) {
    fail('FIELD_INVALID', `the Upload-Checksum "${header.slice(0, 80)}" is none of ${TUS_ALGORITHMS} with a digest in base64`, { field: 'Upload-Checksum' })
  }
  return { algorithm, digest: Buffer.from(value, 'base64') }
}

export type Concat = { readonly kind: 'none' } | { readonly kind: 'partial' } | { readonly kind: 'final', readonly parts: readonly string[] }

/** @param base address of uploads; parts are named by path or whole address below it @throws FIELD_INVALID */
export function readConcat(header: string | null, base: string): Concat {
  if (header === null) return { kind: 'none' }
  if (header === 'partial') return { kind: 'partial' }
  const parts = /^final;\s*(.+)$/.exec(header)?.[1]?.trim().split(/\s+/).map(address => new RegExp(`^(?:https?://[^/]+)?${base}/([a-z2-7]{26})$`).exec(address)?.[1])
  if (parts === undefined || parts.some(part => part === undefined)) fail('FIELD_INVALID', `the Upload-Concat "${header.slice(0, 80)}" is neither partial nor final with the addresses of parts`, { field: 'Upload-Concat' })
  return { kind: 'final', parts: parts as string[] }
}

/** Headers of an answer about an upload. */
export const tusHeaders = (upload: Upload | undefined, base: string): Record<string, string> => ({
  'tus-resumable': TUS_VERSION,
  'cache-control': 'no-store',
  ...upload === undefined ? {} : {
    'upload-offset': String(upload.offset),
    'upload-length': String(upload.length),
    ...upload.metadata === '' ? {} : { 'upload-metadata': upload.metadata },
    ...upload.partial ? { 'upload-concat': 'partial' } : upload.parts === undefined ? {} : { 'upload-concat': `final;${upload.parts.map(id => `${base}/${id}`).join(' ')}` }
  }
})
