import type { VersionRef } from '../../model/index.ts'
import type { ProgressSink } from '../../runtime/index.ts'
import { mapBounded } from '../../runtime/index.ts'
import type { UploadItem } from '../contract.ts'
import { api } from './addresses.ts'
import { pages } from './pages.ts'
import type { Run } from './runs.ts'
import type { Transport } from './transport.ts'

/** A file to be uploaded, read where it is asked for. */
export interface UploadSource {
  /** Bytes. */
  readonly size: number
  /** Tells this content from another of the same name, so that a broken upload is found again: e.g. size and time of change. */
  readonly key: string
  /** Bytes `from` (included) to `to` (excluded). */
  read(from: number, to: number): AsyncIterable<Uint8Array>
}

export interface UploadOptions {
  /** Bytes of one part; parts are sent several at a time. */
  readonly partBytes?: number
  readonly parallel?: number
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ProgressSink | undefined
}

/** Few enough requests, and little lost with one that breaks. Bytes. */
const PART_BYTES = 32 * 1024 * 1024
/** Enough to keep a node busy. */
const PARALLEL = 3

/** Large files in parts (tus 1.0.0): what is there already is not sent again. */
export const uploadsOver = (http: Transport, run: Run) => {
  const begin = async (headers: Record<string, string>): Promise<string> => {
    const answer = await http.send('POST', api('/uploads'), { headers: { 'tus-resumable': '1.0.0', ...headers } })
    await answer.text() // Empty; read, its connection serves the next request.
    return (answer.headers.get('location') ?? '').slice(api('/uploads/').length)
  }
  const append = async (id: string, offset: number, source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> => {
    const headers = { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) }
    await http.json<void>('PATCH', api(`/uploads/${id}`), { body: source, headers, signal, within: undefined })
  }
  const all = (): AsyncGenerator<UploadItem> => pages<UploadItem>(http, api('/uploads'), {})
  return {
    all,
    get: (id: string) => http.json<UploadItem>('GET', api(`/uploads/${encodeURIComponent(id)}`)),
    remove: (id: string) => http.json<void>('DELETE', api(`/uploads/${encodeURIComponent(id)}`)),
    /** Uploads a file into a draft in parts, in parallel; a second call goes on where the first one stopped. */
    async send(ref: VersionRef, path: string, source: UploadSource, options: UploadOptions = {}): Promise<UploadItem> {
      const { partBytes = PART_BYTES, parallel = PARALLEL, signal, onProgress } = options
      const dataset = `${ref.namespace}/${ref.name}`
      const target = { dataset, version: ref.version ?? 'current', path }
      const key = `${dataset}@${target.version}:${path} ${source.size} ${source.key} ${partBytes}`
      const known = new Map<string, UploadItem>()
      for await (const upload of all()) if (upload.partial && upload.metadata['key'] === key) known.set(upload.metadata['part'] ?? '', upload)
      const starts = Array.from({ length: Math.max(1, Math.ceil(source.size / partBytes)) }, (_, i) => i * partBytes)
      let sent = [...known.values()].reduce((sum, upload) => sum + upload.offset, 0)
      const ids = await mapBounded(starts, parallel, async (start, index) => {
        const length = Math.min(partBytes, source.size - start)
        const there = known.get(String(index))
        const id = there?.id ?? await begin({ 'upload-length': String(length), 'upload-concat': 'partial', 'upload-metadata': pairs({ key, part: String(index), dataset, path }) })
        const offset = there?.offset ?? 0
        if (offset < length) await append(id, offset, counted(source.read(start + offset, start + length), bytes => onProgress?.({ phase: 'sending', files: 0, totalFiles: 1, bytes: sent += bytes, totalBytes: source.size })), signal)
        return id
      }, signal)
      return await run<UploadItem>(api('/uploads'), undefined, { signal, onProgress }, {
        headers: { 'tus-resumable': '1.0.0', 'upload-concat': `final;${ids.map(id => api(`/uploads/${id}`)).join(' ')}`, 'upload-metadata': pairs(target) }
      })
    }
  }
}

const pairs = (metadata: Readonly<Record<string, string>>): string => Object.entries(metadata).map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`).join(',')

async function* counted(source: AsyncIterable<Uint8Array>, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    yield bytes
    count(bytes.length)
  }
}
