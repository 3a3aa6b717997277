import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asker, type Ask } from '../../support/fake-services/connection.ts'
import { fakeHash, fakeServices, keep, type FakeServices } from '../../support/fake-services/index.ts'
import { loadApp } from '../../../src/http/index.ts'

const { createApp } = await loadApp()

const AT = '/api/v1/datasets/vision/pets/versions/1.0.0'
const BYTES = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251))
const TAG = `"blake3:${Buffer.from(fakeHash(BYTES)).toString('hex')}"`

async function withFile(path = 'photos/a.jpg', bytes: Uint8Array = BYTES): Promise<{ services: FakeServices, ask: Ask }> {
  const services = fakeServices()
  const ask = asker(createApp(services, {}))
  await services.datasets.create({ namespace: 'vision', name: 'pets' })
  const { version } = services.world.resolve({ namespace: 'vision', name: 'pets' })
  services.world.contents.set(version.id, new Map([[path, keep(path, bytes)]]))
  return { services, ask }
}

const codeOf = async (response: Response): Promise<unknown> => (await response.json() as { code: string }).code
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

describe('reading a file', () => {
  it('L2: answers all bytes with their type, name, tag and length', async () => {
    const { ask } = await withFile()
    const response = await ask('GET', `${AT}/files/photos/a.jpg`)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg', 'content-length': '5000', etag: TAG, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache',
      'content-disposition': "inline; filename=\"a.jpg\"; filename*=UTF-8''a.jpg",
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff'
    })
    expect(await bytesOf(response)).toEqual(BYTES)
    const head = await ask('HEAD', `${AT}/files/photos/a.jpg`)
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag'), await head.text()]).toEqual([200, '5000', TAG, ''])
    expect((await ask('GET', `${AT}/files/photos/a.jpg?download=true`)).headers.get('content-disposition')).toMatch(/^attachment/)
  })

  it.each([
    ['bytes=0-0', 0, 1], ['bytes=10-19', 10, 20], ['bytes=4990-', 4990, 5000], ['bytes=4990-9999', 4990, 5000], ['bytes=-1', 4999, 5000], ['bytes=-9999', 0, 5000], ['BYTES=1-2', 1, 3],
    ['bytes=0-999999999999999999999999', 0, 5000]
  ])('L6: answers the range %s', async (range, from, to) => {
    const { ask } = await withFile()
    const response = await ask('GET', `${AT}/files/photos/a.jpg`, { headers: { range } })
    expect([response.status, response.headers.get('content-range'), response.headers.get('content-length')]).toEqual([206, `bytes ${from}-${to - 1}/5000`, String(to - from)])
    expect(await bytesOf(response)).toEqual(BYTES.subarray(from, to))
  })

  it.each(['bytes=5-2', 'bytes=a-b', 'bytes=', 'bytes=-', 'items=0-1', 'bytes=0-1,4-5', 'bytes=0-1, 9000-', 'bytes 0-1'])('answers the whole file for "%s"', async range => {
    const { ask } = await withFile()
    const response = await ask('GET', `${AT}/files/photos/a.jpg`, { headers: { range } })
    expect([response.status, (await bytesOf(response)).length]).toEqual([200, 5000])
  })

  it.each(['bytes=5000-', 'bytes=9000-9001', 'bytes=-0', 'bytes=6000-,7000-'])('refuses the range %s', async range => {
    const { ask } = await withFile()
    const response = await ask('GET', `${AT}/files/photos/a.jpg`, { headers: { range } })
    expect([response.status, response.headers.get('content-range'), await response.json()]).toMatchObject([416, 'bytes */5000', { code: 'RANGE_INVALID', size: 5000 }])
  })

  it('says "not changed" to who has the file, and honours If-Range', async () => {
    const { ask } = await withFile()
    for (const tag of [TAG, `W/${TAG}`, `"other", ${TAG}`, '*']) {
      const response = await ask('GET', `${AT}/files/photos/a.jpg`, { headers: { 'if-none-match': tag } })
      expect([tag, response.status, response.headers.get('etag'), await response.text()]).toEqual([tag, 304, TAG, ''])
    }
    expect((await ask('GET', `${AT}/files/photos/a.jpg`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    const ranged = async (tag: string): Promise<number> => (await ask('GET', `${AT}/files/photos/a.jpg`, { headers: { range: 'bytes=0-1', 'if-range': tag } })).status
    expect([await ranged(TAG), await ranged(`W/${TAG}`), await ranged('"other"'), await ranged('Wed, 21 Oct 2015 07:28:00 GMT')]).toEqual([206, 200, 200, 200])
  })

  it('reads an empty file', async () => {
    const { ask } = await withFile('empty', new Uint8Array())
    const response = await ask('GET', `${AT}/files/empty`)
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', ''])
    expect((await ask('GET', `${AT}/files/empty`, { headers: { range: 'bytes=0-' } })).status).toBe(416)
  })

  it.each([
    ['page.html', 'text/plain; charset=utf-8', 'inline'], ['page.xhtml', 'text/plain; charset=utf-8', 'inline'], ['a.xml', 'text/plain; charset=utf-8', 'inline'],
    ['a.js', 'text/plain; charset=utf-8', 'inline'], ['a.mjs', 'text/plain; charset=utf-8', 'inline'], ['a.css', 'text/plain; charset=utf-8', 'inline'], ['a.wasm', 'text/plain; charset=utf-8', 'inline'],
    ['a.svg', 'image/svg+xml', 'attachment'], ['a.webmanifest', 'text/plain; charset=utf-8', 'inline'], ['a.csv', 'text/csv; charset=utf-8', 'inline'], ['a.parquet', 'application/vnd.apache.parquet', 'inline'],
    ['a.json', 'application/json', 'inline'], ['a.unknown', 'application/octet-stream', 'inline'], ['a.mht', 'application/octet-stream', 'attachment'], ['a.xsl', 'text/plain; charset=utf-8', 'inline'], ['README', 'application/octet-stream', 'inline']
  ])('serves %s as %s, %s: never as active content', async (name, type, kind) => {
    const { ask } = await withFile(name)
    const { headers } = await ask('GET', `${AT}/files/${name}`)
    expect([headers.get('content-type'), headers.get('content-disposition')?.split(';')[0]]).toEqual([type, kind])
    expect(headers.get('content-security-policy')).toMatch(/^sandbox;/)
  })

  it.each(['text/html', 'TEXT/HTML; charset=utf-8', 'application/xhtml+xml', 'text/xml', 'multipart/related', 'application/javascript', 'text/x-anything', 'x/y'])(
    'a stated type of %s does not make a file active', async type => {
      const { ask } = await withFile()
      expect((await ask('PUT', `${AT}/files/b.bin`, { body: '<script>alert(1)</script>', headers: { 'content-type': type } })).status).toBe(201)
      expect((await ask('GET', `${AT}/files/b.bin`)).headers.get('content-type')).toMatch(/^(text\/plain; charset=utf-8|application\/octet-stream)$/)
    })

  it('names a file in any script', async () => {
    const { ask } = await withFile('a "q" \u{1F41F} ü%.txt')
    const { status, headers } = await ask('GET', `${AT}/files/${encodeURIComponent('a "q" \u{1F41F} ü%.txt')}`)
    expect([status, headers.get('content-disposition')]).toEqual([200, "inline; filename=\"a _q_ __ __.txt\"; filename*=UTF-8''a%20%22q%22%20%F0%9F%90%9F%20%C3%BC%25.txt"])
  })

  it('keeps files named through the id of a published version for ever, others never unasked', async () => {
    const { ask, services } = await withFile()
    const { version } = await services.datasets.publish({ namespace: 'vision', name: 'pets' })
    const cached = async (name: string): Promise<string | null> => (await ask('GET', `${AT.replace('1.0.0', name)}/files/photos/a.jpg`)).headers.get('cache-control')
    expect(await cached(version.id)).toBe('private, max-age=31536000, immutable')
    expect(await cached('1.0.0')).toBe('private, no-cache')
  })

  it('answers a problem where the first byte can not be read, and breaks off where a later one can not', async () => {
    const { ask } = await withFile('unreadable')
    expect(await codeOf(await ask('GET', `${AT}/files/unreadable`))).toBe('CHUNK_DAMAGED')
    const torn = await withFile('torn')
    const response = await torn.ask('GET', `${AT}/files/torn`)
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
  })

  it('stops reading when the reader goes away', async () => {
    const { ask, services } = await withFile()
    let ended = false
    const { read } = services.files
    Object.assign(services.files, {
      read: async (...args: Parameters<typeof read>) => ({
        ...await read(...args),
        bytes: (async function* () {
          try {
            for (;;) yield BYTES
          } finally {
            ended = true
          }
        })()
      })
    })
    const response = await ask('GET', `${AT}/files/photos/a.jpg`)
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(ended).toBe(true)
  })

  it('decodes a path exactly once and refuses hostile ones', async () => {
    const { ask } = await withFile('a%2Fb', BYTES)
    expect((await ask('GET', `${AT}/files/a%252Fb`)).status).toBe(200)
    for (const path of ['a%00b', '%2Fetc%2Fpasswd', '..%2f..%2fetc', 'a%2f..%2fb', 'a%2F%2Fb', 'a%5Cb', 'a%', '%zz', '%ff', 'a/', 'a//b', `${'x'.repeat(300)}`, '%ed%a0%80', 'a%0d%0ab']) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
        const response = await ask(method, `${AT}/files/${path}`, method === 'PUT' ? { body: 'x' } : {})
        expect([path, method, response.status]).toEqual([path, method, 400])
        if (method !== 'HEAD') expect(await codeOf(response)).toBe('PATH_INVALID')
      }
    }
  })

  it('says what is no file', async () => {
    const { ask } = await withFile()
    expect(await codeOf(await ask('GET', `${AT}/files/nothing`))).toBe('FILE_NOT_FOUND')
    expect(await codeOf(await ask('GET', `${AT}/files/photos`))).toBe('FILE_NOT_FOUND')
    await ask('POST', `${AT}/edits`, { json: [{ op: 'link', path: 'far', url: 'https://example.org/x' }] })
    expect(await (await ask('GET', `${AT}/files/far`)).json()).toMatchObject({ code: 'FILE_NOT_FOUND', url: 'https://example.org/x' })
  })
})

describe('writing a file', () => {
  it('L2: puts, replaces and removes', async () => {
    const { ask } = await withFile()
    const made = await ask('PUT', `${AT}/files/b/c.txt?message=first&executable=true`, { body: 'abc' })
    expect([made.status, await made.json()]).toMatchObject([201, { type: 'file', path: 'b/c.txt', size: 3, mediaType: 'text/plain', executable: true }])
    expect((await ask('PUT', `${AT}/files/b/c.txt`, { body: 'abcd' })).status).toBe(200)
    expect(await (await ask('GET', `${AT}/files/b/c.txt`)).text()).toBe('abcd')
    expect((await ask('DELETE', `${AT}/files/b/c.txt`)).status).toBe(204)
    expect(await codeOf(await ask('DELETE', `${AT}/files/b/c.txt`))).toBe('FILE_NOT_FOUND')
    expect((await ask('DELETE', `${AT}/files/photos?recursive=true`)).status).toBe(204)
    expect((await ask('PUT', `${AT}/files/empty`)).status).toBe(201)
  })

  it('checks x-blake3, Content-Digest and the size; nothing is changed where they differ', async () => {
    const { ask, services } = await withFile()
    const body = Buffer.from('hello')
    const sha = (name: string, bytes: Uint8Array): string => createHash(name).update(bytes).digest('base64')
    const blake = Buffer.from(fakeHash(body)).toString('hex')
    const good = [
      { 'x-blake3': blake }, { 'x-blake3': `BLAKE3:${blake.toUpperCase()}` }, { 'x-blake3': `blake3:${blake}` }, { 'content-digest': `blake3=:${Buffer.from(blake, 'hex').toString('base64')}:` },
      { 'content-digest': `sha-256=:${sha('sha256', body)}:` }, { 'content-digest': `md5=:abcd:, sha-512=:${sha('sha512', body)}:` }, { 'x-size': '5' }
    ]
    for (const headers of good) expect([headers, (await ask('PUT', `${AT}/files/h`, { body, headers: headers as Record<string, string> })).status < 300]).toEqual([headers, true])
    const before = services.world.fingerprint()
    const wrong = [
      [{ 'x-blake3': 'ab'.repeat(32) }, 'CONTENT_MISMATCH'], [{ 'content-digest': `sha-256=:${sha('sha256', Buffer.from('hallo'))}:` }, 'CONTENT_MISMATCH'], [{ 'x-size': '6' }, 'CONTENT_MISMATCH'],
      [{ 'x-blake3': 'short' }, 'FIELD_INVALID'], [{ 'content-digest': 'nonsense' }, 'FIELD_INVALID'], [{ 'content-digest': 'md5=:abcd:' }, 'FIELD_INVALID'], [{ 'x-size': '-1' }, 'FIELD_INVALID'], [{ 'x-size': '1e3' }, 'FIELD_INVALID']
    ] as const
    for (const [headers, code] of wrong) expect([headers, await codeOf(await ask('PUT', `${AT}/files/h`, { body: 'hello', headers }))]).toEqual([headers, code])
    expect(services.world.fingerprint()).toBe(before)
  })

  it('writes only what the caller thinks is there: If-Match and If-None-Match', async () => {
    const { ask } = await withFile()
    const put = async (path: string, headers: Record<string, string>): Promise<number> => (await ask('PUT', `${AT}/files/${path}`, { body: 'x', headers })).status
    expect(await put('photos/a.jpg', { 'if-none-match': '*' })).toBe(412)
    expect(await put('new', { 'if-none-match': '*' })).toBe(201)
    expect(await put('photos/a.jpg', { 'if-match': '"other"' })).toBe(412)
    expect(await put('other', { 'if-match': '*' })).toBe(412)
    expect((await ask('DELETE', `${AT}/files/photos/a.jpg`, { headers: { 'if-match': '"other"' } })).status).toBe(412)
    expect(await put('photos/a.jpg', { 'if-match': TAG })).toBe(200)
  })

  it('keeps a media type that was stated, not what tools send for want of one', async () => {
    const { ask } = await withFile()
    const typed = async (type: string): Promise<string> => (await (await ask('PUT', `${AT}/files/t.bin`, { body: 'x', headers: { 'content-type': type } })).json() as { mediaType: string }).mediaType
    expect([await typed('application/x-mine'), await typed('application/octet-stream'), await typed('application/x-www-form-urlencoded'), await typed('nonsense')])
      .toEqual(['application/x-mine', 'application/octet-stream', 'application/octet-stream', 'application/octet-stream'])
  })

  it('a body that breaks off changes nothing', async () => {
    const { ask, services } = await withFile()
    const before = services.world.fingerprint()
    const body = ReadableStream.from((async function* () {
      yield Buffer.from('half')
      throw new Error('the client went away')
    })()) as never
    expect((await ask('PUT', `${AT}/files/half`, { body })).status).toBe(499)
    expect(services.logged).toEqual([])
    expect(services.world.fingerprint()).toBe(before)
  })

  it('many edits at once', async () => {
    const { ask, services } = await withFile()
    const edits = [
      { op: 'copy', from: 'photos/a.jpg', to: 'b.jpg' }, { op: 'move', from: 'photos/a.jpg', to: 'c.jpg', overwrite: true }, { op: 'mkdir', path: 'empty' },
      { op: 'link', path: 'far', url: 'https://example.org/x', size: 7, hash: `blake3:${'ab'.repeat(32)}` }, { op: 'remove', path: 'b.jpg' }
    ]
    expect(await (await ask('POST', `${AT}/edits?message=tidy`, { json: edits })).json()).toEqual({ changed: 5 })
    expect(await (await ask('GET', `${AT}/files`)).json()).toMatchObject({ items: [{ path: 'c.jpg' }, { path: 'empty', type: 'folder' }, { path: 'far', type: 'link', size: 7 }], next: null })
    const before = services.world.fingerprint()
    for (const wrong of [[], [{ op: 'explode', path: 'a' }], [{ op: 'move', from: 'a' }], [{ op: 'mkdir', path: 'x', extra: 1 }], { op: 'mkdir', path: 'x' }, [{ op: 'mkdir', path: '../x' }]]) {
      expect([400, 422]).toContain((await ask('POST', `${AT}/edits`, { json: wrong })).status)
    }
    expect(await codeOf(await ask('POST', `${AT}/edits`, { json: [{ op: 'mkdir', path: 'x' }, { op: 'remove', path: 'nothing' }] }))).toBe('FILE_NOT_FOUND')
    expect(services.world.fingerprint()).toBe(before)
  })
})

describe('listings', () => {
  async function withMany(): Promise<{ services: FakeServices, ask: Ask }> {
    const made = await withFile()
    const { version } = made.services.world.resolve({ namespace: 'vision', name: 'pets' })
    const paths = ['a/1', 'a/2', 'a/b/3', 'c', 'd']
    made.services.world.contents.set(version.id, new Map(paths.map(path => [path, keep(path, Buffer.from(path))])))
    return made
  }
  const rows = async (response: Response): Promise<{ path: string, type: string }[]> => (await response.json() as { items: { path: string, type: string }[] }).items

  it('A3: lists a folder, everything, or a page at a time', async () => {
    const { ask } = await withMany()
    expect((await rows(await ask('GET', `${AT}/files`))).map(row => [row.path, row.type])).toEqual([['a', 'folder'], ['c', 'file'], ['d', 'file']])
    expect((await rows(await ask('GET', `${AT}/files?prefix=a/`))).map(row => row.path)).toEqual(['a/1', 'a/2', 'a/b'])
    expect((await rows(await ask('GET', `${AT}/files?recursive=true&prefix=a`))).map(row => row.path)).toEqual(['a/1', 'a/2', 'a/b/3'])
    const first = await (await ask('GET', `${AT}/files?recursive=true&limit=3`)).json() as { next: string }
    expect((await rows(await ask('GET', `${AT}/files?recursive=true&limit=3&cursor=${encodeURIComponent(first.next)}`))).map(row => row.path)).toEqual(['c', 'd'])
    expect(await (await ask('GET', `${AT}/entry?path=a/b/3`)).json()).toMatchObject({ type: 'file', size: 5 })
    expect(await codeOf(await ask('GET', `${AT}/files?prefix=../x`))).toBe('PATH_INVALID')
  })

  it('A3: says how long a folder is and where its pages begin, so that the last one can be asked for', async () => {
    const { ask } = await withMany()
    const outline = async (query: string): Promise<{ entries: number, cursors: string[] }> => await (await ask('GET', `${AT}/outline${query}`)).json() as { entries: number, cursors: string[] }
    expect(await outline('')).toEqual({ entries: 3, cursors: [] })
    expect(await outline('?limit=3')).toEqual({ entries: 3, cursors: [] })
    expect(await outline('?limit=1')).toEqual({ entries: 3, cursors: ['a', 'c'] })
    const { entries, cursors } = await outline('?prefix=a&limit=2')
    expect([entries, (await rows(await ask('GET', `${AT}/files?prefix=a&limit=2&cursor=${encodeURIComponent(cursors[0] ?? '')}`))).map(row => row.path)]).toEqual([3, ['a/b']])
    expect(await codeOf(await ask('GET', `${AT}/outline?prefix=../x`))).toBe('PATH_INVALID')
  })

  it('streams every entry as NDJSON where asked to', async () => {
    const { ask } = await withMany()
    const response = await ask('GET', `${AT}/files`, { headers: { accept: 'application/x-ndjson' } })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect((await response.text()).trim().split('\n').map(line => (JSON.parse(line) as { path: string }).path)).toEqual(['a/1', 'a/2', 'a/b/3', 'c', 'd'])
  })

  it('tells a failure on the way as the last line and breaks off', async () => {
    const { ask, services } = await withMany()
    const { entries } = services.files
    Object.assign(services.files, {
      entries: async function* (...args: Parameters<typeof entries>) {
        yield* entries(...args)
        throw new Error('secret')
      }
    })
    const response = await ask('GET', `${AT}/files`, { headers: { accept: 'application/x-ndjson' } })
    const text: string[] = []
    await expect((async () => {
      for await (const piece of response.body ?? []) text.push(Buffer.from(piece).toString())
    })()).rejects.toThrow()
    expect(JSON.parse(text.join('').trim().split('\n').at(-1) ?? '')).toMatchObject({ problem: { code: 'INTERNAL', status: 500 } })
    expect(text.join('')).not.toContain('secret')
  })

  it('W2: diffs against the parent, another version, or nothing', async () => {
    const { ask, services } = await withMany()
    const all = (await (await ask('GET', `${AT}/diff`)).text()).trim().split('\n').map(line => JSON.parse(line) as { change: string })
    expect(all.map(item => item.change)).toEqual(Array(5).fill('added'))
    await services.datasets.publish({ namespace: 'vision', name: 'pets' })
    await services.datasets.createVersion({ namespace: 'vision', name: 'pets' }, { number: '1.1.0', mode: 'inherit', from: ['1.0.0'] })
    const next = AT.replace('1.0.0', '1.1.0')
    await ask('PUT', `${next}/files/c`, { body: 'new' })
    await ask('DELETE', `${next}/files/d`)
    await ask('PUT', `${next}/files/e`, { body: 'e' })
    for (const query of ['', '?against=1.0.0', '?against=vision/pets@1.0.0']) {
      const lines = (await (await ask('GET', `${next}/diff${query}`)).text()).trim().split('\n').map(line => JSON.parse(line) as { path: string, change: string, before: unknown, after: unknown })
      expect(lines.map(line => [line.path, line.change, line.before === null, line.after === null])).toEqual([['c', 'modified', false, false], ['d', 'removed', false, true], ['e', 'added', true, false]])
    }
    expect(await codeOf(await ask('GET', `${next}/diff?against=9.9.9`))).toBe('VERSION_NOT_FOUND')
  })

  it('K4: streams archives', async () => {
    const { ask } = await withMany()
    for (const [format, media] of [['tar', 'application/x-tar'], ['tar.gz', 'application/gzip'], ['zip', 'application/zip']] as const) {
      const response = await ask('GET', `${AT}/archive.${format}?prefix=a`)
      expect([response.headers.get('content-type'), response.headers.get('content-disposition')]).toEqual([media, `attachment; filename="pets-1.0.0.${format}"; filename*=UTF-8''pets-1.0.0.${format}`])
      expect((await response.text()).split('\n')).toHaveLength(4)
    }
    expect((await ask('GET', `${AT}/archive.rar`)).status).toBe(404)
    expect((await ask('POST', `${AT}/archive`)).status).toBe(200)
  })
})
