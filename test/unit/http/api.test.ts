import { describe, expect, it } from 'vitest'
import { asker, type Ask } from '../../support/fake-services/connection.ts'
import { fakeServices, type FakeServices } from '../../support/fake-services/index.ts'
import { answerChecker } from '../../support/fake-services/schemas.ts'
import { loadApp } from '../../../src/http/index.ts'

const { createApp } = await loadApp()

interface Answered { status: number, headers: Headers, body: any, media: string } // oxlint-disable-line no-explicit-any

/** Calls the app and checks every JSON answer against /openapi.json. */
async function node(options: { network?: boolean } = {}): Promise<{ services: FakeServices, ask: Ask, call: (...args: Parameters<Ask>) => Promise<Answered> }> {
  const services = fakeServices(options)
  const ask = asker(createApp(services, { token: 'unused' }))
  const check = answerChecker(await (await ask('GET', '/openapi.json')).json() as never)
  const call = async (...args: Parameters<Ask>): Promise<Answered> => {
    const response = await ask(...args)
    const media = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
    const text = await response.text()
    const body: unknown = media.endsWith('json') && media !== 'application/x-ndjson' ? JSON.parse(text) : text
    if (media.endsWith('json') && media !== 'application/x-ndjson' && !['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED'].includes((body as { code: string }).code)) check(args[0], args[1], response.status, media, body)
    return { status: response.status, headers: response.headers, body, media }
  }
  return { services, ask, call }
}

const PETS = '/api/v1/datasets/vision/pets'

async function withPets(): Promise<Awaited<ReturnType<typeof node>>> {
  const made = await node()
  await made.call('POST', '/api/v1/datasets', { json: { namespace: 'vision', name: 'pets', tags: ['b', 'a'] } })
  return made
}

describe('datasets', () => {
  it('K1: creates, shows, lists and finds a dataset', async () => {
    const { call } = await node()
    const made = await call('POST', '/api/v1/datasets', { json: { namespace: 'vision', name: 'pets', type: 'image', description: 'cats and dogs', tags: ['b', 'a'] } })
    expect(made.status).toBe(201)
    expect(made.headers.get('location')).toBe(PETS)
    expect(made.body).toMatchObject({ ref: 'vision/pets', type: 'image', tags: ['a', 'b'], drafts: 1, published: 0, latest: null, current: { name: 'Current', number: '1.0.0', files: 0, bytes: 0 } })
    const shown = await call('GET', PETS)
    expect(shown.body).toEqual(made.body)
    expect(shown.headers.get('etag')).toBe(`"${made.body.revision}"`)
    expect((await call('GET', '/api/v1/datasets?q=dogs&tag=a&type=image&namespace=vision')).body.items).toHaveLength(1)
    expect((await call('GET', '/api/v1/datasets?q=birds')).body.items).toHaveLength(0)
    expect((await call('GET', '/api/v1/datasets?archived=true')).body.items).toHaveLength(0)
  })

  it('K1: one problem names every wrong field of a body, with what is right', async () => {
    const { call, services } = await node()
    const { status, media, body } = await call('POST', '/api/v1/datasets', { json: { namespace: 7, name: 'x', colour: 'red', tags: 'a' } })
    expect([status, media, body.code]).toEqual([422, 'application/problem+json', 'FIELD_INVALID'])
    expect(body).toMatchObject({ type: '/docs#FIELD_INVALID', title: expect.any(String), status: 422, advice: expect.any(String) })
    expect(body.problems.map((problem: { field: string }) => problem.field).sort()).toEqual(['colour', 'namespace', 'tags'])
    expect(body.detail).toContain('there is no field "colour"; there are namespace, name')
    expect(services.world.datasets.size).toBe(0)
    const rules = await call('POST', '/api/v1/datasets', { json: { namespace: 'v', name: 'x', type: 'movie', license: 'WTF-9' } })
    expect(rules.body.problems.map((problem: { field: string }) => problem.field).sort()).toEqual(['license', 'type'])
  })

  it('C1: a taken name is refused, or answered with ifExists=return', async () => {
    const { call } = await withPets()
    const json = { namespace: 'vision', name: 'pets' }
    expect((await call('POST', '/api/v1/datasets', { json })).body.code).toBe('DATASET_EXISTS')
    const again = await call('POST', '/api/v1/datasets?ifExists=return', { json })
    expect([again.status, again.body.ref]).toEqual([200, 'vision/pets'])
  })

  it('K3: edits what may change, refuses the rest, and honours If-Match', async () => {
    const { call } = await withPets()
    const { body: { revision } } = await call('GET', PETS)
    const edited = await call('PATCH', PETS, { json: { description: 'new' }, headers: { 'if-match': `"${revision}"` } })
    expect([edited.status, edited.body.description]).toEqual([200, 'new'])
    const stale = await call('PATCH', PETS, { json: { description: 'newer' }, headers: { 'if-match': `"${revision}"` } })
    expect([stale.status, stale.body.code]).toEqual([412, 'EDIT_CONFLICT'])
    expect((await call('PATCH', PETS, { json: { description: 'any' }, headers: { 'if-match': '*' } })).status).toBe(200)
    expect((await call('PATCH', PETS, { json: { name: 'cats' } })).body.code).toBe('FIELD_FIXED')
    expect((await call('GET', PETS)).body.description).toBe('any')
  })

  it('C6: deletes, with allVersions and force where versions would go', async () => {
    const { call } = await withPets()
    await call('PUT', `${PETS}/versions/1.0.0/files/a.txt`, { body: 'a' })
    await call('POST', `${PETS}/versions/1.0.0/publish`)
    expect((await call('DELETE', PETS)).body.code).toBe('DATASET_NOT_EMPTY')
    expect((await call('DELETE', `${PETS}?allVersions=true`)).body.code).toBe('DATASET_NOT_EMPTY')
    const gone = await call('DELETE', `${PETS}?allVersions=true&force=true`)
    expect([gone.status, gone.body]).toEqual([200, { deleted: 'vision/pets', sources: { done: 0, bytes: 0, failed: [] } }])
    expect((await call('GET', PETS)).body.code).toBe('DATASET_NOT_FOUND')
  })

  it('archives and restores, sets tags and what is kept', async () => {
    const { call } = await withPets()
    expect((await call('POST', `${PETS}/archive`)).body.archived).toBe(true)
    expect((await call('GET', '/api/v1/datasets')).body.items).toHaveLength(0)
    expect((await call('POST', `${PETS}/restore`)).body.archived).toBe(false)
    expect((await call('PUT', `${PETS}/tags`, { json: ['x', 'x'] })).body).toEqual(['x'])
    expect((await call('GET', `${PETS}/tags`)).body).toEqual(['x'])
    expect((await call('GET', `${PETS}/keep`)).body).toEqual({ keep: 'all' })
    expect((await call('PUT', `${PETS}/keep`, { json: { keep: 'latest' } })).body).toEqual({ keep: 'latest' })
    expect((await call('PUT', `${PETS}/keep`, { json: { keep: 'some' } })).status).toBe(422)
  })

  it('pages a list with a cursor that keeps its place', async () => {
    const { call } = await node()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await call('POST', '/api/v1/datasets', { json: { namespace: 'n', name } })
    const names: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const page: Answered = await call('GET', `/api/v1/datasets?limit=2${next === '' ? '' : `&cursor=${next}`}`)
      names.push(...page.body.items.map((item: { name: string }) => item.name))
      next = page.body.next
    }
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect((await call('GET', '/api/v1/datasets?cursor=gone')).body.code).toBe('FIELD_INVALID')
    expect((await call('GET', '/api/v1/datasets?limit=0')).status).toBe(422)
    expect((await call('GET', '/api/v1/datasets?limit=2&limit=3')).status).toBe(422)
    expect((await call('GET', '/api/v1/datasets?colour=red')).body.detail).toContain('there is no field "colour"')
  })
})

describe('versions', () => {
  it('L3 L4: publishes a draft and makes another that inherits', async () => {
    const { call } = await withPets()
    await call('PUT', `${PETS}/versions/Current/files/a.txt`, { body: 'abc' })
    const published = await call('POST', `${PETS}/versions/Current/publish`, { json: { as: '1.0.0', message: 'first' } })
    expect(published.body).toMatchObject({ state: 'published', number: '1.0.0', ref: 'vision/pets@1.0.0', files: 1, bytes: 3, published: { message: 'first', files: 1 } })
    expect((await call('POST', `${PETS}/versions/1.0.0/publish`)).body.code).toBe('VERSION_PUBLISHED')
    const child = await call('POST', `${PETS}/versions`, { json: { number: '1.1.0', name: 'next step', from: ['1.0.0'] } })
    expect([child.status, child.body.mode, child.body.files]).toEqual([201, 'inherit', 1])
    expect(child.body.parents).toEqual([{ id: published.body.id, number: '1.0.0', name: 'Current' }])
    const shown = await call('GET', `${PETS}/versions/next%20step`)
    expect(shown.body.changes).toMatchObject({ added: 0, removed: 0 })
    expect((await call('GET', `${PETS}/versions/latest`)).body.number).toBe('1.0.0')
    expect((await call('GET', `${PETS}/versions/current`)).body.number).toBe('1.1.0')
    expect((await call('GET', `${PETS}/versions/${child.body.id}`)).body.number).toBe('1.1.0')
    expect((await call('GET', `${PETS}/versions?state=draft`)).body.items).toHaveLength(1)
    expect((await call('GET', PETS)).body).toMatchObject({ latest: '1.0.0', drafts: 1, published: 1, current: { number: '1.1.0' } })
    expect((await call('PUT', `${PETS}/versions/1.0.0/files/b.txt`, { body: 'no' })).body.code).toBe('VERSION_PUBLISHED')
  })

  it('C4: a draft as a parent is refused; a known name is answered with ifExists=return', async () => {
    const { call } = await withPets()
    expect((await call('POST', `${PETS}/versions`, { json: { number: '2.0.0', from: ['Current'] } })).body.code).toBe('VERSION_IS_DRAFT')
    expect((await call('POST', `${PETS}/versions`, { json: { number: '1.0.0', mode: 'new' } })).body.code).toBe('VERSION_EXISTS')
    expect((await call('POST', `${PETS}/versions?ifExists=return`, { json: { number: '1.0.0', mode: 'new' } })).status).toBe(200)
    expect((await call('POST', `${PETS}/versions`, { json: { mode: 'copy' } })).body.problems[0].field).toBe('mode')
  })

  it('edits with If-Match, archives, restores and deletes', async () => {
    const { call } = await withPets()
    const at = `${PETS}/versions/1.0.0`
    const { headers } = await call('GET', at)
    const etag = headers.get('etag') ?? ''
    expect((await call('PATCH', at, { json: { description: 'd', tags: ['t'] }, headers: { 'if-match': etag } })).body).toMatchObject({ description: 'd', tags: ['t'] })
    expect((await call('PATCH', at, { json: { description: 'e' }, headers: { 'if-match': etag } })).status).toBe(412)
    expect((await call('PATCH', at, { json: { description: 'e' }, headers: { 'if-match': 'nonsense' } })).status).toBe(412)
    expect((await call('POST', `${at}/archive`)).body.archived).toBe(true)
    expect((await call('GET', `${PETS}/versions?archived=true`)).body.items).toHaveLength(1)
    expect((await call('POST', `${at}/restore`)).body.archived).toBe(false)
    expect((await call('DELETE', at)).status).toBe(204)
    expect((await call('GET', at)).body.code).toBe('VERSION_NOT_FOUND')
  })

  it('C3: takes a snapshot', async () => {
    const { call } = await withPets()
    const { body } = await call('POST', `${PETS}/snapshot`, { json: { publishName: 'monday', childMetadata: { a: [1, { b: null }] }, childComment: 'go on' } })
    expect(body.published).toMatchObject({ name: 'monday', state: 'published' })
    expect(body.child).toMatchObject({ state: 'draft', name: 'Current', metadata: { a: [1, { b: null }] }, comment: 'go on' })
  })

  it('C7 C8: metadata, mask labels and tags have addresses of their own', async () => {
    const { call } = await withPets()
    const at = `${PETS}/versions/1.0.0`
    for (const [field, value] of [['metadata', { source: 'camera', n: 1 }], ['mask-labels', { '#ff0000': ['cat'] }], ['tags', ['a']]] as const) {
      expect((await call('PUT', `${at}/${field}`, { json: value })).body).toEqual(value)
      expect((await call('GET', `${at}/${field}`)).body).toEqual(value)
    }
    expect((await call('PUT', `${at}/metadata`, { json: [1] })).status).toBe(422)
    expect((await call('PUT', `${at}/tags`, { json: { a: 1 } })).status).toBe(422)
  })

  it('W3: tells the history, newest first, in pages', async () => {
    const { call } = await withPets()
    await call('PATCH', PETS, { json: { description: 'x' } })
    const first = await call('GET', `${PETS}/versions/current/log?limit=1`)
    expect(first.body.items.map((item: { change: string }) => item.change)).toEqual(['dataset.edit'])
    const second = await call('GET', `${PETS}/versions/current/log?cursor=${first.body.next}`)
    expect(second.body).toMatchObject({ items: [{ change: 'dataset.create' }], next: null })
  })
})

describe('jobs', () => {
  it('waits for the end, or answers 202 and a job with Prefer: respond-async', async () => {
    const { call } = await withPets()
    expect((await call('POST', '/api/v1/verify', { json: { ref: 'vision/pets', repair: true } })).body).toEqual({ chunks: 3, bytes: 300, damaged: [], repaired: 1 })
    const started = await call('POST', '/api/v1/gc', { json: { dryRun: true }, headers: { prefer: 'respond-async' } })
    expect([started.status, started.headers.get('location'), started.headers.get('preference-applied')]).toEqual([202, `/api/v1/jobs/${started.body.id}`, 'respond-async'])
    const ended = await call('GET', `/api/v1/jobs/${started.body.id}?wait=5`)
    expect(ended.body).toMatchObject({ kind: 'gc', state: 'done', result: { chunks: 1, bytes: 100, dryRun: true, kept: 2 } })
    expect((await call('GET', '/api/v1/jobs')).body.items.map((job: { kind: string }) => job.kind)).toEqual(['gc', 'verify'])
    expect((await call('GET', '/api/v1/jobs?state=running')).body.items).toEqual([])
    expect((await call('GET', '/api/v1/jobs/99')).body.code).toBe('JOB_NOT_FOUND')
    expect((await call('DELETE', '/api/v1/jobs/99')).body.code).toBe('JOB_NOT_FOUND')
  })

  it('refuses a wrong reference before any job starts', async () => {
    const { call, services } = await withPets()
    expect((await call('POST', '/api/v1/verify', { json: { ref: 'nonsense' } })).body.code).toBe('REFERENCE_INVALID')
    expect((await call('POST', '/api/v1/verify', { json: { ref: 'no/such' } })).body.code).toBe('DATASET_NOT_FOUND')
    expect((await call('POST', `${PETS}/versions/9.9.9/publish`)).body.code).toBe('VERSION_NOT_FOUND')
    expect(services.jobs.list()).toEqual([])
  })
})

describe('the network', () => {
  it('lists members and peers, invites, joins and syncs', async () => {
    const { call } = await node()
    expect((await call('GET', '/api/v1/members')).body.items[0]).toMatchObject({ name: 'desk', role: 'admin' })
    expect((await call('GET', '/api/v1/peers')).body.items[0]).toMatchObject({ name: 'laptop', connected: true })
    const invite = await call('POST', '/api/v1/invites', { json: { role: 'reader', uses: 2 } })
    expect([invite.status, invite.body.role, invite.body.uses]).toEqual([201, 'reader', 2])
    expect((await call('POST', '/api/v1/invites')).body.role).toBe('writer')
    expect((await call('POST', '/api/v1/invites', { json: { uses: 0 } })).status).toBe(422)
    expect((await call('POST', '/api/v1/join', { json: { invite: invite.body.invite } })).body.workspace).toBe('workspace-2')
    expect((await call('POST', '/api/v1/join', { json: { invite: 'nonsense' } })).body.code).toBe('INVITE_INVALID')
    expect((await call('POST', '/api/v1/sync', { json: { wait: true } })).body).toMatchObject({ missing: [] })
    expect((await call('POST', '/api/v1/sync', { json: { ref: 'a/b@1.0.0' } })).body).toMatchObject({ missing: ['a/b@1.0.0'] })
    expect((await call('GET', '/api/v1/sync')).body).toMatchObject({ connected: 1, running: [] })
  })

  it('S8: changes what a member may do and removes it, by id or name; says which member it does not know', async () => {
    const { call } = await node()
    expect((await call('PATCH', '/api/v1/members/laptop', { json: { role: 'reader' } })).body).toMatchObject({ id: 'device-2', role: 'reader' })
    expect((await call('PATCH', '/api/v1/members/device-2', { json: { role: 'admin' } })).body.role).toBe('admin')
    expect((await call('PATCH', '/api/v1/members/device-2', { json: { role: 'boss' } })).status).toBe(422)
    expect((await call('DELETE', '/api/v1/members/nobody')).body).toMatchObject({ code: 'MEMBER_NOT_FOUND', member: 'nobody' })
    expect((await call('DELETE', '/api/v1/members/desk')).body.code).toBe('NOT_ALLOWED')
    expect((await call('DELETE', '/api/v1/members/laptop')).status).toBe(204)
    expect((await call('DELETE', '/api/v1/members/laptop')).body.code).toBe('MEMBER_NOT_FOUND')
    expect((await call('GET', '/api/v1/members')).body.items.map((member: { removed: boolean }) => member.removed)).toEqual([false, true])
  })

  it('S1: lists its invites and takes one back', async () => {
    const { call } = await node()
    const { id } = (await call('POST', '/api/v1/invites')).body
    expect((await call('GET', '/api/v1/invites')).body.items).toMatchObject([{ id, state: 'open', joined: [] }])
    expect((await call('DELETE', `/api/v1/invites/${id}`)).status).toBe(204)
    expect((await call('GET', '/api/v1/invites')).body.items).toMatchObject([{ id, state: 'revoked' }])
    expect((await call('DELETE', '/api/v1/invites/none')).body.code).toBe('INVITE_NOT_FOUND')
  })

  it('says so where the node has none', async () => {
    const { call } = await node({ network: false })
    expect((await call('GET', '/api/v1/peers')).body.items).toEqual([])
    for (const path of ['invites', 'sync']) expect((await call('POST', `/api/v1/${path}`)).body.code).toBe('NETWORK_OFF')
    expect((await call('GET', '/api/v1/node')).body.addresses).toEqual([])
  })
})

describe('the node', () => {
  it('tells what it is, that it lives, and its figures', async () => {
    const { call, ask } = await withPets()
    expect((await call('GET', '/api/v1/node')).body).toMatchObject({ name: 'desk', role: 'admin', datasets: 1, store: { chunks: 3, bytes: 300, storedBytes: 200 } })
    expect((await call('GET', '/healthz')).body).toEqual({ status: 'ok' })
    const metrics = await (await ask('GET', '/metrics')).text()
    expect(metrics).toMatch(/^shoal_datasets 1$/m)
    expect(metrics).toMatch(/^shoal_http_requests_total\{method="POST",status="2xx"\} 1$/m)
    for (const line of metrics.trim().split('\n')) expect(line).toMatch(/^# (HELP|TYPE) \w+ .+$|^\w+(\{[\w="., +-]+\})? [\d.e+]+$/)
  })

  it('answers unknown addresses and methods with problems', async () => {
    const { call, ask } = await node()
    for (const path of ['/api/v1/nothing', '/nothing', '/api/v1/datasets/', '/']) expect([path, (await call('GET', path)).body.code]).toEqual([path, 'ROUTE_NOT_FOUND'])
    const wrong = await call('PUT', '/api/v1/datasets')
    expect([wrong.status, wrong.body.code, wrong.headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', 'GET, HEAD, POST'])
    expect((await ask('OPTIONS', '/api/v1/datasets')).status).toBe(405)
    expect((await ask('POST', '/healthz')).status).toBe(405)
    expect((await ask('HEAD', '/api/v1/datasets')).status).toBe(200)
  })

  it('logs what is broken inside with its stack and tells the caller nothing of it', async () => {
    const { services, call } = await withPets()
    Object.assign(services.store, { stats: async () => { throw new TypeError('secret detail') } })
    const { status, body } = await call('GET', '/api/v1/node')
    expect([status, body.code]).toEqual([500, 'INTERNAL'])
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(services.logged[0]?.fields).toMatchObject({ error: { stack: expect.stringContaining('secret detail') } })
  })

  it('refuses bodies that are no JSON, too large, too deep or hostile', async () => {
    const { ask } = await node()
    const send = async (body: string | Uint8Array<ArrayBuffer>, type = 'application/json'): Promise<string> => {
      const response = await ask('POST', '/api/v1/datasets', { body, headers: { 'content-type': type } })
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      return (await response.json() as { code: string }).code
    }
    expect(await send('{')).toBe('BODY_INVALID')
    expect(await send('[]')).toBe('FIELD_INVALID')
    expect(await send('null')).toBe('FIELD_INVALID')
    expect(await send('')).toBe('FIELD_INVALID')
    expect(await send('{}', 'text/plain')).toBe('BODY_INVALID')
    expect(await send(new Uint8Array([0x22, 0xff, 0x22]))).toBe('BODY_INVALID')
    expect(await send('"\\ud800"')).toBe('BODY_INVALID')
    expect(await send('{"__proto__": {"a": 1}}')).toBe('BODY_INVALID')
    expect(await send(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toBe('BODY_INVALID')
    expect(await send(`"${'x'.repeat(9 * 1024 * 1024)}"`)).toBe('LIMIT_EXCEEDED')
  })
})
