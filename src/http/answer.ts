import { needToken } from './guard/index.ts'
import type { Caller } from './guard/caller.ts'
import { readBody, readParams, readQuery } from './request.ts'
import { Answer, type Call, type Plan, type Route } from './route.ts'
import { jobResponse, prefersJob, resultOf, startJob } from './running.ts'
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

/** Runs the work as a job and waits for its end, or answers the job at once where that is preferred. */
async function runJob(services: Services, plan: Plan<unknown>, request: Request): Promise<Response> {
  const job = startJob(services, plan)
  if (prefersJob(request)) return jobResponse(job)
  return Response.json(await resultOf(services, job, request.signal), { headers: { 'cache-control': 'no-store' } })
}
