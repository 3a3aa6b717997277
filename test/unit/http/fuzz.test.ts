import { join, resolve } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { FAILURES } from '../../../src/errors/index.ts'
import { type Services, loadApp } from '../../../src/http/index.ts'
import { type Described, type Drawn, type Hits, requestOf } from '../../support/fake-services/arbitrary.ts'
import { type Ask, TOKEN, WITH_TOKEN, asker } from '../../support/fake-services/connection.ts'
import { World, fakeNetwork } from '../../support/fake-services/index.ts'
import { answerChecker } from '../../support/fake-services/schemas.ts'
import { type Whole, wholeServices } from '../../support/whole-services.ts'

const { createApp } = await loadApp()

/** Requests to one world, and worlds: 2,000 calls; 5,000 in .ci/run, and any other number by `node scripts/fuzz.mjs --calls 100000`. */
const CALLS = 25
const WORLDS = Math.ceil(Number(process.env['SHOAL_FUZZ_CALLS'] ?? 2000) / CALLS)

interface Fuzzed { readonly whole: Whole, readonly ask: Ask, readonly hits: Hits, fingerprint(): string }

/** All rooms as they are, with something of everything in them; each world is the same, ids included. */
async function world(): Promise<Fuzzed> {
  const whole = wholeServices()
  const { client } = whole
  const pets = await whole.shoal.datasets.create({ namespace: 'vision', name: 'pets', tags: ['1'] })
  const draft = await pets.currentVersion()
  await whole.world.put(draft.ref, { 'a.txt': 'a.txt', 'photos/a.jpg': 'photos/a.jpg', 'labels.csv': 'name,label\na,cat\n', 'README.md': '---\nlicense: mit\n---\n# Pets\n' })
  await draft.link('far.jpg', 'https://example.org/far.jpg')
  await draft.publish()
  await pets.createVersion({ number: '1.1.0', name: 'next', parents: ['1.0.0'] })
  await (await pets.createVersion({ number: '1.2.0', name: 'old' })).archive()
  const run = await client.experiments.start({ name: 'one', versions: ['vision/pets@1.1.0'] })
  const issue = await client.versions.addIssue(draft.ref, { title: 'dark' })
  const upload = await whole.services.uploads.create({ length: 3, partial: false, target: { ref: { ...pets.ref, version: 'next' }, path: 'up.txt', executable: false }, metadata: '' })
  const network = new World()
  const services: Services = { ...whole.services, files: jailed(whole), network: fakeNetwork(network) }
  return {
    whole, hits: { id: ['1', '2', run.id, issue.id, upload.id] }, ask: asker(createApp(services, { token: TOKEN })),
    fingerprint: () => whole.fingerprint() + network.fingerprint()
  }
}

/** Folders of the machine, as the requests name them, are folders below one of the test's own. */
function jailed({ services: { files }, path }: Whole): Services['files'] {
  const inside = (folder: string): string => join(path('root'), resolve('/', folder))
  return { ...files, import: (source, ...rest) => files.import(inside(source), ...rest), checkout: (ref, folder, ...rest) => files.checkout(ref, inside(folder), ...rest) }
}

it('answers every request, however wrong, with what its description says, and a refused one changes nothing', async () => {
  const first = await world()
  const document: unknown = await (await first.ask('GET', '/openapi.json')).json()
  first.whole.end()
  const check = answerChecker(document as never)
  const seen = new Map<number, number>()
  const met = new Set<string>()

  const call = async ({ whole, ask, fingerprint }: Fuzzed, drawn: Drawn): Promise<void> => {
    const before = fingerprint()
    // Dots between slashes lead elsewhere before anything is sent.
    const address = new URL(drawn.address, 'http://node').pathname
    const response = await ask(drawn.method, drawn.address, { headers: { ...drawn.headers, ...WITH_TOKEN }, ...drawn.body === undefined ? {} : { body: drawn.body } })
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
    if (response.status < 400) met.add(drawn.operation)
    const media = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
    if (media === 'text/event-stream') return await response.body?.cancel()
    const text = await response.text()
    await settled(whole)
    if (response.status >= 400) {
      expect(response.status, `${drawn.method} ${drawn.address} ${text} ${JSON.stringify(whole.logged)}`).toBeLessThan(500)
      expect(media).toBe('application/problem+json')
      const problem = JSON.parse(text) as { code: keyof typeof FAILURES, status: number, title: string, detail: string, advice: string, type: string }
      expect(FAILURES[problem.code]).toMatchObject({ status: response.status, title: problem.title, advice: problem.advice })
      expect([typeof problem.detail, problem.type, problem.status]).toEqual(['string', `/docs#${problem.code}`, response.status])
      expect(text).not.toMatch(/\.ts:\d+|node_modules|at Object\./)
      if (problem.code !== 'ROUTE_NOT_FOUND' && problem.code !== 'METHOD_NOT_ALLOWED') check(drawn.method, address, response.status, media, problem)
      expect(fingerprint(), `a refused ${drawn.method} ${drawn.address} changed something`).toBe(before)
      return
    }
    if (media === 'application/json' && !address.includes('/files/')) check(drawn.method, address, response.status, media, JSON.parse(text))
    if (drawn.method === 'GET') expect(fingerprint()).toBe(before)
  }

  await fc.assert(fc.asyncProperty(fc.array(requestOf(document as Described, first.hits), { minLength: CALLS, maxLength: CALLS }), async requests => {
    const made = await world()
    expect(made.hits).toEqual(first.hits)
    try {
      for (const drawn of requests) await call(made, drawn)
      expect(made.whole.logged).toEqual([])
    } finally {
      made.whole.end()
    }
  }), { numRuns: WORLDS })

  // The dice must reach both sides: answers that succeed and refusals of every kind (412 comes five times in 2,000 calls), and by far the
  // most operations at least once: of 97, 18 to 25 are never answered with success in so many calls.
  expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 201, 204, 400, 404, 409, 422, ...CALLS * WORLDS < 5000 ? [] : [412]]))
  expect(seen.get(200)).toBeGreaterThan(CALLS * WORLDS / 20)
  const operations = Object.entries((document as Described).paths).flatMap(([path, methods]) => Object.keys(methods).map(method => `${method} ${path}`))
  expect(operations.filter(operation => !met.has(operation)).length, `never answered: ${operations.filter(operation => !met.has(operation)).join(', ')}`).toBeLessThan(operations.length / 2)
}, 60_000 + WORLDS * 1000)

/** Until what was answered with a job has ended: its changes are its own, not the next request's. */
async function settled({ services: { jobs } }: Whole): Promise<void> {
  for (const job of jobs.list()) if (job.state === 'running') await jobs.ended(job.id)
}
