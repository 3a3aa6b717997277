import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { FAILURES } from '../../../src/errors/index.ts'
import { loadApp } from '../../../src/http/index.ts'
import { requestOf, type Described, type Drawn } from '../../support/fake-services/arbitrary.ts'
import { asker, TOKEN, WITH_TOKEN, type Ask } from '../../support/fake-services/connection.ts'
import { fakeServices, keep, type FakeServices } from '../../support/fake-services/index.ts'
import { answerChecker } from '../../support/fake-services/schemas.ts'

const { createApp } = await loadApp()

/** Requests to one world, and worlds: 5,000 calls; any other number by `node scripts/fuzz.mjs --calls 100000`. */
const CALLS = 25
const WORLDS = Math.ceil(Number(process.env['SHOAL_FUZZ_CALLS'] ?? 5000) / CALLS)

async function world(): Promise<{ services: FakeServices, ask: Ask }> {
  const services = fakeServices()
  await services.datasets.create({ namespace: 'vision', name: 'pets', tags: ['1'] })
  const { version } = services.world.resolve({ namespace: 'vision', name: 'pets' })
  services.world.contents.set(version.id, new Map(['a.txt', 'photos/a.jpg'].map(path => [path, keep(path, Buffer.from(path))])))
  await services.datasets.publish({ namespace: 'vision', name: 'pets' })
  await services.datasets.createVersion({ namespace: 'vision', name: 'pets' }, { number: '1.1.0', name: 'next', mode: 'inherit', from: ['1.0.0'] })
  return { services, ask: asker(createApp(services, { token: TOKEN })) }
}

it('answers every request, however wrong, with what its description says, and a refused one changes nothing', async () => {
  const document: unknown = await (await (await world()).ask('GET', '/openapi.json')).json()
  const check = answerChecker(document as never)
  const seen = new Map<number, number>()

  const call = async ({ services, ask }: Awaited<ReturnType<typeof world>>, drawn: Drawn): Promise<void> => {
    const before = services.world.fingerprint()
    const response = await ask(drawn.method, drawn.address, { headers: { ...drawn.headers, ...WITH_TOKEN }, ...drawn.body === undefined ? {} : { body: drawn.body } })
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
    const media = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
    if (media === 'text/event-stream') return await response.body?.cancel()
    const text = await response.text()
    if (response.status >= 400) {
      expect(response.status, text).toBeLessThan(500)
      expect(media).toBe('application/problem+json')
      const problem = JSON.parse(text) as { code: keyof typeof FAILURES, status: number, title: string, detail: string, advice: string, type: string }
      expect(FAILURES[problem.code]).toMatchObject({ status: response.status, title: problem.title, advice: problem.advice })
      expect([typeof problem.detail, problem.type, problem.status]).toEqual(['string', `/docs#${problem.code}`, response.status])
      expect(text).not.toMatch(/\.ts:\d+|node_modules|at Object\./)
      if (problem.code !== 'ROUTE_NOT_FOUND' && problem.code !== 'METHOD_NOT_ALLOWED') check(drawn.method, drawn.address, response.status, media, problem)
      expect(services.world.fingerprint(), `a refused ${drawn.method} ${drawn.address} changed something`).toBe(before)
      return
    }
    if (media === 'application/json' && !drawn.address.includes('/files/')) check(drawn.method, drawn.address, response.status, media, JSON.parse(text))
    if (drawn.method === 'GET') expect(services.world.fingerprint()).toBe(before)
  }

  await fc.assert(fc.asyncProperty(fc.array(requestOf(document as Described), { minLength: CALLS, maxLength: CALLS }), async requests => {
    const made = await world()
    for (const drawn of requests) await call(made, drawn)
  }), { numRuns: WORLDS })

  // The dice must reach both sides: answers that succeed and refusals of every kind.
  expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 201, 204, 400, 404, 409, 422]))
  expect(seen.get(200)).toBeGreaterThan(CALLS * WORLDS / 20)
}, 60_000 + WORLDS * 1000)
