import { formatHash } from '../../model/index.ts'
import type { Entry, FolderItem, TreeChange } from '../../trees/index.ts'
import type { DiffItem, FileItem } from '../contract.ts'
import { mediaTypeOf } from '../files/media-type.ts'

/** An entry of a version as HTTP shows it. */
export function showEntry(entry: Entry | FolderItem): FileItem {
  switch (entry.kind) {
    case 'file': return {
      path: entry.path,
      type: 'file',
      size: entry.size,
      hash: formatHash(entry.hash),
      mediaType: entry.mediaType ?? mediaTypeOf(entry.path),
      executable: entry.executable
    }
    case 'link': return {
      path: entry.path,
      type: 'link',
      url: entry.url,
      ...entry.size === undefined ? {} : { size: entry.size },
      ...entry.hash === undefined ? {} : { hash: formatHash(entry.hash) }
    }
    case 'folder':
    case 'subfolder': return { path: entry.path, type: 'folder' }
  }
}

export function showChange(change: TreeChange): DiffItem {
  const { path, before, after } = change
  return {
    path,
    change: before === undefined ? 'added' : after === undefined ? 'removed' : 'modified',
    before: before === undefined ? null : showEntry(before),
    after: after === undefined ? null : showEntry(after)
  }
}
