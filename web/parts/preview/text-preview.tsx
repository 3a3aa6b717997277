import type { VersionRef } from '../../api/types.ts'
import { HexRows } from './hex-preview.tsx'
import { type File, isText, type Kind } from './kinds.ts'
import { LoadedBytes } from './loaded-bytes.tsx'
import { DataTable } from './data-table.tsx'
import { laidOut, readDelimited, readJson } from './tables.ts'

/** Bytes that make a first page of text or table. */
const TEXT_AT_FIRST = 256 * 1024
/** JSON is read whole or not at all. */
const JSON_AT_FIRST = 2 * 1024 * 1024
/** More text than this makes a browser slow. */
const AT_MOST = 8 * 1024 * 1024
/** Bytes shown of what is not text. */
const HEX_BYTES = 4096

/** Texts and tables; and bytes, for what turns out to be neither. */
export default function TextPreview({ version, file, kind }: { version: VersionRef, file: File, kind: Kind }) {
  return (
    <LoadedBytes version={version} file={file} atFirst={kind === 'json' ? JSON_AT_FIRST : TEXT_AT_FIRST} atMost={AT_MOST}>
      {(bytes, isWhole) => <Content bytes={bytes} isWhole={isWhole} kind={kind} file={file} />}
    </LoadedBytes>
  )
}

function Content({ bytes, isWhole, kind, file }: { bytes: Uint8Array, isWhole: boolean, kind: Kind, file: File }) {
  if (file.size === 0) return <p className="muted pad">The file is empty.</p>
  if (kind === 'guess' && !isText(bytes, isWhole)) return <HexRows bytes={bytes.subarray(0, HEX_BYTES)} />
  const text = new TextDecoder().decode(bytes)
  if (kind === 'table') return <DataTable table={readDelimited(text, isWhole)} />
  if (kind === 'json') {
    const table = readJson(text, isWhole, file.mediaType === 'application/x-ndjson' || /\.(?:jsonl|ndjson)$/i.test(file.path))
    return table === undefined ? <Text text={isWhole ? laidOut(text) : text} /> : <DataTable table={table} />
  }
  return <Text text={text} />
}

/** Text with its lines numbered. */
function Text({ text }: { text: string }) {
  const lines = text.replace(/\n$/, '').split('\n').length
  return (
    <div className="text-preview" tabIndex={0} role="region" aria-label="Text of the file">
      <pre className="line-numbers" aria-hidden="true">{Array.from({ length: lines }, (_, i) => i + 1).join('\n')}</pre>
      <pre>{text}</pre>
    </div>
  )
}
