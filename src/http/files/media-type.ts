import mime from 'mime/lite'

/** What kind of file a name says it is. */

/** Kinds of data files that general tables do not know. */
const DATA: Readonly<Record<string, string>> = {
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.file',
  arrows: 'application/vnd.apache.arrow.stream',
  feather: 'application/vnd.apache.arrow.file',
  avro: 'application/vnd.apache.avro',
  jsonl: 'application/x-ndjson',
  ndjson: 'application/x-ndjson',
  npy: 'application/x-npy',
  npz: 'application/x-npz',
  h5: 'application/x-hdf5',
  hdf5: 'application/x-hdf5',
  tfrecord: 'application/x-tfrecord',
  tsv: 'text/tab-separated-values',
  md: 'text/markdown',
  ipynb: 'application/x-ipynb+json',
  zst: 'application/zstd',
  safetensors: 'application/x-safetensors',
  flac: 'audio/flac'
}

export const UNKNOWN = 'application/octet-stream'

/** The media type of a file by its name. */
export function mediaTypeOf(path: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
  return (Object.hasOwn(DATA, extension) ? DATA[extension] : mime.getType(extension)) ?? UNKNOWN
}

/** Text types that no browser acts on. */
const PLAIN_TEXT = new Set(['text/plain', 'text/csv', 'text/tab-separated-values', 'text/markdown'])
/** Kinds a browser might run or render as a document with scripts. */
const ACTIVE = /html|xml|script|wasm|flash|css|multipart|manifest|mathml/i
const SVG = 'image/svg+xml'

/**
 * The Content-Type a dataset's file is answered with, so that it is never active on the page's origin: pages, style sheets and
 * scripts go out as plain text; pictures in SVG keep their type (an `img` runs no scripts) but are an attachment when opened.
 */
export function servedAs(mediaType: string): { readonly type: string, readonly attachment: boolean } {
  const essence = mediaType.split(';')[0]?.trim().toLowerCase() ?? UNKNOWN
  if (essence === SVG) return { type: SVG, attachment: true }
  if (essence.startsWith('text/')) return { type: PLAIN_TEXT.has(essence) ? `${essence}; charset=utf-8` : 'text/plain; charset=utf-8', attachment: false }
  if (ACTIVE.test(essence)) return { type: 'text/plain; charset=utf-8', attachment: false }
  return /^(?:image|audio|video|font|application)\/[\w.+-]+$/.test(essence) ? { type: essence, attachment: false } : { type: UNKNOWN, attachment: true }
}

/** `Content-Disposition` with a file name in any script. */
export function disposition(kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
