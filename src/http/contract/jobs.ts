import { z } from 'zod'
import { bytes, count, page, paging, time } from './field.ts'

/** Jobs, events and problems as HTTP shows them. */

export const progress = z.strictObject({
  phase: z.string(),
  files: count,
  bytes,
  totalFiles: count.exactOptional(),
  totalBytes: bytes.exactOptional(),
  current: z.string().exactOptional()
})

export const job = z.strictObject({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  startedAt: time,
  endedAt: time.exactOptional(),
  progress,
  result: z.unknown().exactOptional(),
  error: z.strictObject({ code: z.string(), detail: z.string(), facts: z.record(z.string(), z.unknown()) }).exactOptional()
}).meta({ id: 'Job' })
/** A long piece of work. */
export type JobItem = z.infer<typeof job>

export const jobPage = page(job)
export const jobsQuery = z.strictObject({ state: z.enum(['running', 'done', 'failed', 'cancelled']).exactOptional(), ...paging })

/** The longest a request waits for a job: below the minute after which proxies give up. Seconds. */
const MAX_WAIT_S = 50
export const jobQuery = z.strictObject({
  wait: z.coerce.number().min(0).max(MAX_WAIT_S).default(0).meta({ description: 'answer when the job has ended, or after so many seconds' })
})

export const eventsQuery = z.strictObject({
  topics: z.string().max(200).exactOptional().meta({ description: 'comma-separated: job, dataset, version, peer, sync; default all' }),
  after: z.string().max(100).exactOptional().meta({ description: 'as the Last-Event-ID header' })
})
/** One server-sent event; topic `reset` says that some were missed and state must be loaded anew. */
export interface EventItem {
  readonly id: string
  readonly topic: string
  /** ISO-8601 UTC. */
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

export const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  advice: z.string()
}).meta({ id: 'Problem', description: 'RFC 9457 problem details; facts about the failure are further members' })
/** What every failed request answers. */
export type Problem = z.infer<typeof problem>

/** A field of a request that is wrong; `facts.problems` of FIELD_INVALID lists them all. */
export interface FieldProblem { readonly in?: 'query' | 'body', readonly field: string, readonly detail: string }
