import { ShoalError, fail, toShoalError, type WireError } from '../../errors/index.ts'
import type { Progress } from '../../runtime/index.ts'
import type { JobItem } from '../contract.ts'
import { ANSWER_WITHIN_MS, type Send, type Transport } from './transport.ts'

/** Starts work that takes long as a job of the node and waits for its end. */

export interface RunOptions {
  /** Cancels the job on the node, too. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Told the job once it runs. */
  readonly onStart?: ((job: JobItem) => void) | undefined
}

/** How often progress is asked for: a bar looks live at five a second. Seconds. */
const PROGRESS_EVERY_S = 0.2
/** How long one request waits for the end when nobody looks at progress. Seconds. */
const WAIT_S = 30

/** What a job is asked for with, besides its address and body. */
export interface Asked { readonly method?: 'POST' | 'DELETE', readonly query?: Send['query'], readonly headers?: Send['headers'] }

export type Run = <T>(path: string, json: unknown, options?: RunOptions, asked?: Asked) => Promise<T>

/** Asks for a job (by POST, where `asked` says nothing else). @throws what the job failed with; CANCELLED when `signal` fired (the job has ended then) */
export const createRun = (transport: Transport): Run => async <T>(path: string, json: unknown, options: RunOptions = {}, { method = 'POST', query, headers }: Asked = {}): Promise<T> => {
  if (options.signal?.aborted === true) throw toShoalError(options.signal.reason)
  // Not cancelled by the signal: a job that started must be known, so that it can be cancelled.
  const job = await transport.json<JobItem>(method, path, { json, query, headers: { ...headers, prefer: 'respond-async' } })
  options.onStart?.(job)
  return resultOf<T>(await waitFor(transport, job, options))
}

/** Waits until a job has ended, showing its progress. @throws CANCELLED when `signal` fired */
export async function waitFor(transport: Transport, job: JobItem, options: RunOptions = {}): Promise<JobItem> {
  const path = `/api/v1/jobs/${encodeURIComponent(job.id)}`
  const wait = options.onProgress === undefined ? WAIT_S : PROGRESS_EVERY_S
  let now = job
  while (now.state === 'running') {
    options.onProgress?.(now.progress)
    try {
      now = await transport.json<JobItem>('GET', path, { query: { wait }, signal: options.signal })
    } catch (error) {
      if (options.signal?.aborted !== true) throw error
      now = await transport.json<JobItem>('DELETE', path, { within: ANSWER_WITHIN_MS })
      if (now.state === 'running') fail('CANCELLED', 'the work was cancelled; the node is still ending it', { job: now.id })
    }
  }
  options.onProgress?.(now.progress)
  return now
}

function resultOf<T>(job: JobItem): T {
  if (job.state === 'done') return job.result as T
  if (job.error !== undefined) throw ShoalError.fromWire(job.error as WireError)
  fail('CANCELLED', `job ${job.id} was cancelled`, { job: job.id })
}
