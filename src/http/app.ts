import { Hono } from 'hono'
import { ShoalError, toShoalError } from '../errors/index.ts'
import { answerWith } from './answer.ts'
import type { FetchInit } from './client/transport.ts'
import { type Caller, type Connection, IN_PROCESS } from './guard/caller.ts'
import { secure } from './guard/headers.ts'
import { admit } from './guard/index.ts'
import { RequestCounts, metricsText } from './metrics.ts'
import { openPage } from './page.ts'
import { problemResponse } from './problem.ts'
import { rawPath } from './request.ts'
import type { Route } from './route.ts'
import { apiRoutes } from './routes.ts'
import type { AppOptions, Services } from './services.ts'

/** What the app is called with: a connection, and who was found to be behind it. */
export interface AppEnv { Bindings: Connection, Variables: { caller: Caller } }
export type App = Hono<AppEnv>

/** The node's HTTP app. Requests come from `serve` over sockets, or from `inProcessFetch`; from nowhere else are they let in. */
export function createApp(services: Services, options: AppOptions = {}): App {
  const app: App = new Hono()
  const routes = apiRoutes(services, options)
  const requests = new RequestCounts()

  app.use('*', async (c, next) => {
    await next()
    secure(c.res)
    requests.add(c.req.raw.method, c.res.status)
  })
  app.use('*', async (c, next) => {
    c.set('caller', admit(c.req.raw, c.env ?? {}, options))
    await next()
  })
  for (const route of routes) app.on(route.method.toUpperCase(), honoPath(route.path), c => answerWith(route, services, c.req.raw, c.get('caller')))
  app.get('/healthz', () => Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } }))
  app.get('/metrics', async () => new Response(await metricsText(services, requests), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }))
  addDocs(app, routes, services)
  const page = options.page === undefined ? undefined : openPage(options.page)
  app.notFound(async c => await page?.(c.req.raw) ?? unknownAddress(routes, c.req.raw))
  app.onError(error => failed(services, error))
  return app
}

/** Described only when somebody asks: making the document loads more than everything else here. */
function addDocs(app: App, routes: readonly Route[], services: Services): void {
  const load = () => import('./docs/index.ts')
  app.get('/openapi.json', async () => Response.json((await load()).openApiDocument(routes, services.node.version)))
  app.get('/docs', async () => (await load()).docsResponse(routes, services.node.version))
}

/** `/a/{b}/{path}` as Hono writes it. Values are read off the address as it was sent; Hono only finds the route. */
const honoPath = (path: string): string => path.replace(/\{path\}/g, ':path{[\\s\\S]+}').replace(/\{(\w+)\}/g, ':$1')

/** An address nothing is at, or that takes other methods. */
function unknownAddress(routes: readonly Route[], request: Request): Response {
  const path = rawPath(request.url)
  const here = [...routes, ...PLAIN].filter(route => pattern(route.path).test(path))
  if (here.length === 0) return problemResponse(new ShoalError('ROUTE_NOT_FOUND', `there is nothing at ${path.slice(0, 500)}`, { path: path.slice(0, 500) }))
  const allow = [...new Set(here.flatMap(({ method }) => method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))].sort()
  const error = new ShoalError('METHOD_NOT_ALLOWED', `${path.slice(0, 500)} takes ${allow.join(', ')}, not ${request.method}`, { allow })
  return problemResponse(error, { allow: allow.join(', ') })
}

const PLAIN = ['/healthz', '/metrics', '/openapi.json', '/docs'].map(path => ({ path, method: 'get' }))

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{path\}/g, '.+').replace(/\{\w+\}/g, '[^/]+')}$`)

function failed(services: Services, thrown: unknown): Response {
  const error = toShoalError(thrown)
  if (error.code === 'INTERNAL') services.log.error('a request failed', { error: thrown })
  return problemResponse(error)
}

/** The app as a `fetch` for `createClient`, without a socket: for this very process, which may do everything. */
export const inProcessFetch = (app: App) => async (url: string, init: FetchInit): Promise<Response> => {
  const { signal } = init
  if (signal === undefined) return await app.fetch(new Request(url, init), IN_PROCESS)
  signal.throwIfAborted()
  // As `fetch` does: the caller is freed at once, however long the app takes.
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([app.fetch(new Request(url, init), IN_PROCESS), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Refuses a request that reached the server in no readable form. */
export const refuseUnreadable = (error: unknown): Response => {
  const response = problemResponse(new ShoalError('BODY_INVALID', `the request can not be read: ${error instanceof Error ? error.message : String(error)}`))
  secure(response)
  return response
}
