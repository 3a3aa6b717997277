import { useQueries } from '@tanstack/react-query'
import { fileAt } from '../../api/addresses.ts'
import { bytesQuery } from '../../api/queries.ts'
import type { FileItem, VersionRef } from '../../api/types.ts'
import { shortHash, showBytes } from '../figures.ts'
import { isText, kindOf, type File } from '../preview/kinds.ts'
import { pictureAt } from '../preview/picture-address.ts'
import { readDelimited, readJson, type Table } from '../preview/tables.ts'
import { Failure, Skeleton } from '../states.tsx'
import { visible } from '../visible.ts'
import { RowDiff } from './row-diff.tsx'
import { TextDiff } from './text-diff.tsx'

/** Two contents of a path: pictures side by side, rows of tables and lines of text compared. */

/** Compared of a file; more makes a browser slow. Bytes. */
const COMPARED = 1024 * 1024

export interface ComparedSide {
  /** `Before`, or whose it is. */
  readonly label: string
  /** Where its bytes are read. */
  readonly version: VersionRef
  /** Null where there is nothing on this side. */
  readonly entry: FileItem | null
}

interface FileSide extends Omit<ComparedSide, 'entry'> { readonly file: File | undefined }

/** @property hasLegend says which side a sign stands for, where it is not before and after */
export function Comparison({ one, other, hasLegend = false }: { one: ComparedSide, other: ComparedSide, hasLegend?: boolean }) {
  const [a, b] = [one, other].map(({ entry, ...side }): FileSide => ({ ...side, file: entry?.type === 'file' ? entry : undefined })) as [FileSide, FileSide]
  const file = b.file ?? a.file
  if (file === undefined) return <NotFiles one={one.entry} other={other.entry} />
  switch (kindOf(file)) {
    case 'image': return <div className="sides"><PictureSide {...a} /><PictureSide {...b} /></div>
    case 'audio': case 'video': return <div className="sides"><PlayedSide {...a} /><PlayedSide {...b} /></div>
    default: return <>{hasLegend && <p className="diff-legend"><span className="is-removed">− {one.label}</span><span className="is-added">+ {other.label}</span></p>}<ComparedText one={a} other={b} file={file} /></>
  }
}

function NotFiles({ one, other }: { one: FileItem | null, other: FileItem | null }) {
  const urls = [one, other].flatMap(entry => entry?.type === 'link' ? [visible(entry.url)] : [])
  return <p className="pad muted">{urls.length > 0 ? <>Link: <span className="mono">{urls.join(' → ')}</span></> : 'A folder.'}</p>
}

function PictureSide({ label, version, file }: FileSide) {
  return (
    <figure className="side">
      <figcaption>{label}{file !== undefined && <span className="muted mono"> {shortHash(file.hash)}</span>}</figcaption>
      {file === undefined ? <p className="side-none muted">not there</p> : <img src={pictureAt(version, file)} alt={`${label}: ${visible(file.path)}`} />}
    </figure>
  )
}

function PlayedSide({ label, version, file }: FileSide) {
  return (
    <figure className="side">
      <figcaption>{label}</figcaption>
      {file === undefined ? <p className="side-none muted">not there</p> : kindOf(file) === 'audio' ? <audio controls preload="metadata" src={fileAt(version, file.path)} aria-label={label} /> : <video controls preload="metadata" src={fileAt(version, file.path)} aria-label={label} />}
    </figure>
  )
}

function ComparedText({ one, other, file }: { one: FileSide, other: FileSide, file: File }) {
  const sides = [one, other].flatMap(({ version, file }) => file === undefined ? [] : [{ version, file }])
  const results = useQueries({ queries: sides.map(({ version, file }) => bytesQuery(version, file, 0, Math.min(COMPARED, Math.max(1, file.size)))) })
  const failed = results.find(result => result.error !== null)
  if (failed !== undefined) return <Failure error={failed.error} retry={() => void failed.refetch()} />
  if (results.some(result => result.data === undefined)) return <Skeleton rows={5} />
  const bytesOf = (file: File | undefined): Uint8Array | undefined => results[sides.findIndex(side => side.file === file)]?.data
  const [oldBytes, nowBytes] = [bytesOf(one.file), bytesOf(other.file)]
  const isCut = [one.file, other.file].some(file => (file?.size ?? 0) > COMPARED)
  if ([oldBytes, nowBytes].some(bytes => bytes !== undefined && !isText(bytes, !isCut))) return <Hashes one={one} other={other} />
  const [oldText, nowText] = [textOf(oldBytes), textOf(nowBytes)]
  const [oldTable, nowTable] = [oldText, nowText].map(text => tableOf(file, text, !isCut))
  return (
    <>
      {oldTable !== undefined && nowTable !== undefined ? <RowDiff before={oldTable} after={nowTable} /> : <TextDiff before={oldText} after={nowText} />}
      {isCut && <p className="table-foot muted">The first {showBytes(COMPARED)} of each.</p>}
    </>
  )
}

/** Of what no eye compares. */
const Hashes = ({ one, other }: { one: FileSide, other: FileSide }) => (
  <dl className="facts">{[one, other].map(({ label, file }) => <div key={label}><dt>{label}</dt><dd className="mono">{file?.hash ?? 'not there'}</dd></div>)}</dl>
)

const textOf = (bytes: Uint8Array | undefined): string => bytes === undefined ? '' : new TextDecoder().decode(bytes)

const NO_TABLE: Table = { columns: [], rows: [], numeric: [], isCut: false }

function tableOf(file: File, text: string, isWhole: boolean): Table | undefined {
  const kind = kindOf(file)
  if (text === '') return kind === 'table' ? NO_TABLE : undefined
  if (kind === 'table') return readDelimited(text, isWhole)
  return kind === 'json' ? readJson(text, isWhole, file.mediaType === 'application/x-ndjson') : undefined
}
