import { send, type Chosen, type Sending } from './sending.ts'
import type { VersionRef } from './types.ts'

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

/** Browsers open six connections to one host; the page needs some itself. */
const AT_ONCE = 3
/** The page is drawn anew this often at most. Milliseconds. */
const DRAWN_EVERY_MS = 120
/** Rate is measured over. Milliseconds. */
const RATE_OVER_MS = 4000

interface Entry extends Chosen { upload: Upload, sending?: Sending }

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

/** Whether a file is on its way, or waits. */
export const isUploading = (version: VersionRef, path: string): boolean =>
  [...entries.values()].some(({ upload }) => upload.path === path && upload.version.version === version.version && upload.state !== 'done')

export function startUploads(version: VersionRef, files: readonly Chosen[]): void {
  if (summary.active === 0 && summary.failed === 0 && summary.paused === 0) entries.clear()
  for (const chosen of files) {
    const id = ++lastId
    entries.set(id, { ...chosen, upload: { id, version, path: chosen.path, size: chosen.file.size, sent: 0, state: 'waiting' } })
  }
  next()
}

export const pauseUploads = (): void => each(['waiting', 'sending'], entry => {
  const { sending } = entry
  delete entry.sending
  change(entry, { state: 'paused' })
  sending?.pause()
})
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

const again = (states: readonly UploadState[], id?: number): void => each(states, entry => change(entry, { state: 'waiting', problem: undefined }), id)

function remove(entry: Entry): void {
  entries.delete(entry.upload.id)
  entry.sending?.cancel()
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
    start(entry)
  }
  draw()
}

function start(entry: Entry): void {
  const { upload: { version }, file } = entry
  // What the node had before is no part of the rate.
  let before: number | undefined
  const isOurs = (): boolean => entry.sending === sending
  const end = (into: Partial<Upload>): void => {
    if (!isOurs()) return
    delete entry.sending
    change(entry, into)
    next()
  }
  const sending: Sending = send(version, entry, {
    sent: bytes => {
      if (!isOurs()) return
      totalSent += Math.max(0, bytes - (before ?? bytes))
      before = bytes
      change(entry, { sent: bytes })
    },
    done: () => end({ state: 'done', sent: file.size }),
    failed: problem => end({ state: 'failed', problem })
  })
  entry.sending = sending
  change(entry, { state: 'sending' })
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
