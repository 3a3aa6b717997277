import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type DragEvent, type ReactNode } from 'react'
import { fetchLinks, jobEnded } from '../api/changes.ts'
import { problemOfError } from '../api/fetch.ts'
import type { FileItem, VersionRef } from '../api/types.ts'
import type { Chosen } from '../api/sending.ts'
import { startUploads } from '../api/uploads.ts'
import { UnfinishedUploads } from './unfinished-uploads.tsx'
import { changeFiles, removal } from './draft-edits.ts'
import { chosenFiles, droppedFiles } from './dropped.ts'
import { MoveDialog, NewFolderDialog, RenameDialog } from './file-dialogs.tsx'
import { counted } from './figures.ts'
import { Icon } from './icon.tsx'
import { fileName } from './places.ts'
import { notify } from './toasts.tsx'
import { visible } from './visible.ts'

/** L2: a draft is worked on: files and folders dropped or chosen, new folders, rename, move, remove. */

export interface DraftActions {
  readonly rename: (item: FileItem) => void
  readonly move: (items: readonly FileItem[]) => void
  readonly remove: (items: readonly FileItem[]) => void
  /** W7: makes files of links. */
  readonly fetch: (items: readonly FileItem[]) => void
}

type Open = { readonly kind: 'folder' } | { readonly kind: 'rename', readonly item: FileItem } | { readonly kind: 'move', readonly items: readonly FileItem[] }

/** @property version by its id */
export function DraftArea({ version, folder, chosen, clear, children }: { version: VersionRef, folder: string, chosen: readonly FileItem[], clear: () => void, children: (tools: ReactNode, actions: DraftActions) => ReactNode }) {
  const client = useQueryClient()
  const [open, setOpen] = useState<Open>()
  const close = (): void => setOpen(undefined)
  const change = async (...[edits, done]: [Parameters<typeof changeFiles>[2], string]): Promise<void> => {
    await changeFiles(client, version, edits, done)
    clear()
  }
  const take = (files: readonly Chosen[]): void => {
    if (files.length > 0) startUploads(version, files)
    else notify('There were no files in it', { tone: 'failed' })
  }
  const remove = (items: readonly FileItem[]): void => {
    const what = items.length === 1 && items[0] !== undefined ? visible(fileName(items[0].path)) : counted(items.length, 'entry', 'entries')
    change(items.map(removal), `Removed ${what}`).catch((error: unknown) => notify(problemOfError(error).message, { tone: 'failed' }))
  }
  const fetchThem = async (items: readonly FileItem[]): Promise<void> => {
    const job = await jobEnded(await fetchLinks(version, items.map(item => item.path)))
    const { done = 0, failed = [] } = (job.result ?? {}) as { done?: number, failed?: readonly { path: string, detail: string }[] }
    if (done > 0) notify(`Fetched ${counted(done, 'link')}`)
    const problem = failed[0]?.detail ?? job.error?.detail
    if (problem !== undefined) notify(problem, { tone: 'failed' })
    clear()
  }
  const fetch = (items: readonly FileItem[]): void => void fetchThem(items).catch((error: unknown) => notify(problemOfError(error).message, { tone: 'failed' }))
  const actions: DraftActions = { fetch, rename: item => setOpen({ kind: 'rename', item }), move: items => setOpen({ kind: 'move', items }), remove }
  return (
    <DropZone folder={folder} take={take}>
      {children(chosen.length > 0
        ? (
          <>
            <strong className="chosen-count" role="status">{chosen.length} chosen</strong>
            <button type="button" className="button is-small" onClick={() => actions.move(chosen)}>Move</button>
            {chosen.every(item => item.type === 'link') && <button type="button" className="button is-small" onClick={() => fetch(chosen)}><Icon name="download" />Fetch</button>}
            <button type="button" className="button is-small" onClick={() => remove(chosen)}><Icon name="trash" />Remove</button>
            <button type="button" className="button is-small is-quiet" onClick={clear}>None</button>
          </>
        )
        : (
          <>
            <ChooseButton folder={folder} take={take} />
            <ChooseButton folder={folder} take={take} isFolder />
            <button type="button" className="button is-small is-quiet" onClick={() => setOpen({ kind: 'folder' })}><Icon name="newfolder" />New folder</button>
          </>
        ), actions)}
      <UnfinishedUploads version={version} />
      {open?.kind === 'folder' && <NewFolderDialog folder={folder} close={close} create={path => change([{ op: 'mkdir', path }], `Made the folder ${visible(fileName(path))}`)} />}
      {open?.kind === 'rename' && <RenameDialog item={open.item} close={close} move={to => change([{ op: 'move', from: open.item.path, to }], `Renamed to ${visible(fileName(to))}`)} />}
      {open?.kind === 'move' && <MoveDialog version={version} items={open.items} close={close} move={into => change(open.items.map(({ path }) => ({ op: 'move', from: path, to: into === '' ? fileName(path) : `${into}/${fileName(path)}` })), `Moved ${counted(open.items.length, 'entry', 'entries')}`)} />}
    </DropZone>
  )
}

function ChooseButton({ folder, take, isFolder = false }: { folder: string, take: (files: readonly Chosen[]) => void, isFolder?: boolean }) {
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (isFolder) input.current?.setAttribute('webkitdirectory', '')
  }, [isFolder])
  return (
    <>
      <button type="button" className={`button is-small ${isFolder ? 'is-quiet' : ''}`} onClick={() => input.current?.click()}><Icon name={isFolder ? 'folder' : 'upload'} />{isFolder ? 'Upload folder' : 'Upload files'}</button>
      <input
        ref={input} type="file" multiple hidden aria-label={isFolder ? 'Folder to upload' : 'Files to upload'} onChange={event => {
          const { files } = event.currentTarget
          if (files !== null && files.length > 0) take(chosenFiles(files, folder))
          event.currentTarget.value = ''
        }}
      />
    </>
  )
}

function DropZone({ folder, take, children }: { folder: string, take: (files: readonly Chosen[]) => void, children: ReactNode }) {
  const [over, setOver] = useState(0)
  const isFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files')
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(0)
    void droppedFiles(event.dataTransfer, folder).then(take, (error: unknown) => notify(`The files could not be read: ${problemOfError(error).message}`, { tone: 'failed' }))
  }
  return (
    <div
      className={`drop-zone${over > 0 ? ' is-over' : ''}`} onDrop={drop}
      onDragOver={event => { if (isFiles(event)) event.preventDefault() }} onDragEnter={event => { if (isFiles(event)) setOver(count => count + 1) }} onDragLeave={() => setOver(count => Math.max(0, count - 1))}
    >
      {children}
      {over > 0 && <div className="drop-hint" aria-hidden="true"><Icon name="upload" size={32} /><p>Drop files and folders {folder === '' ? 'into this version' : `into ${visible(folder)}/`}</p></div>}
    </div>
  )
}
