import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useLocation } from 'wouter'
import { fileAt } from '../../api/addresses.ts'
import { entryQuery, filesQuery } from '../../api/queries.ts'
import type { VersionRef } from '../../api/types.ts'
import { CopyButton } from '../copy.tsx'
import { shortHash, showBytes } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { later } from '../later.tsx'
import { fileName, folderOf, versionPlace } from '../places.ts'
import { useQueryState } from '../query-state.ts'
import { useKey } from '../shortcuts.tsx'
import { Empty, Loaded, Skeleton } from '../states.tsx'
import { isWebAddress, visible } from '../visible.ts'
import { type File, kindOf } from './kinds.ts'
import { Lightbox } from './lightbox.tsx'
import type { MaskLabels } from './overlay.tsx'
import { Picture } from './picture.tsx'

const TextPreview = later(() => import('./text-preview.tsx'), <Skeleton rows={6} />)
const ParquetPreview = later(() => import('./parquet-preview.tsx'), <Skeleton rows={8} />)
const ArrowPreview = later(() => import('./arrow-preview.tsx'), <Skeleton rows={8} />)
const ArchivePreview = later(() => import('./archive-preview.tsx'), <Skeleton rows={6} />)
const Sound = later(() => import('./sound.tsx'), <Skeleton rows={2} />)
const MarkdownPreview = later(() => import('./markdown-preview.tsx'), <Skeleton rows={6} />)

interface Props {
  /** As the address names it. */
  readonly at: VersionRef
  /** By its id. */
  readonly fixed: VersionRef
  readonly path: string
  /** Of the version: what colours of masks mean. */
  readonly labels: MaskLabels
}

/** One file, with the ones before and behind it in its folder. */
export function Viewer({ at, fixed, path, labels }: Props) {
  // The picture before stays until the next is known, so that what fills the window does not flicker.
  const query = useQuery({ ...entryQuery(fixed, path), placeholderData: keepPreviousData })
  return (
    <Loaded query={query} rows={6}>
      {entry => {
        if (entry.type === 'file') return <Shown at={at} fixed={fixed} file={entry} labels={labels} />
        if (entry.type === 'folder') return <Empty icon="folder" title="This is a folder"><Link href={versionPlace(at, { folder: path })} className="button">Open it</Link></Empty>
        return (
          <Empty icon="link" title="A link to somewhere else">
            <p className="mono">{visible(entry.url)}</p>
            {isWebAddress(entry.url) && <a className="button" href={entry.url} target="_blank" rel="noopener noreferrer">Open it</a>}
          </Empty>
        )
      }}
    </Loaded>
  )
}

function Shown({ at, fixed, file, labels }: { at: VersionRef, fixed: VersionRef, file: File, labels: MaskLabels }) {
  const folder = folderOf(file.path)
  const [params, change] = useQueryState()
  const isPicture = kindOf(file) === 'image'
  const isFull = isPicture && params.get('full') === 'true'
  const setFull = (full: boolean): void => change({ full: full ? 'true' : undefined }, { replace: true })
  useKey('f', () => {
    if (isPicture) setFull(!isFull)
  })
  if (isFull) {
    return (
      <Lightbox label={visible(file.path)} close={() => setFull(false)}>
        <header className="lightbox-head">
          <h2>{visible(file.path)}</h2>
          <Neighbours at={at} fixed={fixed} path={file.path} isFull />
          <button type="button" className="button is-small is-square" aria-label="Close" title="Close (Esc)" onClick={() => setFull(false)}><Icon name="close" /></button>
        </header>
        <Picture key={file.hash} version={fixed} file={file} labels={labels} />
      </Lightbox>
    )
  }
  return (
    <>
      <header className="viewer-head">
        <div className="viewer-name">
          <Link href={versionPlace(at, { tab: 'preview' })} className="button is-quiet is-small"><Icon name="left" />All previews</Link>
          <h2 title={visible(file.path)}>{folder !== '' && <Link href={versionPlace(at, { folder })} className="muted">{visible(folder)}/</Link>}{visible(fileName(file.path))}</h2>
        </div>
        <p className="viewer-facts muted">
          <span>{showBytes(file.size)}</span>
          <span>{file.mediaType}</span>
          <span className="long"><span className="mono" title={file.hash}>{shortHash(file.hash)}</span><CopyButton text={file.hash} what="the hash" /></span>
        </p>
        <div className="viewer-actions">
          <Neighbours at={at} fixed={fixed} path={file.path} />
          {isPicture && <button type="button" className="button is-small is-square" aria-label="Fill the window with the picture" title="Fill the window (f)" onClick={() => setFull(true)}><Icon name="expand" /></button>}
          <a className="button is-small" href={fileAt(fixed, file.path, { download: true })} download><Icon name="download" />Download</a>
        </div>
      </header>
      <Content key={file.hash} version={fixed} file={file} labels={labels} />
    </>
  )
}

function Content({ version, file, labels }: { version: VersionRef, file: File, labels: MaskLabels }) {
  const kind = kindOf(file)
  switch (kind) {
    case 'image': return <Picture version={version} file={file} labels={labels} />
    case 'audio': return <Sound version={version} file={file} />
    case 'parquet': return <ParquetPreview version={version} file={file} />
    case 'arrow': return <ArrowPreview version={version} file={file} />
    case 'archive': return <ArchivePreview version={version} file={file} />
    case 'video': return <div className="picture"><video controls preload="metadata" src={fileAt(version, file.path)} aria-label={visible(fileName(file.path))} /></div>
    case 'markdown': return <div className="pad"><MarkdownPreview version={version} file={file} /></div>
    default: return <TextPreview version={version} file={file} kind={kind} />
  }
}

/** To the file before and the one behind; also with the arrow keys. */
function Neighbours({ at, fixed, path, isFull = false }: Omit<Props, 'labels'> & { isFull?: boolean }) {
  const [, navigate] = useLocation()
  const { data } = useQuery(filesQuery(fixed, { prefix: folderOf(path) }))
  const files = data?.items.filter(item => item.type === 'file') ?? []
  const index = files.findIndex(item => item.path === path)
  const [before, behind] = [files[index - 1], index < 0 ? undefined : files[index + 1]]
  const go = (file: File | undefined): void => {
    if (file !== undefined) navigate(versionPlace(at, { tab: 'preview', folder: folderOf(file.path), file: file.path, full: isFull && kindOf(file) === 'image' }), { replace: true })
  }
  useKey('ArrowLeft', () => go(before))
  useKey('ArrowRight', () => go(behind))
  if (index < 0 || files.length < 2) return null
  return (
    <>
      <button type="button" className="button is-small is-square" disabled={before === undefined} onClick={() => go(before)} aria-label="Previous file" title="Previous file (←)"><Icon name="left" /></button>
      <button type="button" className="button is-small is-square" disabled={behind === undefined} onClick={() => go(behind)} aria-label="Next file" title="Next file (→)"><Icon name="right" /></button>
    </>
  )
}
