import { fileAt } from '../../api/addresses.ts'
import { getStream, problemOfError } from '../../api/fetch.ts'
import { selectedEntries } from '../../api/version-queries.ts'
import type { FileItem, SelectionQuery, VersionRef } from '../../api/types.ts'

/** K4: the original files of a part of a version, written into a folder of this machine that the reader chooses. */

type File = Extract<FileItem, { type: 'file' }>

export interface Saved {
  readonly files: number
  readonly bytes: number
  /** Links have no bytes. */
  readonly links: number
  readonly failed: readonly { readonly path: string, readonly problem: string }[]
}

/** What browsers that can write into folders have. */
interface FolderChooser { showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle> }

export const canChooseFolder = (): boolean => (window as FolderChooser).showDirectoryPicker !== undefined

/** @returns undefined where the reader changed their mind */
export async function chooseFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await (window as FolderChooser).showDirectoryPicker?.({ mode: 'readwrite' })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

/** Problems shown; a disk that is full would list every file. */
const MAX_PROBLEMS = 100

/** Writes file by file; what fails is named and the others go on. @throws when `signal` fires, or the list itself can not be had */
export async function saveFiles(folder: FileSystemDirectoryHandle, version: VersionRef, selection: SelectionQuery, signal: AbortSignal, progress: (saved: Saved) => void): Promise<Saved> {
  let saved: Saved = { files: 0, bytes: 0, links: 0, failed: [] }
  // Read to its end before the first file is fetched: files may take longer than the list may stay open.
  const files: File[] = []
  for await (const batch of selectedEntries(version, selection, signal)) {
    for (const item of batch) {
      if (item.type === 'file') files.push(item)
      if (item.type === 'link') saved = { ...saved, links: saved.links + 1 }
    }
  }
  for (const file of files) {
    signal.throwIfAborted()
    const before = saved
    try {
      await save(folder, version, file, signal, bytes => {
        saved = { ...saved, bytes: saved.bytes + bytes }
        progress(saved)
      })
      saved = { ...saved, files: saved.files + 1 }
    } catch (error) {
      signal.throwIfAborted()
      saved = { ...before, failed: [...before.failed, { path: file.path, problem: problemOfError(error).message }].slice(0, MAX_PROBLEMS) }
    }
    progress(saved)
  }
  return saved
}

async function save(root: FileSystemDirectoryHandle, version: VersionRef, file: File, signal: AbortSignal, count: (bytes: number) => void): Promise<void> {
  const parts = file.path.split('/')
  let folder = root
  // The browser refuses names that would lead out of the folder.
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true })
  const target = await folder.getFileHandle(parts.at(-1) ?? '', { create: true })
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (bytes, controller) => {
      count(bytes.length)
      controller.enqueue(bytes)
    }
  })
  const source = await getStream(fileAt(version, file.path), file.hash, signal)
  // What was there stays until the last byte is here: the browser writes beside it.
  await source.pipeThrough(counted).pipeTo(await target.createWritable(), { signal })
}
