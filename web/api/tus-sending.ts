import { DetailedError, Upload } from 'tus-js-client'
import { API } from './addresses.ts'
import { BROKEN, problemIn, type Chosen, type Progress, type Sending } from './sending.ts'
import type { VersionRef } from './types.ts'

/** A4: large files by tus 1.0: they go on where they broke off, also when the page is loaded anew or the node starts again. */

/** Larger files go in several parts at a time. Bytes. */
const PARALLEL_FROM = 64 * 1024 * 1024
/** Browsers open six connections to one host, and several files may be on their way. */
const PARTS = 2
/** Waits before each further try: long enough for a node to start again. Milliseconds. */
const RETRIES = [500, 1000, 2000, 4000, 8000, 15_000, 30_000]

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
    removeFingerprintOnSuccess: true,
    fingerprint: () => Promise.resolve(fingerprintOf(version, chosen)),
    onShouldRetry: error => isPassing(error.originalResponse?.getStatus() ?? 0),
    onProgress: sent => progress.sent(Math.min(file.size, sent)),
    onSuccess: () => progress.done(),
    onError: error => {
      if (!isStopped) progress.failed(problemOf(error))
    }
  })
  const start = async (): Promise<void> => {
    const [previous] = (await upload.findPreviousUploads()).toSorted((a, b) => b.creationTime.localeCompare(a.creationTime))
    if (isStopped) return
    if (previous !== undefined) upload.resumeFromPreviousUpload(previous)
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

/** Worth another try: no answer at all, a node that is starting or busy, an append that is still being ended. */
const isPassing = (status: number): boolean => status === 0 || status === 409 || status === 423 || status === 502 || status === 503 || status === 504

function problemOf(error: Error | DetailedError): string {
  const response = error instanceof DetailedError ? error.originalResponse : null
  return response === null || response === undefined ? BROKEN : problemIn(response.getBody(), response.getStatus())
}
