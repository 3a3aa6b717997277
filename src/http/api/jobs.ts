import { isShoalError } from '../../errors/index.ts'
import { deadline, type Job } from '../../runtime/index.ts'
import { job, jobPage, jobQuery, jobsQuery } from '../contract.ts'
import { pageOf } from '../paging.ts'
import { Answer, valueRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const group = 'Jobs'
const ENDING = 'the job, as it stands'

/** How long a cancelled job is waited for; it ends at its next step. Milliseconds. */
const CANCEL_WAIT_MS = 10_000

/** Long pieces of work: list, watch, cancel. */
export function jobRoutes({ jobs }: Services): Route[] {
  return [
    valueRoute({
      method: 'get', path: '/api/v1/jobs', group, summary: 'Jobs that run, and the last ones that ended; newest first', query: jobsQuery,
      answers: { 200: { description: 'a page of jobs', schema: jobPage } }
    }, async ({ query: { state, ...paging } }) => pageOf(jobs.list().filter(row => state === undefined || row.state === state).toReversed(), row => row.id, paging)),

    valueRoute({
      method: 'get', path: '/api/v1/jobs/{id}', group, summary: 'A job; with wait, when it has ended or after that time', query: jobQuery,
      answers: { 200: { description: ENDING, schema: job } }, failures: ['JOB_NOT_FOUND']
    }, async ({ params, query, request }) => {
      const now = jobs.get(params.id)
      if (now.state !== 'running' || query.wait === 0) return now
      return await orAsItStands(() => jobs.get(params.id), jobs.ended(params.id, deadline(query.wait * 1000, request.signal)))
    }),

    valueRoute({
      method: 'delete', path: '/api/v1/jobs/{id}', group, summary: 'Cancel a job; what it acknowledged stays',
      answers: { 200: { description: ENDING, schema: job }, 202: { description: 'asked to end, still ending', schema: job } }, failures: ['JOB_NOT_FOUND']
    }, async ({ params }) => {
      const cancelled = jobs.cancel(params.id)
      const patience = jobs.ended(params.id, deadline(CANCEL_WAIT_MS))
      const now = await orAsItStands(() => jobs.get(params.id), Promise.race([cancelled, patience]))
      return new Answer(now, { status: now.state === 'running' ? 202 : 200 })
    })
  ]
}

/** The job at its end, or as it stands when the time is up. */
async function orAsItStands(asItStands: () => Job, ended: Promise<Job>): Promise<Job> {
  try {
    return await ended
  } catch (error) {
    if (isShoalError(error, 'TIMED_OUT') || isShoalError(error, 'CANCELLED')) return asItStands()
    throw error
  }
}
