import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asker, type Ask } from '../../support/fake-services/connection.ts'
import { fakeServices } from '../../support/fake-services/index.ts'
import { scratch } from '../../support/shoal.ts'
import { loadApp } from '../../../src/http/index.ts'

const { createApp } = await loadApp()
const { path, clear } = scratch()
let ask: Ask

beforeAll(async () => {
  await mkdir(path('web/assets'), { recursive: true })
  await writeFile(path('web/index.html'), '<!doctype html><title>Shoal</title>')
  await writeFile(path('web/assets/index-abc123.js'), 'export {}')
  await writeFile(path('web/favicon.svg'), '<svg/>')
  await writeFile(path('secret.txt'), 'secret')
  ask = asker(createApp(fakeServices(), { page: path('web') }))
})
afterAll(clear)

describe('the page', () => {
  it('is served with a policy that lets only its own files run', async () => {
    const response = await ask('GET', '/')
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'text/html; charset=utf-8', '<!doctype html><title>Shoal</title>'])
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:/)
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect((await ask('HEAD', '/')).status).toBe(200)
  })

  it('answers the addresses the page routes itself, and keeps hashed files for ever', async () => {
    for (const address of ['/datasets/vision/pets', '/datasets/vision/pets/versions/1.0.0', '/settings', '/index.html']) {
      expect([address, (await ask('GET', address)).headers.get('content-type')]).toEqual([address, 'text/html; charset=utf-8'])
    }
    const asset = await ask('GET', '/assets/index-abc123.js')
    expect([asset.headers.get('content-type'), asset.headers.get('cache-control')]).toEqual(['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'])
    expect((await ask('GET', '/favicon.svg')).headers.get('content-type')).toBe('image/svg+xml')
  })

  it('serves nothing beside its files', async () => {
    for (const address of ['/secret.txt', '/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/assets/missing.js', '/.env.json', '/assets/..%5c..%5csecret.txt', '/%00.txt']) {
      const response = await ask('GET', address)
      expect([address, response.status, await response.text()]).toEqual([address, 404, expect.not.stringContaining('secret"')])
    }
    expect((await ask('GET', '/api/v1/nothing')).status).toBe(404)
    expect((await ask('POST', '/')).status).toBe(404)
  })

  it('is missing where it was not built', async () => {
    const bare = asker(createApp(fakeServices(), { page: path('nowhere') }))
    expect((await (await bare('GET', '/')).json() as { code: string }).code).toBe('ROUTE_NOT_FOUND')
  })
})
