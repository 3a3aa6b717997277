import { describe, expect, it } from 'vitest'
import { asker, type Ask, connectionFrom, ORIGIN, PORT } from '../../support/fake-services/connection.ts'
import { fakeServices, type FakeServices } from '../../support/fake-services/index.ts'
import { createClient, loadApp } from '../../../src/http/index.ts'

const { createApp, inProcessFetch } = await loadApp()

/** No test waits longer for an event. Milliseconds. */
const PATIENCE_MS = 3000

function node(heartbeatMs?: number): { services: FakeServices, ask: Ask } {
  const services = fakeServices()
  return { services, ask: asker(createApp(services, { heartbeatMs })) }
}

/** Reads a stream until `enough` says so. */
async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const reader = response.body?.getReader()
  let text = ''
  const limit = AbortSignal.timeout(PATIENCE_MS)
  while (!enough(text)) {
    limit.throwIfAborted()
    const step = await Promise.race([reader?.read(), new Promise<never>((_, reject) => limit.addEventListener('abort', () => reject(new Error(`nothing more came after: ${text}`)), { once: true }))])
    if (step === undefined || step.done) break
    text += Buffer.from(step.value).toString()
  }
  await reader?.cancel()
  return text
}

const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.+)$/gm)].map(match => match[1] ?? '')
const topicsIn = (text: string): string[] => [...text.matchAll(/^event: (.+)$/gm)].map(match => match[1] ?? '')

describe('server-sent events', () => {
  it('sends what happens, with rising ids, and only the topics asked for', async () => {
    const { services, ask } = node()
    const response = await ask('GET', '/api/v1/events?topics=job,dataset')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    services.events.emit('dataset', { dataset: 'd1' })
    services.events.emit('peer', { peer: 'p' })
    services.events.emit('job', { text: 'a\nb' })
    const text = await readUntil(response, text => topicsIn(text).length === 2)
    expect(text.startsWith('retry: ')).toBe(true)
    expect(topicsIn(text)).toEqual(['dataset', 'job'])
    expect(idsIn(text).map(id => Number(id.split('-')[1]))).toEqual([1, 3])
    expect(JSON.parse(/^data: (.+)$/m.exec(text)?.[1] ?? '')).toMatchObject({ topic: 'dataset', data: { dataset: 'd1' }, time: expect.stringMatching(/Z$/) })
  })

  it('goes on after Last-Event-ID, by header or query', async () => {
    const { services, ask } = node()
    for (let i = 0; i < 5; i++) services.events.emit('dataset', { i })
    const first = idsIn(await readUntil(await ask('GET', '/api/v1/events', { headers: { 'last-event-id': await idBefore(ask, services) } }), text => topicsIn(text).length >= 1))
    expect(first).toHaveLength(1)
    const [epoch] = (first[0] ?? '').split('-')
    expect(idsIn(await readUntil(await ask('GET', `/api/v1/events?after=${epoch}-3`), text => topicsIn(text).length >= 2)).slice(0, 2)).toEqual([`${epoch}-4`, `${epoch}-5`])
  })

  it('says reset where events were missed: too old, another start, nonsense', async () => {
    const { services, ask } = node()
    for (let i = 0; i < 1500; i++) services.events.emit('dataset', { i })
    const [epoch] = (await idBefore(ask, services)).split('-')
    for (const id of [`${epoch}-10`, 'zzzz-1499', 'nonsense', `${epoch}-999999`, `${epoch}-`]) {
      const text = await readUntil(await ask('GET', '/api/v1/events', { headers: { 'last-event-id': id } }), text => topicsIn(text).length >= 1)
      expect([id, topicsIn(text)]).toEqual([id, ['reset']])
      expect(Number(idsIn(text)[0]?.split('-')[1])).toBeGreaterThanOrEqual(1500)
    }
  })

  it('keeps the connection alive with heartbeats', async () => {
    const { ask } = node(20)
    expect(await readUntil(await ask('GET', '/api/v1/events'), text => text.split(': alive').length > 2)).toContain(': alive\n\n')
  })

  it('lets a reader go that does not read, and forgets who hung up', async () => {
    const { services, ask } = node()
    const slow = await ask('GET', '/api/v1/events')
    for (let i = 0; i < 3000; i++) services.events.emit('dataset', { i })
    let count = 0
    for await (const piece of slow.body ?? []) count += piece.length > 0 ? 1 : 0
    expect(count).toBeLessThan(1100)
    // Every reader that left makes room for another: far more come than may be there at once.
    for (let i = 0; i < 300; i++) await (await ask('GET', '/api/v1/events')).body?.cancel()
    const held = await Promise.all(Array.from({ length: 100 }, () => ask('GET', '/api/v1/events')))
    expect((await ask('GET', '/api/v1/events')).status).toBe(503)
    for (const response of held) await response.body?.cancel()
    expect((await ask('GET', '/api/v1/events')).status).toBe(200)
  })

  it('ends when the server begins to stop', async () => {
    const stopping = new AbortController()
    const app = createApp(fakeServices(), {})
    const response = await app.fetch(new Request(`${ORIGIN}/api/v1/events`, { headers: { host: `127.0.0.1:${PORT}` } }), { ...connectionFrom('127.0.0.1'), stopping: stopping.signal })
    stopping.abort()
    expect(await response.text()).toContain('retry')
  })

  it('the client iterates them and sees the progress of a job', async () => {
    const services = fakeServices()
    await services.datasets.create({ namespace: 'v', name: 'x' })
    const client = createClient({ baseUrl: 'http://node', fetch: inProcessFetch(createApp(services, {})) })
    const states: string[] = []
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const reading = (async () => {
      for await (const event of client.events({ topics: ['job'], signal })) {
        states.push((event.data.job as { state: string }).state)
        if (states.at(-1) === 'done') break
      }
    })()
    await new Promise(resolve => setTimeout(resolve, 20))
    await client.files.import({ source: '/x', ref: 'v/x' })
    await reading
    expect([states[0], states.at(-1)]).toEqual(['running', 'done'])
  })
})

/** The id of the last event but one. */
async function idBefore(ask: Ask, services: FakeServices): Promise<string> {
  const response = await ask('GET', '/api/v1/events')
  services.events.emit('probe', {})
  const [id] = idsIn(await readUntil(response, text => idsIn(text).length >= 1))
  const [epoch, number] = (id ?? '').split('-')
  return `${epoch}-${Number(number) - 1}`
}
