import { type ShoalError, toShoalError } from '../errors/index.ts'

/** Failures as RFC 9457 problem details. */

/** The parts of problem details a fact may not stand in for. */
const MEMBERS = new Set(['type', 'title', 'status', 'detail', 'code', 'advice', 'instance'])

/** Problem details of a failure. What is broken inside (INTERNAL) is named, not shown: the log has it. */
export function problemOf(error: ShoalError): Record<string, unknown> {
  const internal = error.code === 'INTERNAL'
  const facts = internal ? {} : Object.fromEntries(Object.entries(error.facts).filter(([name]) => !MEMBERS.has(name)))
  return {
    type: `/docs#${error.code}`,
    title: error.title,
    status: error.status,
    detail: internal ? 'something went wrong inside; the log of the node tells more' : error.message,
    code: error.code,
    advice: error.advice,
    ...facts
  }
}

/** The answer to a request that failed. */
export function problemResponse(thrown: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const error = toShoalError(thrown)
  return new Response(JSON.stringify(problemOf(error), jsonSafe), {
    status: error.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headersFor(error), ...headers }
  })
}

/** Headers some failures owe by HTTP's own rules. */
function headersFor(error: ShoalError): Record<string, string> {
  if (error.code === 'TOKEN_REQUIRED') return { 'www-authenticate': 'Bearer realm="shoal"' }
  if (error.code === 'RANGE_INVALID' && typeof error.facts.size === 'number') return { 'content-range': `bytes */${error.facts.size}` }
  return {}
}

/** Facts may hold what JSON lacks. */
const jsonSafe = (_name: string, value: unknown): unknown => typeof value === 'bigint' ? Number(value) : value
