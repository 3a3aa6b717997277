import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blake3 } from '../../../src/chunks/index.ts'
import { createLinkReach, fetchLinks, linksOf, openLink } from '../../../src/files/index.ts'
import { formatHash } from '../../../src/model/index.ts'
import { PETS, bytesOf, filesWorld } from './support.ts'

describe('links', () => {
  const deleted: string[] = []
  let server: Server
  let base = ''
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.method === 'DELETE') deleted.push(request.url ?? '')
      if (request.url === '/moved') response.writeHead(302, { location: '/a.txt' }).end()
      else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
      else if (request.url === '/torn') response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy())
      else if (request.url === '/none') response.writeHead(404).end()
      else response.end('content')
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => { server.close() })

  const open = createLinkReach({ loopback: true })
  const read = async (url: string, fields: object = {}): Promise<string> => (await bytesOf(await openLink(open, { kind: 'link', path: 'x', url, ...fields }))).toString()

  it('W7: a link is fetched, over redirects, and checked against size and hash', async () => {
    const hash = blake3(Buffer.from('content'))
    expect(await read(`${base}/a.txt`)).toBe('content')
    expect(await read(`${base}/moved`, { size: 7, hash })).toBe('content')
    await expect(read(`${base}/a.txt`, { size: 6 })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    await expect(read(`${base}/a.txt`, { size: 8 })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    await expect(read(`${base}/a.txt`, { hash: blake3(Buffer.from('other')) })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    for (const path of ['/round', '/none', '/torn']) await expect(read(base + path)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
    await expect(read('http://127.0.0.1:1/x')).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
  })

  it.each(['http://127.0.0.1:80/', 'http://localhost/', 'http://[::1]/', 'http://0.0.0.0/', 'http://2130706433/', 'http://169.254.169.254/latest', 'http://[::ffff:127.0.0.1]/', 'file:///etc/passwd', 'nothing'])(
    'W7: a link to %s, which is this machine or no web address, is not followed', async url => {
      await expect(createLinkReach().read(url)).rejects.toMatchObject({ code: 'LINK_REFUSED' })
    })

  it('W7: links of a draft become files; those that fail stay and are told; C6: sources are deleted on demand', async () => {
    const world = await filesWorld()
    await world.datasets.create(PETS)
    const hash = formatHash(blake3(Buffer.from('content')))
    await world.files.edit(PETS, [{ op: 'link', path: 'a', url: `${base}/a.txt`, size: 7, hash }, { op: 'link', path: 'b', url: `${base}/none` }, { op: 'link', path: 'c', url: `${base}/a.txt`, size: 3 }])
    const report = await fetchLinks(world.files, open, PETS, {})
    expect(report).toMatchObject({ done: 1, bytes: 7, failed: [{ path: 'b', code: 'LINK_UNREACHABLE' }, { path: 'c', code: 'CONTENT_MISMATCH' }] })
    expect(await world.held(PETS)).toMatchObject({ a: 'content', b: `-> ${base}/none` })
    const left: string[] = []
    for await (const link of linksOf(world.files, PETS)) left.push(link.path)
    expect(left).toEqual(['b', 'c'])
    await open.remove(`${base}/gone`)
    expect(deleted).toEqual(['/gone'])
    await world.end()
  })
})
