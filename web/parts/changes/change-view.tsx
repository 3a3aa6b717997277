import { useQueries } from '@tanstack/react-query'
import { fileAt } from '../../api/addresses.ts'
import { bytesQuery } from '../../api/queries.ts'
import type { DiffItem, FileItem, VersionRef } from '../../api/types.ts'
import { shortHash, showBytes } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { isText, kindOf, type File } from '../preview/kinds.ts'
import { pictureAt } from '../preview/picture-address.ts'
import { readDelimited, readJson, type Table } from '../preview/tables.ts'
import { Failure, Skeleton } from '../states.tsx'
import { visible } from '../visible.ts'
import { RowDiff } from './row-diff.tsx'
import { TextDiff } from './text-diff.tsx'

/** One file before and after: pictures side by side, rows of tables and lines of text compared. */

/** Compared of a file; more makes a browser slow. Bytes. */
const COMPARED = 1024 * 1024

interface Props { readonly item: DiffItem, readonly version: VersionRef, readonly against: string | undefined, readonly close: () => void }

export function ChangeView({ item, version, against, close }: Props) {
  const before: VersionRef = { ...version, version: against ?? version.version }
  return (
    <section className="change-view" aria-label={`Change of ${item.path}`}>
      <header className="change-head">
        <h2>{visible(item.path)}</h2>
        <span className={`badge is-${item.change}`}>{item.change}</span>
        <span className="muted figure">{[item.before, item.after].filter(entry => entry !== null).map(sizeText).join(' → ')}</span>
        <button type="button" className="button is-quiet is-small is-square" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      <Content item={item} before={before} after={version} />
    </section>
  )
}

const sizeText = (entry: FileItem): string => entry.type === 'file' ? showBytes(entry.size) : entry.type

function Content({ item, before, after }: { item: DiffItem, before: VersionRef, after: VersionRef }) {
  const old = item.before?.type === 'file' ? item.before : undefined
  const now = item.after?.type === 'file' ? item.after : undefined
  const kind = now ?? old
  if (kind === undefined) return <p className="pad muted">{item.before?.type === 'link' || item.after?.type === 'link' ? <>Link: <span className="mono">{[item.before, item.after].flatMap(entry => entry?.type === 'link' ? [visible(entry.url)] : []).join(' → ')}</span></> : 'A folder.'}</p>
  switch (kindOf(kind)) {
    case 'image': return <div className="sides"><Side label="Before" version={before} file={old} /><Side label="After" version={after} file={now} /></div>
    case 'audio': case 'video': return <div className="sides"><Sound label="Before" version={before} file={old} /><Sound label="After" version={after} file={now} /></div>
    default: return <Compared before={before} after={after} old={old} now={now} />
  }
}

function Side({ label, version, file }: { label: string, version: VersionRef, file: File | undefined }) {
  return (
    <figure className="side">
      <figcaption>{label}{file !== undefined && <span className="muted mono"> {shortHash(file.hash)}</span>}</figcaption>
      {file === undefined ? <p className="side-none muted">not there</p> : <img src={pictureAt(version, file)} alt={`${label}: ${visible(file.path)}`} />}
    </figure>
  )
}

function Sound({ label, version, file }: { label: string, version: VersionRef, file: File | undefined }) {
  return (
    <figure className="side">
      <figcaption>{label}</figcaption>
      {file === undefined ? <p className="side-none muted">not there</p> : kindOf(file) === 'audio' ? <audio controls preload="metadata" src={fileAt(version, file.path)} aria-label={label} /> : <video controls preload="metadata" src={fileAt(version, file.path)} aria-label={label} />}
    </figure>
  )
}

function Compared({ before, after, old, now }: { before: VersionRef, after: VersionRef, old: File | undefined, now: File | undefined }) {
  const sides = [{ version: before, file: old }, { version: after, file: now }].flatMap(({ version, file }) => file === undefined ? [] : [{ version, file }])
  const results = useQueries({ queries: sides.map(({ version, file }) => bytesQuery(version, file, 0, Math.min(COMPARED, Math.max(1, file.size)))) })
  const failed = results.find(result => result.error !== null)
  if (failed !== undefined) return <Failure error={failed.error} retry={() => void failed.refetch()} />
  if (results.some(result => result.data === undefined)) return <Skeleton rows={5} />
  const bytesOf = (file: File | undefined): Uint8Array | undefined => results[sides.findIndex(side => side.file === file)]?.data
  const [oldBytes, nowBytes] = [bytesOf(old), bytesOf(now)]
  const file = now ?? old
  const isCut = [old, now].some(file => (file?.size ?? 0) > COMPARED)
  if (file === undefined || [oldBytes, nowBytes].some(bytes => bytes !== undefined && !isText(bytes, !isCut))) {
    return <dl className="facts"><div><dt>Before</dt><dd className="mono">{old?.hash ?? 'not there'}</dd></div><div><dt>After</dt><dd className="mono">{now?.hash ?? 'not there'}</dd></div></dl>
  }
  const [oldText, nowText] = [textOf(oldBytes), textOf(nowBytes)]
  const tables = [oldText, nowText].map(text => tableOf(file, text, !isCut))
  const [oldTable, nowTable] = tables
  return (
    <>
      {oldTable !== undefined && nowTable !== undefined ? <RowDiff before={oldTable} after={nowTable} /> : <TextDiff before={oldText} after={nowText} />}
      {isCut && <p className="table-foot muted">The first {showBytes(COMPARED)} of each.</p>}
    </>
  )
}

const textOf = (bytes: Uint8Array | undefined): string => bytes === undefined ? '' : new TextDecoder().decode(bytes)

const NO_TABLE: Table = { columns: [], rows: [], numeric: [], isCut: false }

function tableOf(file: File, text: string, isWhole: boolean): Table | undefined {
  const kind = kindOf(file)
  if (text === '') return kind === 'table' ? NO_TABLE : undefined
  if (kind === 'table') return readDelimited(text, isWhole)
  return kind === 'json' ? readJson(text, isWhole, file.mediaType === 'application/x-ndjson') : undefined
}
