import type { FileItem } from '../../api/types.ts'

export type File = Extract<FileItem, { type: 'file' }>

/** How a file can be looked at. `guess`: its first bytes decide between text and bytes. */
export type Kind = 'image' | 'audio' | 'video' | 'markdown' | 'table' | 'parquet' | 'arrow' | 'archive' | 'json' | 'text' | 'guess'

/** Pictures every browser draws. SVG is one of them: in an `img` it runs nothing. */
const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp', 'image/svg+xml', 'image/x-icon', 'image/vnd.microsoft.icon'])

export function kindOf({ mediaType, path }: Pick<File, 'mediaType' | 'path'>): Kind {
  const essence = mediaType.split(';')[0] ?? ''
  if (IMAGES.has(essence)) return 'image'
  if (essence.startsWith('audio/')) return 'audio'
  if (essence.startsWith('video/')) return 'video'
  if (essence === 'text/markdown') return 'markdown'
  if (essence === 'text/csv' || essence === 'text/tab-separated-values') return 'table'
  if (essence === 'application/vnd.apache.parquet' || /\.parquet$/i.test(path)) return 'parquet'
  if (essence === 'application/vnd.apache.arrow.file' || essence === 'application/vnd.apache.arrow.stream' || /\.(?:arrow|feather|ipc)$/i.test(path)) return 'arrow'
  if (/\.(?:tar|tar\.gz|tgz|zip|npz)$/i.test(path)) return 'archive'
  if (essence === 'application/x-ndjson' || essence.endsWith('json') || /\.(?:(?:geo)?json|jsonl|ndjson)$/i.test(path)) return 'json'
  return essence.startsWith('text/') || /xml|yaml|toml|javascript/.test(essence) ? 'text' : 'guess'
}

/** Of a file of unknown kind: whether its beginning is text. */
export function isText(bytes: Uint8Array, isWhole: boolean): boolean {
  if (bytes.includes(0)) return false
  try {
    // A beginning may end within a character.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
    return true
  } catch {
    return false
  }
}
