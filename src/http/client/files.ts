import type { CheckoutReport, ImportReport } from '../../files/index.ts'
import type { VersionRef } from '../../model/index.ts'
import type { CheckoutBody, EditsResult, FileEditBody, FileItem, ImportBody, Page, SplitsBody, SplitsItem } from '../contract.ts'
import { api, fileAt, versionAt } from './addresses.ts'
import type { PageQuery } from './pages.ts'
import type { Run, RunOptions } from './runs.ts'
import { bytesOf, itemsOf } from './streams.ts'
import type { QueryValue, Transport } from './transport.ts'

/** A file's bytes, or a part of them, on their way. */
export interface FileBytes {
  /** Bytes that come. */
  readonly size: number
  /** BLAKE3 of the whole file, `blake3:<hex>`. */
  readonly hash: string
  readonly mediaType: string
  readonly bytes: AsyncIterable<Uint8Array>
}

export interface WriteOptions {
  /** `blake3:<hex>`; the node refuses other content. */
  readonly hash?: string
  /** Bytes; the node refuses more or less. */
  readonly size?: number
  readonly executable?: boolean
  readonly mediaType?: string
  readonly message?: string
  readonly signal?: AbortSignal
}

/** K4: a part of a version. */
export interface Part {
  readonly prefix?: string
  readonly split?: readonly string[]
  /** `100` files, or `5%` of them. */
  readonly sample?: string
  readonly seed?: number
  readonly metadataOnly?: boolean
}

const partQuery = ({ prefix, split, sample, seed, metadataOnly }: Part): Readonly<Record<string, QueryValue>> =>
  ({ prefix, split: split?.join(','), sample, seed, metadata: metadataOnly === true ? 'only' : undefined })

/** Files over HTTP. All methods throw what the node's `Files` throws. */
export const filesOver = (http: Transport, run: Run) => ({
  list: (ref: VersionRef, options: { prefix?: string, recursive?: boolean } & PageQuery = {}) =>
    http.json<Page<FileItem>>('GET', versionAt(ref, '/files'), { query: { ...options } }),
  /** Every entry below `prefix`, streamed. */
  async* entries(ref: VersionRef, options: Part & { signal?: AbortSignal } = {}): AsyncGenerator<FileItem> {
    const headers = { accept: 'application/x-ndjson' }
    yield* itemsOf<FileItem>(await http.send('GET', versionAt(ref, '/files'), { query: partQuery(options), headers, signal: options.signal }), options.signal)
  },
  /** One entry: a file, link or folder. */
  stat: (ref: VersionRef, path: string) => http.json<FileItem>('GET', versionAt(ref, '/entry'), { query: { path } }),
  /** Bytes `from` (included) to `to` (excluded); all where neither is given. @param options `fetch`: of a link, what it points to (all of it) */
  async read(ref: VersionRef, path: string, options: { from?: number, to?: number, fetch?: boolean, signal?: AbortSignal } = {}): Promise<FileBytes> {
    const { from = 0, to, fetch } = options
    const range = from === 0 && to === undefined ? undefined : `bytes=${from}-${to === undefined ? '' : to - 1}`
    const response = await http.send('GET', fileAt(ref, path), { query: { fetch }, headers: { range }, signal: options.signal })
    return {
      size: Number(response.headers.get('content-length')),
      hash: (response.headers.get('etag') ?? '').replaceAll('"', ''),
      mediaType: response.headers.get('content-type') ?? 'application/octet-stream',
      bytes: bytesOf(response, options.signal)
    }
  },
  /** Streams a file into a draft. */
  write: (ref: VersionRef, path: string, source: AsyncIterable<Uint8Array> | Uint8Array, options: WriteOptions = {}) =>
    http.json<FileItem>('PUT', fileAt(ref, path), {
      body: source,
      query: { message: options.message, executable: options.executable },
      headers: { 'x-blake3': options.hash, 'x-size': options.size === undefined ? undefined : String(options.size), 'content-type': options.mediaType },
      signal: options.signal,
      within: undefined
    }),
  remove: (ref: VersionRef, path: string, options: { recursive?: boolean, message?: string } = {}) =>
    http.json<void>('DELETE', fileAt(ref, path), { query: options }),
  /** Many changes at once, all or none. */
  edit: (ref: VersionRef, edits: readonly FileEditBody[], message?: string) =>
    http.json<EditsResult>('POST', versionAt(ref, '/edits'), { json: edits, query: { message } }),
  /** K4: how a version is split. */
  splits: (ref: VersionRef) => http.json<SplitsItem>('GET', versionAt(ref, '/splits')),
  /** Writes `splits.json` into a draft; null removes it. */
  setSplits: (ref: VersionRef, splits: SplitsBody | null) => http.json<SplitsItem>('PUT', versionAt(ref, '/splits'), { json: splits }),
  /** A version, or a part of it, as one stream. */
  async* archive(ref: VersionRef, format: 'tar' | 'tar.gz' | 'zip', options: Part & { signal?: AbortSignal } = {}): AsyncGenerator<Uint8Array> {
    yield* bytesOf(await http.send('GET', versionAt(ref, `/archive.${format}`), { query: partQuery(options), signal: options.signal }), options.signal)
  },
  /** A folder or file of the node's machine into a draft. */
  import: (input: ImportBody, options?: RunOptions) => run<ImportReport>(api('/imports'), input, options),
  /** A version into a folder of the node's machine. */
  checkout: (input: CheckoutBody, options?: RunOptions) => run<CheckoutReport>(api('/checkouts'), input, options)
})
