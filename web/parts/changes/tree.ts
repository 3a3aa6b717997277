import type { DiffItem, FileItem } from '../../api/types.ts'

/** Differences as a tree of folders, each with what all below it comes to. */

export interface ChangeFolder {
  readonly name: string
  readonly path: string
  readonly folders: readonly ChangeFolder[]
  readonly files: readonly DiffItem[]
  readonly added: number
  readonly modified: number
  readonly removed: number
  /** By how much all files below grew. Bytes. */
  readonly bytes: number
}

export interface ChangeRow { readonly depth: number, readonly folder?: ChangeFolder, readonly item?: DiffItem }

export const sizeOf = (entry: FileItem | null): number => entry?.type === 'file' ? entry.size : 0

interface Draft { readonly folders: Map<string, Draft>, readonly files: DiffItem[] }

export function treeOf(items: readonly DiffItem[]): ChangeFolder {
  const root: Draft = { folders: new Map(), files: [] }
  for (const item of items) {
    let at = root
    for (const part of item.path.split('/').slice(0, -1)) {
      const next = at.folders.get(part) ?? { folders: new Map(), files: [] }
      at.folders.set(part, next)
      at = next
    }
    at.files.push(item)
  }
  return finished(root, '', '')
}

function finished(draft: Draft, name: string, path: string): ChangeFolder {
  const folders = [...draft.folders].map(([part, child]) => finished(child, part, path === '' ? part : `${path}/${part}`))
  const sum = { added: 0, modified: 0, removed: 0, bytes: 0 }
  for (const folder of folders) for (const key of ['added', 'modified', 'removed', 'bytes'] as const) sum[key] += folder[key]
  for (const file of draft.files) {
    sum[file.change]++
    sum.bytes += sizeOf(file.after) - sizeOf(file.before)
  }
  return { name, path, folders, files: draft.files, ...sum }
}

/** The rows of a tree with some folders open, as they stand below each other. */
export function rowsOf(tree: ChangeFolder, isOpen: (folder: ChangeFolder) => boolean, depth = 0): ChangeRow[] {
  const rows: ChangeRow[] = []
  for (const folder of tree.folders) {
    rows.push({ depth, folder })
    // Not spread: an open folder may hold a hundred thousand rows.
    if (isOpen(folder)) for (const row of rowsOf(folder, isOpen, depth + 1)) rows.push(row)
  }
  for (const item of tree.files) rows.push({ depth, item })
  return rows
}
