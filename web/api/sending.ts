import { fileAt } from './addresses.ts'
import { ProblemError } from './fetch.ts'
import type { Problem, VersionRef } from './types.ts'

/** How one file is sent into a draft. */

export interface Sending {
  /** Stops it; what the node has of a large file stays there, to go on from. */
  pause(): void
  /** Stops it for good; nothing of it stays. */
  cancel(): void
}

export interface Progress {
  /** Bytes the node has been sent. */
  readonly sent: (bytes: number) => void
  readonly done: () => void
  readonly failed: (problem: string) => void
}

/** A file somebody dropped or chose, and where in the version it goes. */
export interface Chosen { readonly path: string, readonly file: File }

/**
 * From here on a file is sent as a tus upload, which goes on where it broke off. Smaller ones are one request of their own: a tus upload takes
 * two, and a record that the node makes durable; of a folder of small files that would be most of the work, for a second saved where one breaks. Bytes.
 */
const LARGE = 8 * 1024 * 1024

export const send = (version: VersionRef, chosen: Chosen, progress: Progress): Sending => chosen.file.size < LARGE ? sendAtOnce(version, chosen, progress) : sendInParts(version, chosen, progress)

/** XMLHttpRequest, because fetch does not tell how much of a body was sent. */
function sendAtOnce(version: VersionRef, { path, file }: Chosen, progress: Progress): Sending {
  const request = new XMLHttpRequest()
  request.upload.addEventListener('progress', event => progress.sent(Math.min(file.size, event.loaded)))
  request.addEventListener('load', () => {
    if (request.status >= 200 && request.status < 300) progress.done()
    else progress.failed(problemIn(request.responseText, request.status))
  })
  request.addEventListener('error', () => progress.failed(BROKEN))
  request.open('PUT', fileAt(version, path))
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.setRequestHeader('x-size', String(file.size))
  request.send(file)
  return { pause: () => request.abort(), cancel: () => request.abort() }
}

export const BROKEN = 'The connection to the node broke off, or the file can no longer be read.'

/** What the node said is wrong, out of the body of its answer. */
export function problemIn(body: string, status: number): string {
  try {
    return new ProblemError(JSON.parse(body) as Problem).message
  } catch {
    return `The node answered with status ${status}.`
  }
}

/** The code that speaks tus is fetched with the first large file. */
function sendInParts(version: VersionRef, chosen: Chosen, progress: Progress): Sending {
  let end: 'pause' | 'cancel' | undefined
  let sending: Sending | undefined
  const stop = (how: 'pause' | 'cancel'): void => {
    end = how
    sending?.[how]()
  }
  import('./tus-sending.ts').then(({ startTus }) => {
    sending = startTus(version, chosen, progress)
    if (end !== undefined) sending[end]()
  }, () => progress.failed('A part of this page could not be loaded. Load the page again.'))
  return { pause: () => stop('pause'), cancel: () => stop('cancel') }
}
