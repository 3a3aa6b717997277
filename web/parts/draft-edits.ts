import type { QueryClient } from '@tanstack/react-query'
import { editFiles, undoEdit } from '../api/changes.ts'
import { problemOfError } from '../api/fetch.ts'
import { versionQuery } from '../api/queries.ts'
import type { FileEditBody, FileItem, VersionRef } from '../api/types.ts'
import { notify } from './toasts.tsx'

/** Changes of a draft's files, each with its way back. */

/** Takes the last changes back, one by one, and says so. @param head the last one @param changes how many */
export async function undo(version: VersionRef, head: string, changes = 1, done = 'Taken back'): Promise<void> {
  try {
    let last: string | undefined = head
    for (let i = 0; i < changes && last !== undefined; i++) last = (await undoEdit(version, last)).heads[0]
    notify(done)
  } catch (error) {
    notify(problemOfError(error).message, { tone: 'failed' })
  }
}

/** @param done what was done, for the notice @throws ProblemError */
export async function changeFiles(client: QueryClient, version: VersionRef, edits: readonly FileEditBody[], done: string): Promise<void> {
  await editFiles(version, edits, done)
  const { heads } = await client.fetchQuery({ ...versionQuery(version), staleTime: 0 })
  const [head] = heads
  notify(done, head !== undefined && heads.length === 1 ? { action: { text: 'Undo', run: () => void undo(version, head) } } : {})
}

export const removal = (item: FileItem): FileEditBody => item.type === 'folder' ? { op: 'remove', path: item.path, recursive: true } : { op: 'remove', path: item.path }
