import type { Chosen } from '../api/sending.ts'

/** Files and whole folders out of a drop or a choice, with where they go. */

/** What nobody means to keep. */
const LEFT_OUT = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/

const below = (folder: string, path: string): string => folder === '' ? path : `${folder}/${path}`

const wanted = (chosen: Chosen): boolean => !LEFT_OUT.test(chosen.path)

/** Of an `<input type=file>`; with `webkitdirectory`, paths begin with the folder's name. */
export const chosenFiles = (files: FileList, into: string): Chosen[] =>
  [...files].map(file => ({ path: below(into, file.webkitRelativePath === '' ? file.name : file.webkitRelativePath), file })).filter(wanted)

/** Of a drop. Entries must be asked for before the first wait: the browser takes them away. */
export async function droppedFiles(transfer: DataTransfer, into: string): Promise<Chosen[]> {
  const items = [...transfer.items].filter(item => item.kind === 'file').map(item => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }))
  const entries = items.map(({ entry }) => entry).filter(entry => entry !== null)
  // Not every program that is dragged from has entries to give.
  const found: Chosen[] = items.flatMap(({ entry, file }) => entry === null && file !== null ? [{ path: below(into, file.name), file }] : [])
  for (const entry of entries) await gather(entry, into, found)
  return found.filter(wanted)
}

async function gather(entry: FileSystemEntry, into: string, found: Chosen[]): Promise<void> {
  const path = below(into, entry.name)
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    found.push({ path, file })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  // A folder comes in parts of a hundred entries.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (part.length === 0) return
    for (const child of part) await gather(child, path, found)
  }
}
