import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { overSockets } from '../../src/daemon/over-sockets.ts'
import { type Client, createClient, type Fetch, loadApp, loadServer } from '../../src/http/index.ts'
import { TOKEN } from '../support/fake-services/connection.ts'
import { type FakeServices, fakeServices } from '../support/fake-services/index.ts'
import { inventBytes } from '../support/invented-data.ts'

const [{ createApp }, { serve }] = await Promise.all([loadApp(), loadServer()])

const DRAFT = { namespace: 'vision', name: 'pets', version: '1.0.0' }
const MIB = 1024 * 1024
const PIECE = inventBytes(3, 64 * 1024)

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
})

/** The two ways to a node: what scripts and browsers have, and what commands use. */
const WAYS: readonly (readonly [string, () => Fetch | undefined])[] = [
  ['the platform\'s fetch', () => undefined],
  ['sockets', () => {
    const { fetch, close } = overSockets()
    endings.push(close)
    return fetch
  }]
]

const over = (url: string, fetch: Fetch | undefined): Client => createClient({ baseUrl: url, token: TOKEN, fetch })

async function startNode(fetch: Fetch | undefined): Promise<{ client: Client, services: FakeServices }> {
  const services = fakeServices()
  await services.datasets.create(DRAFT)
  const serving = await serve(createApp(services, { token: TOKEN, heartbeatMs: 50 }), { port: 0, token: TOKEN })
  endings.push(() => serving.stop(200))
  return { services, client: over(serving.url, fetch) }
}

/** Something that speaks HTTP as it likes. */
async function startServer(fetch: Fetch | undefined, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ client: Client, url: string, sockets: Set<Socket> }> {
  const server = createServer(answer)
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  endings.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { client: over(url, fetch), url, sockets }
}

const openOf = (sockets: Set<Socket>): number => [...sockets].filter(socket => !socket.destroyed).length

async function joined(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
}

/** Writes until told to stop, as fast as it is read. Answers how much was sent. */
function endlessly(response: ServerResponse): { sent: number } {
  const count = { sent: 0 }
  const write = (): void => {
    while (!response.destroyed && response.write(PIECE)) count.sent += PIECE.length
  }
  response.on('drain', write)
  write()
  return count
}

/** Takes a body and never answers. */
function listener(): { server: (request: IncomingMessage) => void, ended: string[] } {
  const ended: string[] = []
  const server = (request: IncomingMessage): void => {
    request.on('error', () => undefined).on('close', () => ended.push(request.complete ? 'complete' : 'broken off'))
    request.resume()
  }
  return { server, ended }
}

/** Sends without end; does something each time after so many bytes. */
async function* until(bytes: number, then: () => void, atEnd?: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let sent = 0; ; sent += PIECE.length) {
      if (sent > bytes) then()
      yield PIECE
      await new Promise(resolve => setImmediate(resolve))
    }
  } finally {
    atEnd?.()
  }
}

describe.each(WAYS)('the client over %s', (_, connect) => {
  it('asks and is answered, in any script', async () => {
    const { client } = await startNode(connect())
    const path = 'a/über 100%?#&+猫.txt'
    const written = await client.files.write(DRAFT, path, Buffer.from('miaow'), { message: 'für 猫', mediaType: 'text/plain' })
    expect(written).toMatchObject({ path, size: 5 })
    expect((await client.files.stat(DRAFT, path)).path).toBe(path)
    expect(String(await joined((await client.files.read(DRAFT, path)).bytes))).toBe('miaow')
    expect((await client.datasets.edit(DRAFT, { description: '猫 und ä' })).description).toBe('猫 und ä')
    expect(await client.files.remove(DRAFT, path)).toBeUndefined()
    await expect(client.files.stat(DRAFT, path)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', facts: { path } })
    expect(await client.versions.csv(DRAFT)).toContain('1.0.0')
    expect((await client.sync({ wait: true })).missing).toEqual([])
  })

  it('moves large files out and in, byte for byte', async () => {
    const { client } = await startNode(connect())
    const bytes = inventBytes(11, 8 * MIB + 1)
    await client.files.write(DRAFT, 'streamed', inPieces(bytes), { size: bytes.length })
    await client.files.write(DRAFT, 'whole', bytes)
    for (const path of ['streamed', 'whole']) expect(Buffer.compare(await joined((await client.files.read(DRAFT, path)).bytes), bytes)).toBe(0)
    expect((await joined((await client.files.read(DRAFT, 'whole', { from: MIB, to: MIB + 5 })).bytes))).toEqual(Buffer.from(bytes.subarray(MIB, MIB + 5)))
  })

  it('tells who streams why it is refused, before all is sent', async () => {
    const { client, services } = await startNode(connect())
    await services.datasets.publish(DRAFT)
    let sent = 0
    const long = async function* (): AsyncGenerator<Uint8Array> {
      for (; sent < 2000 * MIB; sent += PIECE.length) yield PIECE
    }
    await expect(client.files.write(DRAFT, 'big', long())).rejects.toMatchObject({ code: 'VERSION_PUBLISHED' })
    expect(sent).toBeLessThan(100 * MIB)
    expect((await client.health()).status).toBe('ok')
  })

  it('hears events for as long as it listens', async () => {
    const { client, services } = await startNode(connect())
    const seen: string[] = []
    const controller = new AbortController()
    const job = setInterval(() => services.jobs.start('test', 'x', async () => 1), 20)
    endings.push(() => clearInterval(job))
    for await (const event of client.events({ topics: ['job'] })) if (seen.push(event.topic) === 3) break
    const listening = (async () => {
      for await (const event of client.events({ signal: controller.signal })) if (seen.push(event.topic) >= 6) controller.abort()
    })()
    await expect(listening).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(seen.length).toBeGreaterThanOrEqual(6)
  })

  it('ends the request when it is cancelled or left in the middle of a download, and reads no faster than it is read', async () => {
    const open = new Set<ServerResponse>()
    let count = { sent: 0 }
    const { client } = await startServer(connect(), (_, response) => {
      open.add(response)
      response.on('close', () => open.delete(response))
      count = endlessly(response)
    })
    const controller = new AbortController()
    const { bytes } = await client.files.read(DRAFT, 'x', { signal: controller.signal })
    const reader = bytes[Symbol.asyncIterator]()
    await reader.next()
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(count.sent).toBeLessThan(40 * MIB)
    controller.abort()
    await expect((async () => {
      for (;;) if ((await reader.next()).done === true) return
    })()).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => open.size).toBe(0)

    let got = 0
    for await (const part of (await client.files.read(DRAFT, 'x')).bytes) if ((got += part.length) > MIB) break
    await expect.poll(() => open.size).toBe(0)
    const slow = client.datasets.get(DRAFT) // Its JSON never ends.
    await expect.poll(() => open.size).toBe(1)
    for (const response of open) response.destroy()
    await expect(slow).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
  })

  it('ends the request when it is cancelled in the middle of an upload', async () => {
    const { server, ended } = listener()
    const { client } = await startServer(connect(), server)
    const controller = new AbortController()
    await expect(client.files.write(DRAFT, 'x', until(2 * MIB, () => controller.abort()), { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => ended).toEqual(['broken off'])
  })

  it('says so when the source of an upload breaks, and ends the request', async () => {
    const { server, ended } = listener()
    const { client } = await startServer(connect(), server)
    const broken = until(2 * MIB, () => { throw new Error('the disk is gone') })
    await expect(client.files.write(DRAFT, 'x', broken)).rejects.toMatchObject({ message: expect.stringContaining('the disk is gone') })
    await expect.poll(() => ended).toEqual(['broken off'])
  })

  it('says so when the node goes away: before it answers, within an answer, within a stream', async () => {
    const { client, url } = await startServer(connect(), (request, response) => {
      if (request.url === '/healthz') return void request.socket.destroy()
      response.writeHead(request.url?.endsWith('missing') === true ? 404 : 200, { 'content-length': 1000 })
      response.write('{"half":', () => setTimeout(() => request.socket.destroy(), 20))
    })
    const unreachable = { code: 'NODE_UNREACHABLE', exit: 1 }
    await expect(client.health()).rejects.toMatchObject({ ...unreachable, facts: { address: url } })
    await expect(client.datasets.get(DRAFT)).rejects.toMatchObject(unreachable)
    await expect(client.datasets.get({ ...DRAFT, name: 'missing' })).rejects.toMatchObject(unreachable)
    const { bytes } = await client.files.read(DRAFT, 'x')
    await expect(joined(bytes)).rejects.toMatchObject(unreachable)
  })

  it('says so when nobody answers, or not in time, or it is cancelled before', async () => {
    let open = 0
    const { client } = await startServer(connect(), (_, response) => {
      open++
      response.on('close', () => open--)
    })
    await expect(client.files.read(DRAFT, 'x', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(client.files.read(DRAFT, 'x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => open).toBe(0)
    await expect(over('http://127.0.0.1:1', connect()).health()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE', facts: { address: 'http://127.0.0.1:1' } })
  })
})

describe('over sockets', () => {
  it('an upload that is cancelled lets go of its source', async () => {
    const { fetch, close } = overSockets()
    endings.push(close)
    const { client } = await startServer(fetch, listener().server)
    const controller = new AbortController()
    let left = false
    await expect(client.files.write(DRAFT, 'x', until(MIB, () => controller.abort(), () => { left = true }), { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => left).toBe(true)
  })

  it('one connection serves one request after the other, and is closed with the way', async () => {
    const { fetch, close } = overSockets()
    const { signal } = new AbortController()
    const { client, sockets } = await startServer(fetch, (request, response) => {
      request.resume()
      request.on('end', () => {
        if (request.method === 'PATCH') response.writeHead(204).end()
        else if (request.headers['upload-concat'] === 'partial') response.writeHead(201, { location: '/api/v1/uploads/a' }).end()
        else response.end(JSON.stringify({ items: [], next: null, state: 'done', id: 'a', partial: true, metadata: {} }))
      })
    })
    for (let i = 0; i < 3; i++) await client.datasets.get(DRAFT)
    await joined((await client.files.read(DRAFT, 'x', { signal })).bytes)
    await client.files.write(DRAFT, 'x', inPieces(PIECE), { signal })
    await client.uploads.send(DRAFT, 'x', { size: PIECE.length, key: 'k', read: () => inPieces(PIECE) }, { signal })
    expect(sockets.size).toBe(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    close()
    await expect.poll(() => openOf(sockets)).toBe(0)
  })
})
