import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { filesQuery } from '../api/queries.ts'
import type { FileItem, VersionRef } from '../api/types.ts'
import { counted } from './figures.ts'
import { FormDialog, TextField } from './form.tsx'
import { fileName, folderOf } from './places.ts'
import { visible } from './visible.ts'

/** New folder, rename and move, in small windows. */

const within = (folder: string, name: string): string => folder === '' ? name : `${folder}/${name}`

export function NewFolderDialog({ folder, close, create }: { folder: string, close: () => void, create: (path: string) => Promise<unknown> }) {
  const [name, setName] = useState('')
  return (
    <FormDialog title="New folder" action="Create folder" size="small" close={close} disabled={name.trim() === ''} submit={() => create(within(folder, name.trim()))} fields={['path']}>
      {errors => <TextField label="Name" hint={folder === '' ? 'Folders may be given inside each other: train/cats' : `In ${visible(folder)}/`} error={errors.get('path')} value={name} change={setName} placeholder="train" />}
    </FormDialog>
  )
}

export function RenameDialog({ item, close, move }: { item: FileItem, close: () => void, move: (to: string) => Promise<unknown> }) {
  const [name, setName] = useState(fileName(item.path))
  return (
    <FormDialog title={`Rename ${visible(fileName(item.path))}`} action="Rename" size="small" close={close} disabled={name.trim() === '' || name === fileName(item.path)} submit={() => move(within(folderOf(item.path), name))} fields={['path']}>
      {errors => <TextField label="New name" error={errors.get('path')} value={name} change={setName} />}
    </FormDialog>
  )
}

export function MoveDialog({ version, items, close, move }: { version: VersionRef, items: readonly FileItem[], close: () => void, move: (folder: string) => Promise<unknown> }) {
  const [folder, setFolder] = useState('')
  const { data } = useQuery(filesQuery(version))
  const known = data?.items.filter(item => item.type === 'folder').map(item => item.path) ?? []
  const what = items.length === 1 && items[0] !== undefined ? visible(fileName(items[0].path)) : counted(items.length, 'entry', 'entries')
  return (
    <FormDialog title={`Move ${what}`} action="Move" size="small" close={close} submit={() => move(folder.trim().replace(/^\/+|\/+$/g, ''))} fields={['path']}>
      {errors => <TextField label="Into the folder" hint="Empty: to the top. A folder that is missing is made." error={errors.get('path')} value={folder} change={setFolder} suggestions={known} placeholder="train/cats" />}
    </FormDialog>
  )
}
