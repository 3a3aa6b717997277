import { describe, expect, it } from 'vitest'
import { asker, connectionFrom, ORIGIN, PORT, TOKEN, WITH_TOKEN, type Ask } from '../../support/fake-services/connection.ts'
import { fakeServices, type FakeServices } from '../../support/fake-services/index.ts'
import { loadApp, type AppOptions } from '../../../src/http/index.ts'

const { createApp, inProcessFetch } = await loadApp()

function node(options: AppOptions = { token: TOKEN }): { services: FakeServices, ask: Ask } {
  const services = fakeServices()
  return { services, ask: asker(createApp(services, options)) }
}

const codeOf = async (response: Response): Promise<unknown> => [response.status, (await response.json() as { code: string }).code]
const CREATE = { json: { namespace: 'v', name: 'x' } }

describe('Host: no name rebound to this machine gets in', () => {
  it.each([
    'evil.example', `evil.example:${PORT}`, '127.0.0.1', 'localhost', '127.0.0.1:80', `127.0.0.1.evil.example:${PORT}`, `localhost.:${PORT}`, `127.1:${PORT}`, `0.0.0.0:${PORT}`, `[::]:${PORT}`,
    `127.0.0.1:${PORT}@evil.example`, `localhost:${PORT}, evil.example`, '', ' ', `user@localhost:${PORT}`, `127.0.0.2:${PORT}`
  ])('refuses "%s" for every method and address', async host => {
    const { ask, services } = node()
    for (const [method, path] of [['GET', '/api/v1/node'], ['GET', '/'], ['GET', '/healthz'], ['GET', '/metrics'], ['GET', '/openapi.json'], ['GET', '/docs'], ['POST', '/api/v1/datasets'], ['GET', '/nothing']] as const) {
      expect([path, await codeOf(await ask(method, path, { headers: { host, ...WITH_TOKEN }, ...method === 'POST' ? CREATE : {} }))]).toEqual([path, [403, 'HOST_REFUSED']])
    }
    expect(services.world.datasets.size).toBe(0)
  })

  it.each([`127.0.0.1:${PORT}`, `localhost:${PORT}`, `LOCALHOST:${PORT}`, `[::1]:${PORT}`, `desk.local:${PORT}`, 'proxy.local:8443'])('serves under "%s"', async host => {
    const { ask } = node({ names: ['desk.local', 'proxy.local:8443'] })
    expect((await ask('GET', '/healthz', { headers: { host } })).status).toBe(200)
  })

  it('serves under the address a connection was made to, which no name can stand for', async () => {
    const app = createApp(fakeServices(), { token: TOKEN })
    const at = async (host: string, local: string): Promise<number> =>
      (await app.fetch(new Request(`${ORIGIN}/healthz`, { headers: { host, ...WITH_TOKEN } }), connectionFrom('192.168.1.9', local))).status
    expect(await at(`192.168.1.5:${PORT}`, '192.168.1.5')).toBe(200)
    expect(await at(`192.168.1.5:${PORT}`, '::ffff:192.168.1.5')).toBe(200)
    expect(await at(`[fe80::1]:${PORT}`, 'fe80::1')).toBe(200)
    expect(await at(`192.168.1.6:${PORT}`, '192.168.1.5')).toBe(403)
  })

  it('refuses a request that came over no connection', async () => {
    const app = createApp(fakeServices(), { token: TOKEN })
    expect(await codeOf(await app.request(`${ORIGIN}/healthz`, { headers: { host: `127.0.0.1:${PORT}` } }))).toEqual([403, 'HOST_REFUSED'])
  })
})

describe('Origin and Sec-Fetch-Site: no page of another origin drives the node', () => {
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' }, { origin: 'null' }, { origin: '' }, { origin: `http://localhost:${PORT + 1}` }, { origin: `https://127.0.0.1:${PORT}` }, { origin: `http://127.0.0.1:${PORT}.evil.example` },
    { origin: `http://localhost:${PORT}` }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'anything' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }
  ]
  it.each(foreign)('refuses %o, with the token or without, to read or to write', async headers => {
    const { ask, services } = node()
    for (const credentials of [{}, WITH_TOKEN]) {
      for (const [method, path] of [['POST', '/api/v1/datasets'], ['GET', '/api/v1/datasets'], ['GET', '/api/v1/events'], ['POST', '/api/v1/imports']] as const) {
        const json = method === 'POST' ? CREATE : {}
        expect([method, path, await codeOf(await ask(method, path, { ...json, headers: { ...headers, ...credentials } }))]).toEqual([method, path, [403, 'ORIGIN_REFUSED']])
      }
    }
    expect(services.world.datasets.size).toBe(0)
  })

  it('refuses plain-text and form posts, which browsers send across origins without asking', async () => {
    const { ask, services } = node()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const body = JSON.stringify(CREATE.json)
      expect(await codeOf(await ask('POST', '/api/v1/datasets', { body, headers: { 'content-type': type, origin: 'https://evil.example' } }))).toEqual([403, 'ORIGIN_REFUSED'])
      expect(await codeOf(await ask('POST', '/api/v1/datasets', { body, headers: { 'content-type': type } }))).toEqual([400, 'BODY_INVALID'])
    }
    expect(services.world.datasets.size).toBe(0)
  })

  it('lets the own page and programs in', async () => {
    const { ask } = node()
    expect((await ask('POST', '/api/v1/datasets', { ...CREATE, headers: { origin: ORIGIN, 'sec-fetch-site': 'same-origin' } })).status).toBe(201)
    expect((await ask('GET', '/api/v1/datasets', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
    expect((await ask('DELETE', '/api/v1/datasets/v/x')).status).toBe(200)
  })

  it('lets a link on another site lead here, but nothing else of it', async () => {
    const { ask } = node()
    const visit = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await ask('GET', '/docs', { headers: visit })).status).toBe(200)
    for (const change of [{ 'sec-fetch-dest': 'iframe' }, { 'sec-fetch-mode': 'no-cors' }, { 'sec-fetch-mode': 'cors' }, { origin: 'null' }, WITH_TOKEN]) {
      expect([change, (await ask('GET', '/docs', { headers: { ...visit, ...change } })).status]).toEqual([change, 403])
    }
    expect((await ask('POST', '/api/v1/gc', { headers: visit })).status).toBe(403)
  })

  it('sends no CORS header and answers no preflight', async () => {
    const { ask } = node()
    for (const headers of [{ origin: 'https://evil.example', 'access-control-request-method': 'POST' }, { origin: ORIGIN }]) {
      for (const method of ['OPTIONS', 'GET']) {
        const response = await ask(method, '/api/v1/datasets', { headers })
        expect([...response.headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
        if (method === 'OPTIONS') expect(response.status).toBeGreaterThanOrEqual(400)
      }
    }
  })
})

describe('the token', () => {
  it.each(['192.168.1.9', '10.0.0.1', '::ffff:192.168.1.9', 'fe80::1', '128.0.0.1', '1.127.0.0.1', ''])('is needed from %s, for everything', async from => {
    const { ask, services } = node()
    for (const [method, path] of [['GET', '/healthz'], ['GET', '/'], ['GET', '/api/v1/datasets'], ['POST', '/api/v1/datasets'], ['GET', '/openapi.json'], ['GET', '/metrics']] as const) {
      const response = await ask(method, path, { from, ...method === 'POST' ? CREATE : {} })
      expect(response.headers.get('www-authenticate')).toContain('Bearer')
      expect([path, await codeOf(response)]).toEqual([path, [401, 'TOKEN_REQUIRED']])
    }
    expect(services.world.datasets.size).toBe(0)
    expect((await ask('GET', '/healthz', { from, headers: WITH_TOKEN })).status).toBe(200)
  })

  it.each(['127.0.0.1', '127.8.7.6', '::1', '::ffff:127.0.0.1'])('is not needed from %s', async from => {
    expect((await node().ask('GET', '/api/v1/datasets', { from })).status).toBe(200)
  })

  it.each(['Bearer wrong', 'Bearer', 'Bearer ', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN} ${TOKEN}`, TOKEN])('"%s" is refused, even from this machine', async authorization => {
    const { ask } = node()
    for (const from of ['127.0.0.1', '192.168.1.9']) expect(await codeOf(await ask('GET', '/healthz', { from, headers: { authorization } }))).toEqual([401, 'TOKEN_REQUIRED'])
  })

  it('is needed from this machine, too, where a request names paths of it', async () => {
    const { ask, services } = node()
    const bodies = { imports: { source: '/data/pets', ref: 'v/x' }, checkouts: { folder: '/data/pets', ref: 'v/x' } }
    for (const [route, json] of Object.entries(bodies)) expect(await codeOf(await ask('POST', `/api/v1/${route}`, { json }))).toEqual([401, 'TOKEN_REQUIRED'])
    expect(services.jobs.list()).toEqual([])
    await services.datasets.create({ namespace: 'v', name: 'x' })
    expect(await (await ask('POST', '/api/v1/imports', { json: bodies.imports, headers: WITH_TOKEN })).json()).toMatchObject({ version: 'v/x@1.0.0', added: 1 })
    expect(await (await ask('POST', '/api/v1/checkouts', { json: bodies.checkouts, headers: WITH_TOKEN })).json()).toMatchObject({ folder: '/data/pets' })
    for (const source of ['data', './data', '', '../x', '~/x', 'file:///x']) expect(await codeOf(await ask('POST', '/api/v1/imports', { json: { ...bodies.imports, source }, headers: WITH_TOKEN }))).toEqual([422, 'FIELD_INVALID'])
  })

  it('does not exist where none was set: then nobody has it', async () => {
    const { ask } = node({})
    expect((await ask('POST', '/api/v1/imports', { json: { source: '/x', ref: 'v/x' } })).status).toBe(401)
    expect((await ask('GET', '/healthz', { headers: { authorization: 'Bearer undefined' } })).status).toBe(401)
    expect((await ask('GET', '/healthz', { from: '192.168.1.9' })).status).toBe(401)
  })

  it('is not needed inside this process', async () => {
    const services = fakeServices()
    await services.datasets.create({ namespace: 'v', name: 'x' })
    const fetch = inProcessFetch(createApp(services, {}))
    const response = await fetch('http://anything/api/v1/imports', { method: 'POST', body: JSON.stringify({ source: '/x', ref: 'v/x' }), headers: { 'content-type': 'application/json' } })
    expect(response.status).toBe(200)
  })
})

describe('headers', () => {
  it('every answer tells browsers to do nothing with it', async () => {
    const { ask } = node()
    for (const [method, path] of [['GET', '/api/v1/datasets'], ['GET', '/nothing'], ['POST', '/api/v1/datasets'], ['GET', '/healthz'], ['PUT', '/api/v1/node']] as const) {
      const { headers } = await ask(method, path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'"
      })
    }
    const refused = await ask('GET', '/healthz', { headers: { host: 'evil.example' } })
    expect(refused.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it('the page of the documentation runs no script and loads nothing', async () => {
    const { ask } = node()
    const response = await ask('GET', '/docs')
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/)
    const html = await response.text()
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|https?:\/\//i)
    expect(html).toContain('id="VERSION_PUBLISHED"')
    for (const path of ['/api/v1/datasets/{ns}/{name}/versions/{version}/files/{path}', '/healthz']) expect(html).toContain(path)
  })
})
