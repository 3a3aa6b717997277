import { ShoalError, toShoalError } from '../errors/index.ts'
import type { Job } from '../runtime/index.ts'
import type { JobItem } from './contract.ts'
import type { Plan } from './route.ts'
import type { Services } from './services.ts'

/** Starts work as a job; a failure nobody foresaw is logged. */
export function startJob({ jobs, log }: Services, plan: Plan<unknown>): Job {
  return jobs.start(plan.kind, plan.subject, async context => {
    try {
      return await plan.work(context)
    } catch (error) {
      if (toShoalError(error).code === 'INTERNAL' && !context.signal.aborted) log.error(`job ${plan.kind} of ${plan.subject} failed`, { error })
      throw error
    }
  })
}

/** What a job answers at its end. Who hangs up while waiting does not cancel it. @throws what it failed with, CANCELLED */
export async function resultOf({ jobs }: Services, { id }: Job, signal: AbortSignal): Promise<unknown> {
  const { state, result, error } = await jobs.ended(id, signal)
  if (state === 'done') return result
  throw error === undefined ? new ShoalError('CANCELLED', `job ${id} was cancelled`) : ShoalError.fromWire(error)
}

/** Whether the caller wants the job at once rather than its end: `Prefer: respond-async` (RFC 7240). */
export const prefersJob = (request: Request): boolean => /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(request.headers.get('prefer') ?? '')

export const jobResponse = (job: Job): Response =>
  Response.json(job satisfies JobItem, { status: 202, headers: { location: `/api/v1/jobs/${job.id}`, 'preference-applied': 'respond-async', 'cache-control': 'no-store' } })
