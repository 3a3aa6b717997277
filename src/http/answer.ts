import { ShoalError, toShoalError, type FailureCode } from '../errors/index.ts'
import type { JobItem } from './contract.ts'
import { needToken } from './guard/index.ts'
import type { Caller } from './guard/caller.ts'
import { readBody, readParams, readQuery } from './request.ts'
import { Answer, type Call, type Plan, type Route } from './route.ts'
import type { Services } from './services.ts'

/** Runs a route: reads and checks the request's parts, calls the handler, makes the response. */
export async function answerWith(route: Route, services: Services, request: Request, caller: Caller): Promise<Response> {
  if (route.needsToken === true) needToken(caller)
  const call: Call = {
    params: readParams(route.path, request.url),
    query: route.query === undefined ? undefined : readQuery(route.query, request.url),
    body: route.body === undefined ? undefined : await readBody(route.body, request),
    request,
    caller
  }
  const { handle } = route
  if (handle.kind === 'response') return await withoutBody(request, await handle.respond(call))
  if (handle.kind === 'value') return respond(route, await handle.answer(call))
  return await runJob(services, handle.plan(call), request)
}

/** HEAD is answered as GET is; what would have been sent is let go. */
async function withoutBody(request: Request, response: Response): Promise<Response> {
  if (request.method === 'HEAD') await response.body?.cancel()
  return response
}

function respond(route: Route, result: unknown): Response {
  const answer = result instanceof Answer ? result : new Answer(result, { status: Number(Object.keys(route.answers)[0]) })
  if (answer.status === 204) return new Response(null, { status: 204 })
  return Response.json(answer.value, { status: answer.status, headers: { 'cache-control': 'no-store', ...answer.headers } })
}

/**
 * Starts the work as a job. With `Prefer: respond-async` (RFC 7240) the job is answered at once; else its end is waited for. Who
 * hangs up while waiting does not cancel it.
 */
async function runJob(services: Services, plan: Plan<unknown>, request: Request): Promise<Response> {
  const { jobs, log } = services
  const job = jobs.start(plan.kind, plan.subject, async context => {
    try {
      return await plan.work(context)
    } catch (error) {
      if (toShoalError(error).code === 'INTERNAL' && !context.signal.aborted) log.error(`job ${plan.kind} of ${plan.subject} failed`, { error })
      throw error
    }
  })
  if (/(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(request.headers.get('prefer') ?? '')) {
    const headers = { location: `/api/v1/jobs/${job.id}`, 'preference-applied': 'respond-async', 'cache-control': 'no-store' }
    return Response.json(job satisfies JobItem, { status: 202, headers })
  }
  const { state, result, error } = await jobs.ended(job.id, request.signal)
  if (state === 'done') return Response.json(result, { headers: { 'cache-control': 'no-store' } })
  throw error === undefined ? new ShoalError('CANCELLED' satisfies FailureCode, `job ${job.id} was cancelled`) : ShoalError.fromWire(error)
}
