import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import '../../src/runtime/polyfill.ts'
import { blake3 } from '../../src/chunks/index.ts'
import { createFiles } from '../../src/files/index.ts'
import { createClient, loadApp, loadServer, type Client, type Services, type Serving } from '../../src/http/index.ts'
import { Events, Jobs, silentLog, systemChance, type Log } from '../../src/runtime/index.ts'
import { createBundles } from '../../src/sync/index.ts'
import { ChunkUploads } from '../../src/uploads/index.ts'
import { UsageBook, createUpkeep } from '../../src/upkeep/index.ts'
import { realWorld } from '../support/datasets-world.ts'
import { TOKEN } from '../support/fake-services/connection.ts'
import { requestOf, type Described } from '../support/fake-services/arbitrary.ts'
import { fakeReach } from '../support/fake-services/uploads.ts'
import { answerChecker } from '../support/fake-services/schemas.ts'
import { inventBytes } from '../support/invented-data.ts'
import { scratch } from '../support/shoal.ts'

/** The API over the real rooms: catalog, store, datasets, files and upkeep, spoken to over a socket. */

const [{ createApp, inProcessFetch }, { serve }] = await Promise.all([loadApp(), loadServer()])

const { path, clear } = scratch()
const PETS = { namespace: 'vision', name: 'pets' }
const V = '/api/v1/datasets/vision/pets/versions'
let world: Awaited<ReturnType<typeof realWorld>>
let services: Services
/** Errors that were logged. */
const logged: unknown[] = []
let serving: Serving
let client: Client

/** A request without the client, as curl sends it. */
const curl = async (method: string, address: string, init: { headers?: Record<string, string>, body?: string } = {}): Promise<Response> =>
  await fetch(serving.url + address, { method, ...init, headers: { authorization: `Bearer ${TOKEN}`, ...init.headers } })

beforeAll(async () => {
  world = await realWorld()
  const { datasets, catalog, store, clock } = world
  const log: Log = { ...silentLog, error: (_, fields) => { logged.push(fields) }, child: () => log }
  const events = new Events(() => clock.now())
  services = {
    node: { id: catalog.device, name: 'test', version: '0.1.0', startedAt: new Date(clock.now()).toISOString() },
    datasets, catalog, store, clock, log, events,
    jobs: new Jobs(events, () => clock.now()),
    files: createFiles({ datasets, store, clock, log, cacheFolder: path('cache') }),
    uploads: new ChunkUploads({ datasets, store, clock, chance: systemChance, log, folder: path('uploads') }),
    links: fakeReach(),
    usage: new UsageBook({ path: path('usage.json'), clock, log }),
    upkeep: createUpkeep({ datasets, catalog, store, clock, log }),
    bundles: createBundles({ datasets, catalog, store })
  }
  serving = await serve(createApp(services, { token: TOKEN }), { port: 0, token: TOKEN })
  client = createClient({ baseUrl: serving.url, token: TOKEN })
  await mkdir(path('source/photos'), { recursive: true })
  for (let i = 0; i < 20; i++) await writeFile(path(`source/photos/${i}.jpg`), inventBytes(i, 5000))
  await writeFile(path('source/big.bin'), inventBytes(99, 3_000_000))
  await writeFile(path('source/empty.csv'), '')
})
afterAll(async () => {
  await serving?.stop(500)
  await world?.end()
  clear()
})

const text = async (bytes: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts)
}

describe('a node over HTTP', () => {
  it('L1 L2: imports a folder into a dataset that was not there, and serves every byte of it', async () => {
    const report = await client.files.import({ source: path('source'), ref: 'vision/pets', message: 'first' })
    expect(report).toMatchObject({ added: 22, modified: 0, removed: 0, files: 22, bytes: 3_100_000 })
    const { bytes, hash, size } = await client.files.read(PETS, 'big.bin')
    const whole = await text(bytes)
    expect([size, Buffer.compare(whole, await readFile(path('source/big.bin')))]).toEqual([3_000_000, 0])
    expect(hash).toBe(`blake3:${Buffer.from(blake3(whole)).toString('hex')}`)
    for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=1234567-2345678', 1_234_567, 2_345_679], ['bytes=-10', 2_999_990, 3_000_000]] as const) {
      const response = await curl('GET', `${V}/current/files/big.bin`, { headers: { range } })
      expect([response.status, Buffer.compare(Buffer.from(await response.arrayBuffer()), whole.subarray(from, to))]).toEqual([206, 0])
    }
    expect((await curl('GET', `${V}/current/files/big.bin`, { headers: { range: 'bytes=3000000-' } })).status).toBe(416)
    expect((await curl('GET', `${V}/current/files/big.bin`, { headers: { 'if-none-match': `"${hash}"` } })).status).toBe(304)
    expect(await (await curl('GET', `${V}/current/files/empty.csv`)).text()).toBe('')
  })

  it('A3: lists in pages and as a stream', async () => {
    expect((await client.files.list(PETS)).items.map(item => [item.path, item.type])).toEqual([['big.bin', 'file'], ['empty.csv', 'file'], ['photos', 'folder']])
    const paths: string[] = []
    let cursor: string | undefined
    do {
      const page = await client.files.list(PETS, { recursive: true, limit: 7, ...cursor === undefined ? {} : { cursor } })
      paths.push(...page.items.map(item => item.path))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    const streamed: string[] = []
    for await (const item of client.files.entries(PETS)) streamed.push(item.path)
    expect(paths).toEqual(streamed)
    expect(paths).toHaveLength(22)
  })

  it('L2: puts, checks, moves and removes files of a draft', async () => {
    const body = 'a,b\n1,2\n'
    const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
    expect((await curl('PUT', `${V}/current/files/tables/t.csv`, { body, headers: { 'content-digest': digest, 'x-blake3': Buffer.from(blake3(Buffer.from(body))).toString('hex') } })).status).toBe(201)
    const before = await client.versions.get(PETS)
    expect(await (await curl('PUT', `${V}/current/files/tables/t.csv`, { body: 'other', headers: { 'content-digest': digest } })).json()).toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(await (await curl('PUT', `${V}/current/files/tables`, { body: 'x' })).json()).toMatchObject({ code: 'PATH_CLASH' })
    expect(await (await curl('PUT', `${V}/current/files/tables/t.csv/x`, { body: 'x' })).json()).toMatchObject({ code: 'PATH_CLASH' })
    expect((await client.versions.get(PETS)).heads).toEqual(before.heads)
    expect(await client.files.edit(PETS, [{ op: 'move', from: 'tables/t.csv', to: 'tables/u.csv' }, { op: 'mkdir', path: 'later' }])).toMatchObject({ changed: expect.any(Number) })
    expect((await text((await client.files.read(PETS, 'tables/u.csv')).bytes)).toString()).toBe(body)
    await client.files.remove(PETS, 'tables', { recursive: true })
    await expect(client.files.stat(PETS, 'tables/u.csv')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })

  it('L3 L4 W2: publishes, inherits, diffs, and refuses every change of what is published', async () => {
    const published = await client.versions.publish(PETS, { as: '1.0.0', message: 'first' })
    expect(published).toMatchObject({ state: 'published', number: '1.0.0', files: 22 })
    for (const [method, address, init] of [
      ['PUT', `${V}/1.0.0/files/x`, { body: 'x' }], ['DELETE', `${V}/1.0.0/files/big.bin`, {}], ['POST', `${V}/1.0.0/edits`, { body: '[{"op":"mkdir","path":"x"}]', headers: { 'content-type': 'application/json' } }],
      ['POST', `${V}/1.0.0/publish`, {}], ['DELETE', `${V}/1.0.0`, {}]
    ] as const) expect([address, (await (await curl(method, address, init)).json() as { code: string }).code]).toEqual([address, 'VERSION_PUBLISHED'])
    const child = await client.versions.create(PETS, { number: '1.1.0', from: ['1.0.0'] })
    expect([child.files, child.parents[0]?.number]).toEqual([22, '1.0.0'])
    await client.files.write({ ...PETS, version: '1.1.0' }, 'new.txt', Buffer.from('new'))
    await client.files.remove({ ...PETS, version: '1.1.0' }, 'photos/3.jpg')
    const changes: string[] = []
    for await (const item of client.versions.diff({ ...PETS, version: '1.1.0' })) changes.push(`${item.change} ${item.path}`)
    expect(changes).toEqual(['added new.txt', 'removed photos/3.jpg'])
    expect((await client.versions.get({ ...PETS, version: '1.1.0' })).changes).toMatchObject({ added: 1, modified: 0, removed: 1 })
    expect((await client.versions.log(PETS)).items.map(item => item.change)).toContain('version.publish')
  })

  it('K4: checks a version out, and archives it twice to the same bytes', async () => {
    const report = await client.files.checkout({ ref: 'vision/pets@1.0.0', folder: path('out') })
    expect(report).toMatchObject({ written: 22, notices: [] })
    expect(Buffer.compare(await readFile(path('out/big.bin')), await readFile(path('source/big.bin')))).toBe(0)
    for (const format of ['tar', 'tar.gz', 'zip'] as const) {
      const once = await text(client.files.archive({ ...PETS, version: '1.0.0' }, format))
      expect(once.length).toBeGreaterThan(3_000_000)
      expect(Buffer.compare(once, await text(client.files.archive({ ...PETS, version: '1.0.0' }, format)))).toBe(0)
    }
  })

  it('verifies, collects, and tells what it holds', async () => {
    expect(await client.verify({ ref: 'vision/pets@1.0.0' })).toMatchObject({ damaged: [], repaired: 0 })
    expect(await client.gc({ dryRun: true })).toMatchObject({ dryRun: true })
    const shown = await client.node()
    expect(shown.store.bytes).toBeGreaterThan(3_000_000)
    expect(shown.role).toBe('admin')
  })

  it('is the same inside one process', async () => {
    const inside = createClient({ baseUrl: 'http://inside', fetch: inProcessFetch(createApp(services, {})) })
    expect(await inside.datasets.get(PETS)).toEqual(await client.datasets.get(PETS))
    expect((await text((await inside.files.read({ ...PETS, version: '1.0.0' }, 'photos/1.jpg')).bytes)).equals(Buffer.from(inventBytes(1, 5000)))).toBe(true)
  })

  it('answers what its description says to hundreds of requests drawn from it, and survives them', async () => {
    const document: unknown = await (await curl('GET', '/openapi.json')).json()
    const check = answerChecker(document as never)
    const requests = requestOf(document as Described).filter(drawn => !/\/(?:checkouts|imports|join|gc|bulk)(?:$|\?)|\/events/.test(drawn.address) && drawn.method !== 'DELETE')
    await fc.assert(fc.asyncProperty(requests, async drawn => {
      const response = await fetch(serving.url + drawn.address, { method: drawn.method, headers: { ...drawn.headers, authorization: `Bearer ${TOKEN}` }, ...drawn.body === undefined ? {} : { body: drawn.body } })
      const media = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
      const body = await response.text()
      expect(body).not.toMatch(/"code":"INTERNAL"/)
      if (response.status >= 500) expect(JSON.parse(body)).toMatchObject({ code: expect.stringMatching(/NETWORK_OFF|TIMED_OUT|PEER_UNREACHABLE|LINK_UNREACHABLE/) })
      else if (response.status >= 400 && drawn.method !== 'HEAD') expect([media, JSON.parse(body)]).toMatchObject(['application/problem+json', { status: response.status }])
      else if (media === 'application/json' && !drawn.address.includes('/files/')) check(drawn.method, new URL(drawn.address, serving.url).pathname, response.status, media, JSON.parse(body))
    }), { numRuns: Math.ceil(Number(process.env['SHOAL_FUZZ_CALLS'] ?? 2000) / 10) })
    expect(logged).toEqual([])
    expect((await client.versions.get({ ...PETS, version: '1.0.0' })).files).toBe(22)
    expect(await client.verify({ ref: 'vision/pets@1.0.0' })).toMatchObject({ damaged: [] })
  }, 60_000 + Number(process.env['SHOAL_FUZZ_CALLS'] ?? 0) * 40)

  it('a port that somebody else has is named', async () => {
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    await expect(serve(createApp(services, {}), { port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    other.close()
  })

  it('K3: of two edits with one If-Match at the same time one is refused, whatever they edit', async () => {
    await client.datasets.create({ namespace: 'edited', name: 'together' })
    const dataset = '/api/v1/datasets/edited/together'
    for (const [method, address, body] of [
      ['PATCH', dataset, (text: string) => ({ scenario: text })],
      ['PATCH', `${dataset}/versions/1.0.0`, (text: string) => ({ comment: text })],
      ['PUT', `${dataset}/versions/1.0.0/metadata`, (text: string) => ({ said: text })]
    ] as const) {
      const etag = (await curl('GET', address)).headers.get('etag') ?? ''
      const answers = await Promise.all(['one', 'two', 'three'].map(text =>
        curl(method, address, { headers: { 'if-match': etag, 'content-type': 'application/json' }, body: JSON.stringify(body(text)) })))
      expect([address, ...answers.map(({ status }) => status).sort()]).toEqual([address, 200, 412, 412])
    }
  })
})
