import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createClient, loadApp, loadServer, type Client, type Serving } from '../../src/http/index.ts'
import { TOKEN } from '../support/fake-services/connection.ts'
import { fakeServices, keep, type FakeServices } from '../support/fake-services/index.ts'
import { inventBytes } from '../support/invented-data.ts'

const [{ createApp }, { serve }] = await Promise.all([loadApp(), loadServer()])

const DRAFT = { namespace: 'vision', name: 'pets', version: '1.0.0' }
const AT = '/api/v1/datasets/vision/pets/versions/1.0.0'

const running: Serving[] = []
afterEach(async () => {
  for (const serving of running.splice(0)) await serving.stop(200)
})

async function start(limits: { headWithinMs?: number, stalledAfterMs?: number } = {}): Promise<{ services: FakeServices, serving: Serving, client: Client }> {
  const services = fakeServices()
  await services.datasets.create(DRAFT)
  const { version } = services.world.resolve(DRAFT)
  services.world.contents.set(version.id, new Map(['a.txt', 'torn', 'unreadable'].map(path => [path, keep(path, inventBytes(1, 3_000_000))])))
  const serving = await serve(createApp(services, { token: TOKEN, heartbeatMs: 50 }), { port: 0, token: TOKEN, ...limits })
  running.push(serving)
  return { services, serving, client: createClient({ baseUrl: serving.url, token: TOKEN }) }
}

/** Sends bytes as they are and answers what comes back until the connection ends. */
async function raw(port: number, text: string, patienceMs = 3000): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', data => { received += String(data) })
  socket.on('error', () => undefined)
  socket.write(text)
  const timer = setTimeout(() => socket.destroy(), patienceMs)
  await once(socket, 'close')
  clearTimeout(timer)
  return received
}

const head = (port: number, line: string, headers = `Host: 127.0.0.1:${port}`): string => `${line}\r\n${headers}\r\nConnection: close\r\n\r\n`

describe('over sockets', () => {
  it('a caller that goes away in the middle of an upload changes nothing', async () => {
    const { services, serving } = await start()
    const before = services.world.fingerprint()
    const socket = connect(serving.port, '127.0.0.1')
    socket.write(`PUT ${AT}/files/half HTTP/1.1\r\nHost: 127.0.0.1:${serving.port}\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(500)}`)
    await new Promise(resolve => setTimeout(resolve, 100))
    socket.destroy()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(services.world.fingerprint()).toBe(before)
    expect(services.logged).toEqual([])
  })

  it('a body that is shorter or longer than announced changes nothing', async () => {
    const { services, serving } = await start()
    const before = services.world.fingerprint()
    await raw(serving.port, `PUT ${AT}/files/short HTTP/1.1\r\nHost: 127.0.0.1:${serving.port}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, 200)
    await raw(serving.port, `PUT ${AT}/files/both HTTP/1.1\r\nHost: 127.0.0.1:${serving.port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 300)
    expect(services.world.fingerprint()).toBe(before)
  })

  it('breaks the connection off where a file can not be read to its end, and writes nothing into it', async () => {
    const { serving, client } = await start()
    const answer = await raw(serving.port, head(serving.port, `GET ${AT}/files/torn HTTP/1.1`))
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
    expect(answer).toContain('content-length: 3000000')
    expect(body.length).toBeLessThan(3_000_000)
    expect(body).not.toContain('Error')
    const read = await client.files.read(DRAFT, 'torn')
    await expect((async () => {
      for await (const part of read.bytes) void part
    })()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
    await expect(client.files.read(DRAFT, 'unreadable')).rejects.toMatchObject({ code: 'CHUNK_DAMAGED' })
  })

  it('answers hostile requests with problems and goes on', async () => {
    const { serving } = await start()
    const { port } = serving
    const status = (answer: string): string => answer.split('\r\n')[0]?.split(' ')[1] ?? ''
    expect(status(await raw(port, head(port, 'GET /healthz HTTP/1.1', 'Host: evil.example')))).toBe('403')
    expect(status(await raw(port, head(port, 'GET /healthz HTTP/1.1', `Host: evil.example\r\nHost: 127.0.0.1:${port}`)))).toMatch(/^40[03]$/)
    expect(status(await raw(port, head(port, 'GET http://evil.example/healthz HTTP/1.1', 'Host: evil.example')))).toBe('403')
    expect(status(await raw(port, head(port, 'GET /healthz HTTP/1.1', 'X-None: 1')))).toBe('400')
    expect(status(await raw(port, head(port, 'GET /healthz HTTP/1.0', 'X-None: 1')))).toMatch(/^40[03]$/)
    expect(status(await raw(port, head(port, `GET ${AT}/files/..%2f..%2fx HTTP/1.1`)))).toBe('400')
    expect(status(await raw(port, head(port, `GET ${AT}/files/../../../../../../../../etc/passwd HTTP/1.1`)))).toBe('404')
    expect(status(await raw(port, head(port, `GET ${AT}/files/a\\b HTTP/1.1`)))).toBe('400')
    expect(status(await raw(port, head(port, 'GET //evil.example/healthz HTTP/1.1')))).toMatch(/^40/)
    expect(status(await raw(port, head(port, 'GET healthz HTTP/1.1')))).toMatch(/^40/)
    expect(status(await raw(port, 'nonsense\r\n\r\n'))).toBe('400')
    expect(status(await raw(port, head(port, 'GET /healthz HTTP/1.1', `Host: 127.0.0.1:${port}\r\nX-Long: ${'x'.repeat(40_000)}`)))).toBe('431')
    for (const method of ['TRACE', 'PROPFIND', 'OPTIONS']) expect(status(await raw(port, head(port, `${method} /healthz HTTP/1.1`)))).toBe('405')
    expect(status(await raw(port, `CONNECT evil.example:80 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, 300))).not.toMatch(/^2/)
    expect(status(await raw(port, head(port, 'GET /healthz HTTP/1.1')))).toBe('200')
  })

  it('cuts a head that does not come to its end, and a body or reader that stands still, but not a caller who waits', async () => {
    const { serving, services } = await start({ headWithinMs: 150, stalledAfterMs: 150 })
    const { port } = serving
    const host = `Host: 127.0.0.1:${port}\r\n`
    const before = services.world.fingerprint()
    const started = performance.now()
    expect(await raw(port, `GET /healthz HTTP/1.1\r\n${host}X-Slow: `)).toMatch(/^(HTTP\/1.1 408|$)/)
    expect(await raw(port, `PUT ${AT}/files/slow HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\nhalf`)).toMatch(/^(HTTP\/1.1 408|$)/)
    expect(await raw(port, '')).toMatch(/^(HTTP\/1.1 408|$)/)
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(services.world.fingerprint()).toBe(before)
    const { id } = services.jobs.start('test', 'slow', () => new Promise(resolve => setTimeout(resolve, 600)))
    expect(await raw(port, head(port, `GET /api/v1/jobs/${id}?wait=5 HTTP/1.1`))).toContain('"state":"done"')
  })

  it('stops: ends event streams at once, lets requests end, refuses new ones', async () => {
    const { serving, client, services } = await start()
    const events = (async () => {
      for await (const event of client.events()) void event
    })()
    let job = ''
    const importing = client.files.import({ source: '/endless', ref: 'vision/pets' }, { onStart: ({ id }) => { job = id } })
    const ended = expect(importing).rejects.toMatchObject({ code: expect.stringMatching(/CANCELLED|NODE_UNREACHABLE/) })
    await expect.poll(() => job).not.toBe('')
    const stopping = serving.stop(3000)
    await events
    await services.jobs.stop()
    await Promise.all([stopping, ended])
    await expect(client.health()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
  })

  it('listens beyond loopback only with a token, and says so when a port is taken', async () => {
    const { serving } = await start()
    const app = createApp(fakeServices(), {})
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org']) {
      await expect(serve(app, { host, port: 0 })).rejects.toMatchObject({ code: 'TOKEN_REQUIRED' })
      await expect(serve(app, { host, port: 0, token: '' })).rejects.toMatchObject({ code: 'TOKEN_REQUIRED' })
    }
    await expect(serve(app, { port: serving.port })).rejects.toMatchObject({ code: 'PORT_IN_USE', facts: { port: serving.port } })
    await expect(serve(app, { host: '203.0.113.1', port: 0, token: TOKEN })).rejects.toMatchObject({ code: 'USAGE' })
    const open = await serve(createApp(fakeServices(), { token: TOKEN }), { host: '0.0.0.0', port: 0, token: TOKEN })
    running.push(open)
    expect((await fetch(`http://127.0.0.1:${open.port}/healthz`)).status).toBe(200)
  })

  it('lets go of a reader that reads nothing, and of what was opened for it', async () => {
    const { serving, services } = await start({ stalledAfterMs: 150 })
    const { read } = services.files
    let sent = 0
    let open = false
    Object.assign(services.files, {
      read: async (...args: Parameters<typeof read>) => ({
        ...await read(...args),
        bytes: (async function* () {
          open = true
          try {
            for (;;) {
              yield inventBytes(1, 65_536)
              sent += 65_536
            }
          } finally {
            open = false
          }
        })()
      })
    })
    const socket = connect(serving.port, '127.0.0.1')
    socket.pause()
    socket.write(head(serving.port, `GET ${AT}/files/a.txt HTTP/1.1`))
    await expect.poll(() => open).toBe(true)
    await expect.poll(() => open, { timeout: 10_000 }).toBe(false)
    expect(sent).toBeLessThan(30_000_000)
    socket.destroy()
  })

  it('goes on answering while a reader reads nothing', async () => {
    const { serving, client } = await start()
    const socket = connect(serving.port, '127.0.0.1')
    socket.pause()
    socket.write(head(serving.port, `GET ${AT}/files/a.txt HTTP/1.1`))
    for (let i = 0; i < 20; i++) expect((await client.health()).status).toBe('ok')
    socket.destroy()
  })
})
