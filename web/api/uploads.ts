import { putAddress } from './changes.ts'
import { ProblemError } from './fetch.ts'
import type { Problem, VersionRef } from './types.ts'

/** Files on their way into drafts. They go on while the reader walks through the page. */

export type UploadState = 'waiting' | 'sending' | 'paused' | 'done' | 'failed'

export interface Upload {
  readonly id: number
  readonly version: VersionRef
  readonly path: string
  readonly size: number
  /** Bytes the node has been sent. */
  readonly sent: number
  readonly state: UploadState
  readonly problem?: string | undefined
}

/** What all of them come to. */
export interface UploadSummary {
  readonly count: number
  readonly done: number
  readonly failed: number
  readonly paused: number
  readonly active: number
  readonly bytes: number
  readonly sent: number
  /** Bytes a second, of the last seconds. */
  readonly rate: number
}

/** A file somebody dropped or chose, and where in the version it goes. */
export interface Chosen { readonly path: string, readonly file: File }

/** Browsers open six connections to one host; the page needs some itself. */
const AT_ONCE = 3
/** The page is drawn anew this often at most. Milliseconds. */
const DRAWN_EVERY_MS = 120
/** Rate is measured over. Milliseconds. */
const RATE_OVER_MS = 4000

interface Entry extends Chosen { upload: Upload, request?: XMLHttpRequest }

const entries = new Map<number, Entry>()
const listeners = new Set<() => void>()
const samples: { readonly at: number, readonly sent: number }[] = []
let lastId = 0
let drawn = 0
let timer: number | undefined
let summary: UploadSummary = { count: 0, done: 0, failed: 0, paused: 0, active: 0, bytes: 0, sent: 0, rate: 0 }
let totalSent = 0

export const watchUploads = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export const uploadSummary = (): UploadSummary => summary

/** Those to look at: what failed, what is sent, what waits, what is done; a few of each. */
export function shownUploads(limit: number): readonly Upload[] {
  const order: readonly UploadState[] = ['failed', 'sending', 'paused', 'waiting', 'done']
  return [...entries.values()].map(entry => entry.upload).sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.id - b.id).slice(0, limit)
}

export function startUploads(version: VersionRef, files: readonly Chosen[]): void {
  if (summary.active === 0 && summary.failed === 0 && summary.paused === 0) entries.clear()
  for (const chosen of files) {
    const id = ++lastId
    entries.set(id, { ...chosen, upload: { id, version, path: chosen.path, size: chosen.file.size, sent: 0, state: 'waiting' } })
  }
  next()
}

export const pauseUploads = (): void => each(['waiting', 'sending'], entry => stop(entry, { state: 'paused', sent: 0 }))
export const resumeUploads = (): void => again(['paused'])
export const retryUploads = (): void => again(['failed'])
export const retryUpload = (id: number): void => again(['failed', 'paused'], id)
export const cancelUpload = (id: number): void => each(['waiting', 'sending', 'paused', 'failed'], entry => remove(entry), id)
export const cancelUploads = (): void => each(['waiting', 'sending', 'paused', 'failed'], entry => remove(entry))
/** Forgets all; what is still sent is given up. */
export const clearUploads = (): void => each(['waiting', 'sending', 'paused', 'failed', 'done'], entry => remove(entry))

function each(states: readonly UploadState[], act: (entry: Entry) => void, id?: number): void {
  for (const entry of entries.values()) if (states.includes(entry.upload.state) && (id === undefined || entry.upload.id === id)) act(entry)
  next()
}

const again = (states: readonly UploadState[], id?: number): void => each(states, entry => change(entry, { state: 'waiting', sent: 0, problem: undefined }), id)

function stop(entry: Entry, into: Partial<Upload>): void {
  const { request } = entry
  delete entry.request
  change(entry, into)
  request?.abort()
}

function remove(entry: Entry): void {
  entries.delete(entry.upload.id)
  entry.request?.abort()
}

function change(entry: Entry, into: Partial<Upload>): void {
  entry.upload = { ...entry.upload, ...into }
  draw()
}

function next(): void {
  const all = [...entries.values()]
  let sending = all.filter(entry => entry.upload.state === 'sending').length
  for (const entry of all) {
    if (sending >= AT_ONCE) break
    if (entry.upload.state !== 'waiting') continue
    sending++
    send(entry)
  }
  draw()
}

/** XMLHttpRequest, because fetch does not tell how much of a body was sent. */
function send(entry: Entry): void {
  const request = new XMLHttpRequest()
  const { upload, file } = entry
  entry.request = request
  change(entry, { state: 'sending' })
  const isOurs = (): boolean => entry.request === request
  let before = 0
  request.upload.addEventListener('progress', event => {
    if (!isOurs()) return
    totalSent += event.loaded - before
    before = event.loaded
    change(entry, { sent: Math.min(file.size, event.loaded) })
  })
  request.addEventListener('load', () => {
    if (!isOurs()) return
    const done = request.status >= 200 && request.status < 300
    change(entry, done ? { state: 'done', sent: file.size } : { state: 'failed', problem: problemOf(request) })
    delete entry.request
    next()
  })
  request.addEventListener('error', () => {
    if (!isOurs()) return
    change(entry, { state: 'failed', problem: 'The connection to the node broke off, or the file can no longer be read.' })
    delete entry.request
    next()
  })
  request.open('PUT', putAddress(upload.version, upload.path))
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.setRequestHeader('x-size', String(file.size))
  request.send(file)
}

function problemOf(request: XMLHttpRequest): string {
  try {
    return new ProblemError(JSON.parse(request.responseText) as Problem).message
  } catch {
    return `The node answered with status ${request.status}.`
  }
}

function draw(): void {
  if (timer !== undefined) return
  timer = window.setTimeout(() => {
    timer = undefined
    drawn = performance.now()
    summary = summed()
    for (const listener of listeners) listener()
  }, Math.max(0, DRAWN_EVERY_MS - (performance.now() - drawn)))
}

function summed(): UploadSummary {
  const now = performance.now()
  samples.push({ at: now, sent: totalSent })
  while ((samples[0]?.at ?? now) < now - RATE_OVER_MS) samples.shift()
  const first = samples[0]
  const counts = { waiting: 0, sending: 0, paused: 0, done: 0, failed: 0 }
  let [bytes, sent] = [0, 0]
  for (const { upload } of entries.values()) {
    counts[upload.state]++
    bytes += upload.size
    sent += upload.sent
  }
  const rate = first === undefined || now - first.at < 200 ? 0 : (totalSent - first.sent) / (now - first.at) * 1000
  return { count: entries.size, done: counts.done, failed: counts.failed, paused: counts.paused, active: counts.waiting + counts.sending, bytes, sent, rate }
}

window.addEventListener('beforeunload', event => {
  if (summary.active > 0) event.preventDefault()
})
