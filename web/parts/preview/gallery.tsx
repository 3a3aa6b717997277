import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { filesQuery } from '../../api/queries.ts'
import type { VersionRef } from '../../api/types.ts'
import { counted, showBytes, showCount } from '../figures.ts'
import { Icon, iconOfMedia } from '../icon.tsx'
import { fileName, folderOf, versionPlace } from '../places.ts'
import { Empty, Loaded } from '../states.tsx'
import { visible } from '../visible.ts'
import { type File, kindOf } from './kinds.ts'
import { pictureAt } from './picture-address.ts'

/** Files looked through for something to show. */
const LOOKED_THROUGH = 1000
/** Shown of each folder. */
const PER_FOLDER = 12
const MAX_FOLDERS = 12
/** What belongs to pictures comes behind them. */
const ASIDE = /mask|annotation|label|segment/i
/** Larger pictures are not loaded just to be made small. Bytes. */
const MAX_PICTURE = 8 * 1024 * 1024

/** What is in a version, at a glance: pictures of each folder, and files that can be looked into. */
export function Gallery({ at, fixed }: { at: VersionRef, fixed: VersionRef }) {
  const query = useQuery(filesQuery(fixed, { recursive: true, limit: LOOKED_THROUGH }))
  return (
    <Loaded query={query} rows={6}>
      {({ items, next }) => {
        const files = items.filter(item => item.type === 'file')
        if (files.length === 0) return <Empty icon="image" title="Nothing to preview"><p>This version has no files.</p></Empty>
        const folders = [...Map.groupBy(files, file => folderOf(file.path))].sort(([a], [b]) => Number(ASIDE.test(a)) - Number(ASIDE.test(b)))
        return (
          <div className="gallery">
            {folders.slice(0, MAX_FOLDERS).map(([folder, files]) => <Folder key={folder} at={at} fixed={fixed} folder={folder} files={files} />)}
            {(next !== null || folders.length > MAX_FOLDERS) && <p className="muted">Out of the first {showCount(files.length)} files. The others are under <Link href={versionPlace(at)}>Content</Link>.</p>}
          </div>
        )
      }}
    </Loaded>
  )
}

function Folder({ at, fixed, folder, files }: { at: VersionRef, fixed: VersionRef, folder: string, files: readonly File[] }) {
  const pictures = files.filter(file => kindOf(file) === 'image' && file.size <= MAX_PICTURE)
  const others = files.filter(file => !pictures.includes(file))
  const place = (file: File): string => versionPlace(at, { tab: 'preview', folder, file: file.path })
  return (
    <section>
      <h2>{folder === '' ? 'At the top' : <Link href={versionPlace(at, { folder })}>{visible(folder)}/</Link>} <span className="muted">{counted(files.length, 'file')}</span></h2>
      {others.length > 0 && (
        <ul className="plain file-cards">
          {others.slice(0, PER_FOLDER).map(file => (
            <li key={file.path}><Link href={place(file)} className="file-card"><Icon name={iconOfMedia(file.mediaType)} size={18} /><span>{visible(fileName(file.path))}</span><span className="muted figure">{showBytes(file.size)}</span></Link></li>
          ))}
        </ul>
      )}
      {pictures.length > 0 && (
        <ul className="plain thumbnails">
          {pictures.slice(0, PER_FOLDER).map(file => (
            <li key={file.path}><Link href={place(file)} className="thumbnail" aria-label={visible(file.path)} title={visible(fileName(file.path))}><Thumbnail address={pictureAt(fixed, file)} /></Link></li>
          ))}
        </ul>
      )}
      {(others.length > PER_FOLDER || pictures.length > PER_FOLDER) && <Link href={versionPlace(at, { folder })} className="more-link">All {showCount(files.length)} files</Link>}
    </section>
  )
}

/** A small picture; a sign in its place where the browser can not draw it. */
function Thumbnail({ address }: { address: string }) {
  const [failed, setFailed] = useState(false)
  return failed ? <Icon name="image" size={24} /> : <img src={address} alt="" loading="lazy" decoding="async" onError={() => setFailed(true)} />
}
