import type { VersionRef } from '../api/types.ts'
import { Breadcrumbs } from './breadcrumbs.tsx'
import { FileTable } from './file-table.tsx'
import { fileName, versionPlace } from './places.ts'
import { visible } from './visible.ts'

interface Props {
  /** As the address names it. */
  readonly version: VersionRef
  /** The same by its id, under which published files are kept by the browser for good. */
  readonly fixed: VersionRef
  readonly folder: string
}

/** The CONTENT tab: folders and files of a version. */
export function FileBrowser({ version, fixed, folder }: Props) {
  const placeOfFolder = (folder: string): string => versionPlace(version, { folder })
  const parts = folder === '' ? [] : folder.split('/').map((_, i, all) => all.slice(0, i + 1).join('/'))
  const steps = ['', ...parts].map((path, i, all) => ({ text: path === '' ? 'All files' : visible(fileName(path)), ...i < all.length - 1 ? { to: placeOfFolder(path) } : {} }))
  return (
    <>
      <div className="browser-head"><Breadcrumbs label="Folder" steps={steps} /></div>
      <FileTable key={`${fixed.version} ${folder}`} version={fixed} folder={folder} placeOfFolder={placeOfFolder} placeOfFile={file => versionPlace(version, { tab: 'preview', folder, file })} />
    </>
  )
}
