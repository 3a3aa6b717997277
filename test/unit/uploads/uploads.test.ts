import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blake3 } from '../../../src/chunks/index.ts'
import { ShoalError } from '../../../src/errors/index.ts'
import { formatHash } from '../../../src/model/index.ts'
import { type Progress, seededChance, silentLog } from '../../../src/runtime/index.ts'
import { getEntry } from '../../../src/trees/index.ts'
import { ChunkUploads, type NewUpload, type Upload, type UploadTarget } from '../../../src/uploads/index.ts'
import { type Whole, wholeServices } from '../../support/whole-services.ts'

const PETS = { namespace: 'vision', name: 'pets' }

async function* pieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('uploads', () => {
  let whole: Whole
  let uploads: ChunkUploads
  beforeEach(async () => {
    whole = wholeServices()
    uploads = whole.services.uploads as ChunkUploads
    await whole.world.datasets.create({ ...PETS, type: 'image' })
  })
  afterEach(() => {
    whole.end()
    expect(whole.logged).toEqual([])
  })

  const to = (path: string, fields: Partial<UploadTarget> = {}): UploadTarget => ({ ref: PETS, path, executable: false, ...fields })
  const fresh = (length: number, target: UploadTarget | undefined): NewUpload => ({ length, partial: target === undefined, target, metadata: '' })
  const entryOf = async (path: string) => getEntry(whole.world.store, await whole.world.datasets.tree(whole.world.datasets.resolve(PETS).version), path)
  const bytesOf = async (path: string): Promise<Buffer> => {
    const parts: Uint8Array[] = []
    for await (const part of (await whole.services.files.read(PETS, path)).bytes) parts.push(part)
    return Buffer.concat(parts)
  }
  /** As HTTP does it: what has come to its end is put into its draft. */
  const send = async (id: string, ...rest: [number, AsyncIterable<Uint8Array>, Parameters<ChunkUploads['append']>[3]?]): Promise<Upload> => {
    const now = await uploads.append(id, ...rest)
    return now.offset === now.length && !now.partial ? await uploads.finish(id) : now
  }
  /** The same node, started again. */
  const restarted = (): ChunkUploads => {
    const { datasets, store, clock } = whole.world
    return new ChunkUploads({ datasets, store, clock, chance: seededChance(77), log: silentLog, folder: whole.path('uploads') })
  }

  it('A4: a file that comes in any stretches, over restarts, is the one that a plain write makes', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 900_000 }), fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 5 }), fc.integer(), async (length, cuts, seed) => {
      const bytes = seededChance(seed).bytes(length)
      const { id } = await uploads.create(fresh(length, to('by-upload.bin')))
      let offset = 0
      for (const cut of [...cuts, Infinity]) {
        if (offset === length) break
        if (cut % 2 === 0) uploads = restarted()
        expect(uploads.get(id).offset).toBe(offset)
        const next = Math.min(length, offset + cut)
        offset = (await send(id, offset, pieces(bytes.subarray(offset, next)))).offset
        expect(offset).toBe(next)
      }
      if (length === 0) await uploads.finish(id)
      await whole.services.files.write(PETS, 'plain.bin', pieces(bytes))
      expect({ ...await entryOf('by-upload.bin'), path: '' }).toEqual({ ...await entryOf('plain.bin'), path: '' })
      expect((await bytesOf('by-upload.bin')).equals(bytes)).toBe(true)
    }), { numRuns: 15 })
  })

  it('A4: parts go in any order, at the same time and over a restart, and make one file', async () => {
    const bytes = seededChance(3).bytes(1_000_000)
    const starts = [0, 250_000, 500_000, 750_000]
    const parts = await Promise.all(starts.map(() => uploads.create(fresh(250_000, undefined))))
    const part = async (index: number): Promise<unknown> => await send(parts[index]?.id ?? '', 0, pieces(bytes.subarray(starts[index], (starts[index] ?? 0) + 250_000)))
    await Promise.all([part(3), part(1)])
    await expect(uploads.concatenate(parts.map(part => part.id), { target: to('x.bin'), metadata: '' })).rejects.toMatchObject({ code: 'UPLOAD_INCOMPLETE' })
    uploads = restarted()
    await Promise.all([part(0), part(2)])
    const made = await uploads.concatenate(parts.map(part => part.id), { target: to('x.bin', { hash: formatHash(blake3(bytes)) }), metadata: '' })
    expect(made).toMatchObject({ length: 1_000_000, offset: 1_000_000, file: { size: 1_000_000, hash: formatHash(blake3(bytes)) } })
    expect((await bytesOf('x.bin')).equals(bytes)).toBe(true)
    expect(uploads.list().map(upload => upload.id)).toEqual([made.id])
  })

  it('A4: what came before a break is kept; with a checksum all of the part or nothing', async () => {
    const bytes = seededChance(4).bytes(300_000)
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 200_000)
      throw new ShoalError('CANCELLED', 'the connection broke')
    }
    const { id } = await uploads.create(fresh(300_000, to('a.bin')))
    expect((await send(id, 0, broken())).offset).toBe(200_000)
    await expect(send(id, 0, pieces(bytes))).rejects.toMatchObject({ code: 'UPLOAD_OFFSET', facts: { offset: 200_000 } })
    const rest = bytes.subarray(200_000)
    const wrong = { algorithm: 'sha256' as const, digest: createHash('sha256').update('other').digest() }
    await expect(send(id, 200_000, pieces(rest), { checksum: wrong })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' })
    expect(uploads.get(id).offset).toBe(200_000)
    const right = { algorithm: 'sha1' as const, digest: createHash('sha1').update(rest).digest() }
    expect((await send(id, 200_000, pieces(rest), { checksum: right })).file?.size).toBe(300_000)
    await expect(send((await uploads.create(fresh(5, to('b.bin')))).id, 0, pieces(bytes))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('A4: a file whose last byte came before a crash is put into its draft afterwards, once, and says how far joining is', async () => {
    const bytes = seededChance(21).bytes(600_000)
    const { id } = await uploads.create(fresh(bytes.length, to('a.bin')))
    for (const [from, till] of [[0, 200_000], [200_000, 600_000]] as const) await uploads.append(id, from, pieces(bytes.subarray(from, till)))
    uploads = restarted()
    expect([uploads.get(id).offset, uploads.get(id).file]).toEqual([600_000, undefined])
    const seen: Progress[] = []
    const done = await uploads.finish(id, { progress: progress => { seen.push(progress) } })
    expect(seen.at(-1)).toEqual({ phase: 'joining', files: 0, totalFiles: 1, bytes: 600_000, totalBytes: 600_000, current: 'a.bin' })
    expect((await bytesOf('a.bin')).equals(bytes)).toBe(true)
    const head = whole.world.datasets.resolve(PETS).version.heads
    expect(await uploads.finish(id)).toEqual(done)
    expect(whole.world.datasets.resolve(PETS).version.heads).toEqual(head)
    const short = await uploads.create(fresh(9, to('b.bin')))
    await expect(uploads.finish(short.id)).rejects.toMatchObject({ code: 'UPLOAD_INCOMPLETE', message: `${short.id} has 0 of 9 bytes` })
  })

  it('A4: joining can be cancelled; nothing is changed then, and it can be asked for again', async () => {
    const bytes = seededChance(22).bytes(400_000)
    const { id } = await uploads.create(fresh(bytes.length, to('a.bin')))
    await uploads.append(id, 0, pieces(bytes.subarray(0, 100_000)))
    await uploads.append(id, 100_000, pieces(bytes.subarray(100_000)))
    const stop = new AbortController()
    await expect(uploads.finish(id, { signal: stop.signal, progress: () => stop.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    expect(await entryOf('a.bin')).toBeUndefined()
    expect((await uploads.finish(id)).file?.size).toBe(400_000)
  })

  it('A4: a request that hangs gives way to the one that comes back', async () => {
    const bytes = seededChance(5).bytes(100_000)
    let wake = (): void => undefined
    const hanging = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 60_000)
      await new Promise<void>(resolve => { wake = resolve })
    }
    const { id } = await uploads.create(fresh(100_000, to('a.bin')))
    const first = send(id, 0, hanging())
    await new Promise(resolve => { setTimeout(resolve, 20) })
    await expect(send(id, 0, pieces(bytes))).rejects.toMatchObject({ code: 'UPLOAD_OFFSET' })
    expect((await first).offset).toBe(60_000)
    expect((await send(id, 60_000, pieces(bytes.subarray(60_000)))).file).toBeDefined()
    wake()
  })

  it('A4: what an upload has is not collected until it is removed or done', async () => {
    const bytes = seededChance(6).bytes(500_000)
    const { id } = await uploads.create(fresh(600_000, to('a.bin')))
    await send(id, 0, pieces(bytes))
    await whole.services.upkeep.collect({ graceMs: 0 })
    const rest = seededChance(7).bytes(100_000)
    expect((await send(id, 500_000, pieces(rest))).file?.size).toBe(600_000)
    expect((await bytesOf('a.bin')).equals(Buffer.concat([bytes, rest]))).toBe(true)
    const other = await uploads.create(fresh(600_000, to('b.bin')))
    await send(other.id, 0, pieces(seededChance(8).bytes(500_000)))
    await uploads.remove(other.id)
    expect((await whole.services.upkeep.collect({ graceMs: 0 })).bytes).toBeGreaterThan(400_000)
    expect(() => uploads.get(other.id)).toThrow(expect.objectContaining({ code: 'UPLOAD_NOT_FOUND' }))
  })

  it('A2, A4: wrong targets are refused before a byte is sent, and wrong content at the end', async () => {
    await expect(uploads.create(fresh(1, to('../x')))).rejects.toMatchObject({ code: 'PATH_INVALID' })
    await expect(uploads.create(fresh(1, { ...to('x'), ref: { ...PETS, version: '9.0.0' } }))).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' })
    const early = await uploads.create(fresh(3, to('early.exe')))
    await whole.world.datasets.edit(PETS, { strictTypes: true })
    await expect(send(early.id, 0, pieces(Buffer.from('abc')))).rejects.toMatchObject({ code: 'TYPE_REFUSED' })
    await expect(uploads.create(fresh(1, to('run.exe')))).rejects.toMatchObject({ code: 'TYPE_REFUSED' })
    const { id } = await uploads.create(fresh(3, to('a.jpg', { hash: formatHash(blake3(Buffer.from('xyz'))) })))
    await expect(send(id, 0, pieces(Buffer.from('abc')))).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(await entryOf('a.jpg')).toBeUndefined()
    const late = await uploads.create(fresh(3, to('b.jpg')))
    await whole.world.datasets.publish(PETS)
    await expect(send(late.id, 0, pieces(Buffer.from('abc')))).rejects.toMatchObject({ code: 'VERSION_PUBLISHED' })
  })
})

describe('tus over HTTP', () => {
  it('A4: creation, offset, checksum, termination and concatenation answer as tus 1.0.0 says', async () => {
    const whole = wholeServices()
    await whole.client.datasets.create(PETS)
    const { loadApp } = await import('../../../src/http/index.ts')
    const { createApp, inProcessFetch } = await loadApp()
    const fetch = inProcessFetch(createApp(whole.services, {}))
    const send = (method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array<ArrayBuffer>): Promise<Response> =>
      fetch(`http://127.0.0.1${path}`, { method, headers: { 'tus-resumable': '1.0.0', ...headers }, ...body === undefined ? {} : { body } })
    const part = { 'content-type': 'application/offset+octet-stream' }
    const target = `dataset ${btoa('vision/pets')},path ${btoa('a/b.txt')}`

    const options = await send('OPTIONS', '/api/v1/uploads')
    expect([options.status, options.headers.get('tus-version'), options.headers.get('tus-extension')]).toEqual([204, '1.0.0', 'creation,termination,checksum,concatenation'])
    const created = await send('POST', '/api/v1/uploads', { 'upload-length': '11', 'upload-metadata': target })
    const location = created.headers.get('location') ?? ''
    expect([created.status, created.headers.get('tus-resumable')]).toEqual([201, '1.0.0'])
    expect(location).toMatch(/^\/api\/v1\/uploads\/[a-z2-7]{26}$/)
    const first = await send('PATCH', location, { ...part, 'upload-offset': '0', 'upload-checksum': `sha1 ${createHash('sha1').update('hello ').digest('base64')}` }, Uint8Array.from(Buffer.from('hello ')))
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '6'])
    const head = await send('HEAD', location)
    expect([head.status, head.headers.get('upload-offset'), head.headers.get('upload-length'), head.headers.get('cache-control'), head.headers.get('upload-metadata')]).toEqual([200, '6', '11', 'no-store', target])
    expect((await send('PATCH', location, { ...part, 'upload-offset': '3' }, new Uint8Array(1))).status).toBe(409)
    expect((await send('PATCH', location, { ...part, 'upload-offset': '6', 'upload-checksum': 'sha1 AAAA' }, Uint8Array.from(Buffer.from('world')))).status).toBe(460)
    expect((await send('PATCH', location, { ...part, 'upload-offset': '6' }, Uint8Array.from(Buffer.from('world')))).status).toBe(204)
    expect((await whole.world.read(PETS))['a/b.txt']).toBe('hello world')
    expect((await send('POST', '/api/v1/uploads', { 'tus-resumable': '0.2.0', 'upload-length': '1', 'upload-metadata': target })).status).toBe(412)
    expect((await send('POST', '/api/v1/uploads', { 'upload-length': 'x', 'upload-metadata': target })).status).toBe(422)

    const gone = (await send('POST', '/api/v1/uploads', { 'upload-length': '1', 'upload-metadata': target })).headers.get('location') ?? ''
    expect([(await send('DELETE', gone)).status, (await send('HEAD', gone)).status]).toEqual([204, 404])

    const parts: string[] = []
    for (const text of ['one ', 'two']) {
      const made = (await send('POST', '/api/v1/uploads', { 'upload-length': String(text.length), 'upload-concat': 'partial' })).headers.get('location') ?? ''
      await send('PATCH', made, { ...part, 'upload-offset': '0' }, Uint8Array.from(Buffer.from(text)))
      parts.push(made)
    }
    const final = await send('POST', '/api/v1/uploads', { 'upload-concat': `final;${parts.join(' ')}`, 'upload-metadata': target })
    expect(final.status).toBe(201)
    const whole2 = await send('HEAD', final.headers.get('location') ?? '')
    expect([whole2.headers.get('upload-length'), whole2.headers.get('upload-concat')]).toEqual(['7', `final;${parts.join(' ')}`])
    expect((await whole.world.read(PETS))['a/b.txt']).toBe('one two')
    expect((await whole.client.jobs.list()).items.every(job => job.kind === 'upload' && job.state === 'done')).toBe(true)

    const asked = await send('POST', '/api/v1/uploads', { 'upload-length': '0', 'upload-metadata': target })
    expect([asked.status, (await whole.world.read(PETS))['a/b.txt']]).toEqual([201, ''])
    const crashed = (await send('POST', '/api/v1/uploads', { 'upload-length': '4', 'upload-metadata': target })).headers.get('location') ?? ''
    // The last byte is durable, and the node is killed before the draft is.
    await whole.services.uploads.append(crashed.slice(-26), 0, pieces(Buffer.from('late')))
    expect(await (await send('GET', crashed)).json()).toMatchObject({ offset: 4, file: null })
    const told = await send('HEAD', crashed)
    expect([told.status, told.headers.get('upload-offset'), (await whole.world.read(PETS))['a/b.txt']]).toEqual([200, '4', 'late'])
    whole.end()
  })

  it('A4: the client sends a file in parallel parts, and goes on with what was sent before', async () => {
    const whole = wholeServices()
    await whole.client.datasets.create(PETS)
    const bytes = seededChance(11).bytes(1_000_000)
    let read = 0
    let failing = true
    const source = {
      size: bytes.length, key: 'k',
      read: async function* (from: number, to: number): AsyncGenerator<Uint8Array> {
        if (failing && from >= 600_000) throw new ShoalError('SOURCE_UNREADABLE', 'the disk went away')
        read += to - from
        yield* pieces(bytes.subarray(from, to))
      }
    }
    await expect(whole.client.uploads.send(PETS, 'big.bin', source, { partBytes: 100_000, parallel: 2 })).rejects.toBeDefined()
    failing = false
    const before = read
    const phases = new Set<string>()
    const upload = await whole.client.uploads.send(PETS, 'big.bin', source, { partBytes: 100_000, parallel: 3, onProgress: progress => phases.add(progress.phase) })
    expect([...phases]).toEqual(expect.arrayContaining(['sending', 'joining']))
    expect(upload.file).toEqual({ hash: formatHash(blake3(bytes)), size: 1_000_000 })
    expect(read - before).toBeLessThan(600_000)
    whole.end()
  })
})
