import { describe, expect, it } from 'vitest'
import { fakeHash, fakeServices, keep, type FakeServices } from '../../support/fake-services/index.ts'
import { createClient, loadApp, type Client, type Fetch, type JobItem } from '../../../src/http/index.ts'

const { createApp, inProcessFetch } = await loadApp()

const PETS = { namespace: 'vision', name: 'pets' }
const DRAFT = { ...PETS, version: '1.0.0' }

async function node(): Promise<{ services: FakeServices, client: Client }> {
  const services = fakeServices()
  const client = createClient({ baseUrl: 'http://node', fetch: inProcessFetch(createApp(services, {})) })
  await client.datasets.create(PETS)
  return { services, client }
}

const joined = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => Buffer.concat(await all(bytes)).toString()

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

describe('the client', () => {
  it('reaches every route of datasets and versions', async () => {
    const { client } = await node()
    expect((await client.datasets.get(PETS)).ref).toBe('vision/pets')
    expect((await client.datasets.create(PETS, { ifExists: 'return' })).ref).toBe('vision/pets')
    const { revision } = await client.datasets.edit(PETS, { description: 'd', tags: ['t'] })
    await expect(client.datasets.edit(PETS, { description: 'e' }, 'old')).rejects.toMatchObject({ code: 'EDIT_CONFLICT', facts: { revision } })
    expect((await client.datasets.list({ tag: 't', limit: 1 })).items).toHaveLength(1)
    expect((await client.datasets.archive(PETS)).archived).toBe(true)
    expect((await client.datasets.restore(PETS)).archived).toBe(false)
    expect([await client.datasets.setTags(PETS, ['u']), await client.datasets.tags(PETS)]).toEqual([['u'], ['u']])
    expect([await client.datasets.setKeep(PETS, 'none'), await client.datasets.keep(PETS)]).toEqual(['none', 'none'])
    expect((await client.versions.edit(DRAFT, { comment: 'c' })).comment).toBe('c')
    expect([await client.versions.setMetadata(DRAFT, { a: 1 }), await client.versions.metadata(DRAFT)]).toEqual([{ a: 1 }, { a: 1 }])
    expect([await client.versions.setMaskLabels(DRAFT, { '#000000': ['x'] }), await client.versions.maskLabels(DRAFT)]).toEqual([{ '#000000': ['x'] }, { '#000000': ['x'] }])
    expect([await client.versions.setTags(DRAFT, ['v']), await client.versions.tags(DRAFT)]).toEqual([['v'], ['v']])
    await expect(client.versions.undo(DRAFT, '0'.repeat(64))).rejects.toMatchObject({ code: 'EDIT_CONFLICT' })
    expect((await client.versions.publish(PETS, { message: 'm' })).state).toBe('published')
    expect((await client.versions.create(PETS, { number: '2.0.0', name: 'a/b ü?#', from: ['latest'] })).number).toBe('2.0.0')
    expect((await client.versions.get({ ...PETS, version: 'a/b ü?#' })).number).toBe('2.0.0')
    expect((await client.versions.get(PETS)).number).toBe('2.0.0')
    expect((await client.versions.list(PETS, { state: 'draft' })).items.map(version => version.number)).toEqual(['2.0.0'])
    expect((await client.versions.archive({ ...PETS, version: '2.0.0' })).archived).toBe(true)
    expect((await client.versions.restore({ ...PETS, version: '2.0.0' })).archived).toBe(false)
    expect((await client.versions.log(PETS, { limit: 2 })).items).toHaveLength(2)
    expect((await all(client.versions.history(PETS))).length).toBeGreaterThan(5)
    await client.versions.remove({ ...PETS, version: '2.0.0' })
    await expect(client.datasets.remove(PETS)).rejects.toMatchObject({ code: 'DATASET_NOT_EMPTY' })
    await client.datasets.remove(PETS, { allVersions: true, force: true })
    await expect(client.datasets.get(PETS)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
  })

  it('reaches every route of files', async () => {
    const { client } = await node()
    const bytes = Buffer.from('hello world')
    const hash = `blake3:${Buffer.from(fakeHash(bytes)).toString('hex')}`
    const path = 'a/über 100%?#.txt'
    expect(await client.files.write(DRAFT, path, bytes, { hash, size: 11, mediaType: 'text/x-mine', message: 'first' })).toMatchObject({ path, size: 11, hash, mediaType: 'text/x-mine' })
    await client.files.write(DRAFT, 'b', (async function* () {
      yield Buffer.from('str')
      yield Buffer.from('eam')
    })(), { size: 6 })
    await expect(client.files.write(DRAFT, 'b', bytes, { size: 7 })).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    const whole = await client.files.read(DRAFT, path)
    expect([whole.size, whole.hash, await joined(whole.bytes)]).toEqual([11, hash, 'hello world'])
    expect(await joined((await client.files.read(DRAFT, path, { from: 6 })).bytes)).toBe('world')
    expect(await joined((await client.files.read(DRAFT, path, { from: 2, to: 5 })).bytes)).toBe('llo')
    expect(await client.files.stat(DRAFT, 'a')).toEqual({ type: 'folder', path: 'a' })
    expect((await client.files.list(DRAFT)).items.map(item => item.path)).toEqual(['a', 'b'])
    expect((await all(client.files.entries(DRAFT))).map(item => item.path)).toEqual([path, 'b'])
    expect((await all(client.versions.diff(DRAFT))).map(item => item.change)).toEqual(['added', 'added'])
    expect(await client.files.edit(DRAFT, [{ op: 'move', from: 'b', to: 'c' }], 'rename')).toEqual({ changed: 1 })
    expect(await joined(client.files.archive(DRAFT, 'tar', { prefix: 'a' }))).toContain(path)
    await client.files.remove(DRAFT, 'c')
    await expect(client.files.stat(DRAFT, 'c')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', facts: { path: 'c' } })
    for (const mediaType of ['text/猫', 'text/plain\r\nx-evil: 1']) await expect(client.files.write(DRAFT, 'c', bytes, { mediaType })).rejects.toMatchObject({ code: 'FIELD_INVALID', facts: { field: 'content-type' } })
    await expect(async () => await client.files.read(DRAFT, '../x')).rejects.toMatchObject({ code: 'PATH_INVALID' })
    await expect(async () => await client.versions.get({ ...PETS, version: '..' })).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
  })

  it('reaches the node, its team and its upkeep', async () => {
    const { client } = await node()
    expect((await client.node()).name).toBe('desk')
    expect(await client.health()).toEqual({ status: 'ok' })
    expect((await all(client.members()))[0]?.name).toBe('desk')
    expect((await all(client.peers()))[0]?.name).toBe('laptop')
    expect((await client.setRole('laptop', 'reader')).role).toBe('reader')
    await client.removeMember('laptop')
    const invite = await client.invite({ uses: 2 })
    expect(invite.uses).toBe(2)
    await client.revokeInvite(invite.id)
    expect((await all(client.invites()))[0]).toMatchObject({ id: invite.id, state: 'revoked' })
    expect((await client.join('shoal-invite-1')).workspace).toBe('workspace-2')
    await expect(client.join('nonsense')).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    expect((await client.sync({ wait: true })).missing).toEqual([])
    expect((await client.syncState()).connected).toBe(1)
    expect((await client.verify({ repair: true })).repaired).toBe(1)
    expect((await client.gc()).dryRun).toBe(false)
    expect((await client.jobs.list({ state: 'done' })).items.length).toBeGreaterThan(3)
  })

  it('runs a job with progress, and throws what it failed with', async () => {
    const { client, services } = await node()
    const phases: string[] = []
    let started: JobItem | undefined
    const report = await client.files.import({ source: '/data', ref: 'vision/pets' }, { onProgress: progress => phases.push(progress.phase), onStart: job => { started = job } })
    expect([report.version, started?.kind, phases.at(-1)]).toEqual(['vision/pets@1.0.0', 'import', 'reading'])
    await expect(client.files.import({ source: '/missing', ref: 'vision/pets' })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND', facts: { source: '/missing' }, exit: 3 })
    await expect(client.files.import({ source: '/broken', ref: 'vision/pets' })).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(services.logged[0]?.fields).toMatchObject({ error: { stack: expect.stringContaining('a bug in the import') } })
    expect((await client.files.checkout({ folder: '/out', ref: 'vision/pets' })).notices).toHaveLength(1)
  })

  it('cancels the job when its signal fires', async () => {
    const { client, services } = await node()
    const controller = new AbortController()
    const before = services.world.fingerprint()
    const running = client.files.import({ source: '/endless', ref: 'vision/pets' }, { signal: controller.signal, onProgress: () => controller.abort() })
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(services.jobs.list().map(job => job.state)).toEqual(['cancelled'])
    expect(services.world.fingerprint()).toBe(before)
    await expect(client.gc({}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(services.jobs.list()).toHaveLength(1)
  })

  it('waits for a job of somebody else, or cancels it', async () => {
    const { client } = await node()
    let id = ''
    const importing = client.files.import({ source: '/endless', ref: 'vision/pets' }, { onStart: job => { id = job.id } })
    const refused = expect(importing).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect.poll(() => id).not.toBe('')
    expect((await client.jobs.get(id)).state).toBe('running')
    expect((await client.jobs.cancel(id)).state).toBe('cancelled')
    expect((await client.jobs.wait(id)).state).toBe('cancelled')
    await refused
  })

  it('pages through long lists and streams long ones', async () => {
    const { client, services } = await node()
    for (let i = 0; i < 600; i++) await services.datasets.create({ namespace: 'many', name: `d${i}` })
    expect(await all(client.datasets.all({ namespace: 'many' }))).toHaveLength(600)
    const { version } = services.world.resolve(DRAFT)
    services.world.contents.set(version.id, new Map(Array.from({ length: 5000 }, (_, i) => [`f/${i}`, keep(`f/${i}`, Buffer.from(String(i)))])))
    expect(await all(client.files.entries(DRAFT))).toHaveLength(5000)
  })

  it('throws the problem that ends a stream', async () => {
    const { client, services } = await node()
    Object.assign(services.files, {
      entries: async function* () {
        yield { kind: 'folder', path: 'a' }
        const { fail } = await import('../../../src/errors/index.ts')
        fail('CHUNK_DAMAGED', 'a chunk is damaged', { hash: 'ab' })
      }
    })
    const seen: string[] = []
    await expect((async () => {
      for await (const item of client.files.entries(DRAFT)) seen.push(item.path)
    })()).rejects.toMatchObject({ code: 'CHUNK_DAMAGED', facts: { hash: 'ab' } })
    expect(seen).toEqual(['a'])
  })

  it('says so when the node does not answer, or is none', async () => {
    const nobody = createClient({ baseUrl: 'http://127.0.0.1:1' })
    await expect(nobody.health()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE', facts: { address: 'http://127.0.0.1:1' } })
    const other = (response: Response): Client => createClient({ baseUrl: 'http://other', fetch: (async () => response) satisfies Fetch })
    await expect(other(new Response('<html>', { status: 404 })).node()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
    await expect(other(new Response('<html>', { status: 200 })).node()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' })
    await expect(other(Response.json({ code: 'FROM_THE_FUTURE', detail: 'x' }, { status: 409 })).node()).rejects.toMatchObject({ code: 'INTERNAL', message: 'x' })
    const silent = createClient({ baseUrl: 'http://silent', fetch: (_, init) => new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))) })
    await expect(silent.files.read(DRAFT, 'a', { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })
})
