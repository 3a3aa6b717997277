import { useState } from 'react'
import type { FileItem, VersionRef } from '../api/types.ts'
import { Breadcrumbs } from './breadcrumbs.tsx'
import { DraftArea } from './draft-tools.tsx'
import { FileTable, type FileTableEdit } from './file-table.tsx'
import { fileName, versionPlace } from './places.ts'
import { visible } from './visible.ts'

interface Props {
  /** As the address names it. */
  readonly version: VersionRef
  /** The same by its id, under which published files are kept by the browser for good. */
  readonly fixed: VersionRef
  readonly folder: string
  readonly isDraft: boolean
}

/** The CONTENT tab: folders and files of a version; of a draft, everything can be changed. */
export function FileBrowser({ version, fixed, folder, isDraft }: Props) {
  const [chosen, setChosen] = useState<{ readonly folder: string, readonly items: readonly FileItem[] }>({ folder, items: [] })
  const items = chosen.folder === folder ? chosen.items : []
  const choose = (items: readonly FileItem[]): void => setChosen({ folder, items })
  const placeOfFolder = (folder: string): string => versionPlace(version, { folder })
  const parts = folder === '' ? [] : folder.split('/').map((_, i, all) => all.slice(0, i + 1).join('/'))
  const steps = ['', ...parts].map((path, i, all) => ({ text: path === '' ? 'All files' : visible(fileName(path)), ...i < all.length - 1 ? { to: placeOfFolder(path) } : {} }))
  const table = (edit?: FileTableEdit) => <FileTable key={`${fixed.version} ${folder}`} version={fixed} folder={folder} placeOfFolder={placeOfFolder} placeOfFile={file => versionPlace(version, { tab: 'preview', folder, file })} edit={edit} />
  const crumbs = <Breadcrumbs label="Folder" steps={steps} />
  if (!isDraft) return <><div className="browser-head">{crumbs}</div>{table()}</>
  return (
    <DraftArea version={fixed} folder={folder} chosen={items} clear={() => choose([])}>
      {(tools, actions) => (
        <>
          <div className="browser-head">{crumbs}<span className="browser-tools">{tools}</span></div>
          {table({ actions, chosen: items, choose })}
        </>
      )}
    </DraftArea>
  )
}
