import { DetailedError, Upload, defaultOptions, type PreviousUpload } from 'tus-js-client'
import { API } from './addresses.ts'
import { getJson, problemOfError } from './fetch.ts'
import { BROKEN, problemIn, type Chosen, type Progress, type Sending } from './sending.ts'
import type { Problem, UploadItem, VersionRef } from './types.ts'

/** A4: large files by tus 1.0: they go on where they broke off, also when the page is loaded anew or the node starts again. */

/** Larger files go in several parts at a time. Bytes. */
const PARALLEL_FROM = 64 * 1024 * 1024
/** Browsers open six connections to one host, and several files may be on their way. */
const PARTS = 2
/** Waits before each further try: long enough for a node to start again. Milliseconds. */
const RETRIES = [500, 1000, 2000, 4000, 8000, 15_000, 30_000]
/** Putting a file that is here into its draft. Milliseconds. */
const FINISHED_WITHIN_MS = 60_000

/** Tells this content from another of the same name. */
const fingerprintOf = ({ ns, name, version }: VersionRef, { path, file }: Chosen): string => `shoal ${ns}/${name}@${version}:${path} ${file.size} ${file.lastModified}`

export function startTus(version: VersionRef, chosen: Chosen, progress: Progress): Sending {
  const { path, file } = chosen
  const target = { dataset: `${version.ns}/${version.name}`, version: version.version, path }
  let isStopped = false
  const upload = new Upload(file, {
    endpoint: new URL(`${API}/uploads`, window.location.href).href,
    metadata: target,
    // Parts go nowhere by themselves; this is for people who look at what is unfinished.
    metadataForPartialUploads: target,
    parallelUploads: file.size < PARALLEL_FROM ? 1 : PARTS,
    retryDelays: RETRIES,
    fingerprint: () => Promise.resolve(fingerprintOf(version, chosen)),
    onShouldRetry: isPassing,
    onProgress: sent => progress.sent(Math.min(file.size, sent)),
    onSuccess: () => void finish().then(progress.done, (error: unknown) => progress.failed(problemOfError(error).message)),
    onError: error => {
      if (!isStopped) progress.failed(problemOf(error))
    }
  })
  /** All bytes being there is not all: where the draft refused the file before, it is asked again. */
  const finish = async (): Promise<void> => {
    const { url } = upload
    if (url !== null && (await getJson<UploadItem>(url)).file === null) await putIntoDraft(url, file.size)
    for (const { urlStorageKey } of await upload.findPreviousUploads()) await defaultOptions.urlStorage?.removeUpload(urlStorageKey)
  }
  const start = async (): Promise<void> => {
    const [previous] = (await upload.findPreviousUploads()).toSorted((a, b) => b.creationTime.localeCompare(a.creationTime))
    const goesOn = previous !== undefined && await isOpen(previous)
    if (isStopped) return
    if (goesOn) upload.resumeFromPreviousUpload(previous)
    upload.start()
  }
  void start()
  const stop = (forGood: boolean): void => {
    isStopped = true
    // Where the node can not be told, it forgets by itself after a week.
    upload.abort(forGood).catch(() => undefined)
  }
  return { pause: () => stop(false), cancel: () => stop(true) }
}

/** Whether there is something to go on with: the same file may have been sent to its end before, and removed from the draft since. */
async function isOpen({ uploadUrl }: PreviousUpload): Promise<boolean> {
  if (uploadUrl === null) return true
  try {
    return (await getJson<UploadItem>(uploadUrl)).file === null
  } catch {
    return true // What is wrong with it is found out by going on.
  }
}

/** @throws Error with what the node says */
async function putIntoDraft(url: string, size: number): Promise<void> {
  const response = await fetch(url, { method: 'PATCH', headers: { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', 'upload-offset': String(size) }, body: new Uint8Array(), signal: AbortSignal.timeout(FINISHED_WITHIN_MS) })
  if (!response.ok) throw new Error(problemIn(await response.text(), response.status))
}

/** Worth another try: no answer at all, a node that is starting or busy, an append that is still being ended. */
function isPassing({ originalResponse: response }: DetailedError): boolean {
  if (response === null || response === undefined) return true
  return [0, 423, 502, 503, 504].includes(response.getStatus()) || codeIn(response.getBody()) === 'UPLOAD_OFFSET'
}

function codeIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as Problem).code
  } catch {
    return undefined
  }
}

function problemOf(error: Error | DetailedError): string {
  const response = error instanceof DetailedError ? error.originalResponse : null
  return response === null || response === undefined ? BROKEN : problemIn(response.getBody(), response.getStatus())
}
