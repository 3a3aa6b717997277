import { useEffect, useId, useState, type KeyboardEvent } from 'react'
import { Link, useLocation } from 'wouter'
import { fileAt } from '../api/addresses.ts'
import type { FileItem, VersionRef } from '../api/types.ts'
import { CopyButton } from './copy.tsx'
import { useFilePages } from './file-pages.ts'
import { counted, shortHash, showBytes, showCount } from './figures.ts'
import type { DraftActions } from './draft-tools.tsx'
import { Icon, iconOfMedia } from './icon.tsx'
import { Menu } from './menu.tsx'
import { fileName, folderOf } from './places.ts'
import { useRowWindow } from './row-window.ts'
import { isPlain } from './shortcuts.tsx'
import { Empty, Failure, Skeleton } from './states.tsx'
import { attempt } from './toasts.tsx'
import { isWebAddress, visible } from './visible.ts'

/** Height of a row and of the head, as the style sheet has them. Pixels. */
const ROW_HEIGHT = 38
const HEAD_HEIGHT = 36

interface Props {
  readonly version: VersionRef
  readonly folder: string
  readonly placeOfFolder: (folder: string) => string
  readonly placeOfFile: (file: string) => string
  /** What can be done with entries; missing where nothing can be changed. */
  readonly edit?: FileTableEdit | undefined
}

export interface FileTableEdit {
  readonly actions: DraftActions
  readonly chosen: readonly FileItem[]
  readonly choose: (items: readonly FileItem[]) => void
}

/** What a folder holds, as a table that stays quick at a million rows. */
export function FileTable({ version, folder, placeOfFolder, placeOfFile, edit }: Props) {
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  const id = useId()
  const [active, setActive] = useState(0)
  const [range, setRange] = useState({ from: 0, to: 1 })
  const files = useFilePages(version, folder, range)
  const { first, end, ...view } = useRowWindow(scroller, files.count, ROW_HEIGHT, HEAD_HEIGHT)
  if (range.from !== first || range.to !== end) setRange({ from: first, to: end })
  const [, navigate] = useLocation()
  // Where the end is not known yet, it is gone to as soon as it is; unless another key is pressed first.
  const [seeksEnd, setSeeksEnd] = useState(false)
  const goTo = (row: number): void => {
    const target = Math.max(0, Math.min(files.count - 1, row))
    setActive(target)
    view.reveal(target)
  }
  const findEnd = async (): Promise<void> => {
    try {
      await files.findEnd()
    } catch (error) {
      setSeeksEnd(false)
      throw error
    }
  }
  useEffect(() => {
    if (!seeksEnd || files.hasMore) return
    setSeeksEnd(false)
    goTo(files.count - 1)
  }, [seeksEnd, files.hasMore])

  const open = (item: FileItem | undefined): void => {
    if (item?.type === 'folder') navigate(placeOfFolder(item.path))
    if (item?.type === 'file') navigate(placeOfFile(item.path))
    if (item?.type === 'link' && isWebAddress(item.url)) window.open(item.url, '_blank', 'noopener,noreferrer')
  }
  const press = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.target !== event.currentTarget || !isPlain(event)) return
    setSeeksEnd(event.key === 'End' && files.hasMore)
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: files.count - 1, PageDown: active + view.fitting, PageUp: active - view.fitting }[event.key]
    if (event.key === 'End' && files.hasMore) void attempt(findEnd)
    else if (to !== undefined) goTo(to)
    else if (event.key === 'Enter') open(files.row(active))
    else if (event.key === 'Backspace' && folder !== '') navigate(placeOfFolder(folderOf(folder)))
    else if (edit !== undefined && event.key === ' ') toggle(edit, files.row(active))
    else if (edit !== undefined && event.key === 'Delete') edit.actions.remove(edit.chosen.length > 0 ? edit.chosen : [files.row(active)].filter(item => item !== undefined))
    else if (edit !== undefined && event.key === 'F2') {
      const item = files.row(active)
      if (item !== undefined) edit.actions.rename(item)
    } else if (['c', 'd'].includes(event.key)) scroller?.querySelector<HTMLElement>(`[data-row="${active}"] [data-key="${event.key}"] :is(a, button), [data-row="${active}"] a[data-key="${event.key}"]`)?.click()
    else return
    event.preventDefault()
  }

  if (files.error !== null && files.count === 0) return <Failure error={files.error} retry={files.retry} />
  if (files.count === 0) return files.isLoading ? <Skeleton rows={6} label="Loading files" /> : <EmptyFolder top={folder === ''} isDraft={edit !== undefined} />
  const rows = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i)
  return (
    <>
      <div
        ref={setScroller} className={`file-table${edit === undefined ? '' : ' is-editable'}`} role="grid" tabIndex={0} aria-label={folder === '' ? 'Files' : `Files in ${folder}`} aria-rowcount={files.hasMore ? -1 : files.count + 1}
        aria-activedescendant={active >= first && active < end ? `${id}-${active}` : undefined} onKeyDown={press}
      >
        <div className="file-row file-head" role="row" aria-rowindex={1}>
          {edit !== undefined && <span role="columnheader"><span className="unseen">Chosen</span></span>}
          <span role="columnheader">Name</span><span role="columnheader" className="figure">Size</span><span role="columnheader" className="file-hash">BLAKE3</span><span role="columnheader"><span className="unseen">Actions</span></span>
        </div>
        <div className="file-rows" role="rowgroup" style={{ height: view.height }}>
          {rows.map(index => (
            <div
              key={index} id={`${id}-${index}`} data-row={index} className={`file-row${index === active ? ' is-active' : ''}`} role="row" aria-rowindex={index + 2}
              style={{ transform: `translateY(${view.top(index)}px)` }} onPointerDown={() => setActive(index)}
            >
              {edit !== undefined && <span role="gridcell" className="file-box"><Box edit={edit} item={files.row(index)} /></span>}
              <FileRow edit={edit} item={files.row(index)} version={version} folder={folder} placeOfFolder={placeOfFolder} placeOfFile={placeOfFile} />
            </div>
          ))}
        </div>
      </div>
      <p className="table-foot muted" role="status">{seeksEnd ? 'Going to the end …' : files.hasMore ? `more than ${counted(files.known, 'entry', 'entries')}` : counted(files.known, 'entry', 'entries')}{files.error === null ? '' : '; some could not be loaded'}</p>
    </>
  )
}

const EmptyFolder = ({ top, isDraft }: { top: boolean, isDraft: boolean }) => (
  <Empty icon={isDraft ? 'upload' : 'folder'} title={top ? 'This version has no files yet' : 'This folder is empty'}>
    {isDraft ? <p>Drop files or whole folders here, or choose them above.</p> : top && <p>It was published without any.</p>}
  </Empty>
)

const isChosen = ({ chosen }: FileTableEdit, item: FileItem): boolean => chosen.some(other => other.path === item.path)

function toggle(edit: FileTableEdit, item: FileItem | undefined): void {
  if (item !== undefined) edit.choose(isChosen(edit, item) ? edit.chosen.filter(other => other.path !== item.path) : [...edit.chosen, item])
}

function Box({ edit, item }: { edit: FileTableEdit, item: FileItem | undefined }) {
  if (item === undefined) return null
  return <input type="checkbox" tabIndex={-1} aria-label={`Choose ${visible(fileName(item.path))}`} checked={isChosen(edit, item)} onChange={() => toggle(edit, item)} />
}

/** What can be done with one entry of a draft. */
function RowMenu({ edit, item }: { edit: FileTableEdit | undefined, item: FileItem }) {
  if (edit === undefined) return null
  const { actions } = edit
  return (
    <Menu
      label={`More about ${visible(fileName(item.path))}`} tabIndex={-1} items={[
        { text: 'Rename', icon: 'edit', run: () => actions.rename(item) }, { text: 'Move', icon: 'folder', run: () => actions.move([item]) },
        ...item.type === 'link' ? [{ text: 'Fetch what it points to', icon: 'download' as const, run: () => actions.fetch([item]) }] : [], undefined,
        { text: 'Remove', icon: 'trash', tone: 'danger', run: () => actions.remove([item]) }
      ]}
    />
  )
}

function FileRow({ item, version, folder, placeOfFolder, placeOfFile, edit }: Omit<Props, 'version'> & { item: FileItem | undefined, version: VersionRef }) {
  if (item === undefined) return <span role="gridcell" className="file-name"><span className="ghost" /></span>
  const name = visible(folder === '' ? item.path : item.path.slice(folder.length + 1))
  if (item.type === 'folder') {
    return (
      <>
        <span role="gridcell" className="file-name"><Icon name="folder" /><Link href={placeOfFolder(item.path)} tabIndex={-1} className="cover">{name}</Link></span>
        <span role="gridcell" className="figure muted">–</span><span role="gridcell" className="file-hash" /><span role="gridcell" className="file-actions"><RowMenu edit={edit} item={item} /></span>
      </>
    )
  }
  if (item.type === 'link') {
    return (
      <>
        <span role="gridcell" className="file-name"><Icon name="link" />{isWebAddress(item.url) ? <a href={item.url} target="_blank" rel="noopener noreferrer" tabIndex={-1} title={item.url} className="cover">{name}</a> : <span title={item.url}>{name}</span>}<span className="link-address faint">{visible(item.url)}</span></span>
        <span role="gridcell" className="figure">{item.size === undefined ? '–' : showBytes(item.size)}</span>
        <span role="gridcell" className="file-hash faint" title={item.hash ?? 'Its content is not known yet'}>{item.hash === undefined ? 'not fetched' : <span className="mono">{shortHash(item.hash)}</span>}</span><span role="gridcell" className="file-actions"><RowMenu edit={edit} item={item} /></span>
      </>
    )
  }
  return (
    <>
      <span role="gridcell" className="file-name"><Icon name={iconOfMedia(item.mediaType)} /><Link href={placeOfFile(item.path)} tabIndex={-1} className="cover" title={item.mediaType}>{name}</Link></span>
      <span role="gridcell" className="figure" title={`${showCount(item.size)} bytes`}>{showBytes(item.size)}</span>
      <span role="gridcell" className="file-hash" data-key="c"><span className="mono muted" title={item.hash}>{shortHash(item.hash)}</span><CopyButton text={item.hash} what={`the hash of ${fileName(name)}`} tabIndex={-1} /></span>
      <span role="gridcell" className="file-actions"><a data-key="d" className="button is-quiet is-small is-square" href={fileAt(version, item.path, { download: true })} download aria-label={`Download ${fileName(name)}`} title="Download" tabIndex={-1}><Icon name="download" /></a><RowMenu edit={edit} item={item} /></span>
    </>
  )
}
