import type { ChunkStore } from '../chunks/index.ts'
import type { Watched } from '../datasets/index.ts'
import { type Progress, type ProgressSink, ignoreProgress, startThread } from '../runtime/index.ts'

type Work<Request, Result> = (store: ChunkStore, request: Request, progress: ProgressSink, signal: AbortSignal) => Promise<Result>

/** The threads of this room, by what runs in them: each answers `run`. */
const WORKERS = {
  import: new URL('./import-worker.js', import.meta.url),
  checkout: new URL('./checkout-worker.js', import.meta.url)
} as const

/** Runs a job in a thread of its own, with a port to the store; in this thread where the store lives here (in memory). */
export async function inThread<Request, Result>(store: ChunkStore, worker: keyof typeof WORKERS, work: Work<Request, Result>, request: Request, watched: Watched): Promise<Result> {
  const progress = watched.progress ?? ignoreProgress
  watched.signal?.throwIfAborted()
  const port = store.connect()
  if (port === undefined) return await work(store, request, progress, watched.signal ?? new AbortController().signal)
  const thread = startThread(WORKERS[worker], { name: worker, data: { port }, transfer: [port] })
  try {
    return await thread.call<Result>('run', request, { signal: watched.signal, onNotice: value => progress(value as Progress) })
  } finally {
    await thread.stop()
  }
}
