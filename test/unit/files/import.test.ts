import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { type Server, createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Chunk } from '../../../src/chunks/index.ts'
import { isShoalError } from '../../../src/errors/index.ts'
import { inventBytes } from '../../support/invented-data.ts'
import { type FilesWorld, PETS, type StoreKind, bytesOf, filesWorld, harvest, plant, write } from './support.ts'
import { invented } from './trees.ts'

const TREE = { 'a.txt': 'one', 'b/c.txt': 'two', 'b/run.sh': 'x:#!/bin/sh\n', 'b!/d': 'three', 'empty': '', 'nothing/': '', 'ü/ö 😀.txt': 'four' }

/** After so long the clock of files has gone on for sure, and what was written before is trusted. */
const tick = (): Promise<void> => new Promise(resolve => { setTimeout(resolve, 130) })
const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => isShoalError(error) ? error.code : String(error))

async function restart(world: FilesWorld, tree: Readonly<Record<string, string>>): Promise<string> {
  plant(world.path('source'), tree)
  rmSync(world.path('cache'), { recursive: true, force: true })
  if (world.datasets.list().length > 0) await world.datasets.remove(PETS, { allVersions: true, force: true })
  return world.path('source')
}

describe.each<StoreKind>(['memory', 'level'])('import into a %s store', kind => {
  let world: FilesWorld
  let source: string
  beforeAll(async () => { world = await filesWorld(kind) })
  afterAll(() => world.end())
  beforeEach(async () => { source = await restart(world, TREE) })

  it('L2: makes a new dataset whose draft equals the folder', async () => {
    const report = await world.files.import(source, PETS)
    expect(report).toMatchObject({ version: 'vision/pets@1.0.0', added: 6, modified: 0, removed: 0, unchanged: 0, filesRead: 6, files: 6, bytes: 25, notices: [] })
    expect(await world.held(PETS)).toEqual(TREE)
  })

  it('L2: reads only what changed the second time', async () => {
    await tick()
    await world.files.import(source, PETS)
    expect(await world.files.import(source, PETS)).toMatchObject({ unchanged: 6, filesRead: 0, added: 0, modified: 0, removed: 0, files: 6 })
    write(`${source}/b/c.txt`, 'TWO!')
    write(`${source}/b/new`, 'new')
    rmSync(`${source}/a.txt`)
    chmodSync(`${source}/b/run.sh`, 0o644)
    rmSync(`${source}/nothing`, { recursive: true })
    expect(await world.files.import(source, PETS)).toMatchObject({ added: 1, modified: 2, removed: 1, unchanged: 3, filesRead: 3 })
    expect(await world.held(PETS)).toEqual(harvest(source))
  })

  it('takes in long files, in chunks that a change elsewhere does not touch', async () => {
    const bytes = inventBytes(5, 6_000_000)
    writeFileSync(`${source}/long.bin`, bytes)
    await world.files.import(source, PETS)
    const { bytes: before } = await world.store.stats()
    expect((await bytesOf((await world.files.read(PETS, 'long.bin')).bytes)).equals(bytes)).toBe(true)
    bytes[3_000_000]! ^= 1
    writeFileSync(`${source}/long.bin`, bytes)
    await world.files.import(source, PETS)
    expect((await bytesOf((await world.files.read(PETS, 'long.bin')).bytes)).equals(bytes)).toBe(true)
    expect((await world.store.stats()).bytes - before).toBeLessThan(400_000)
  })

  it('goes on after a cancel, reading nothing twice, and leaves nothing behind', async () => {
    for (let i = 0; i < 60; i++) writeFileSync(`${source}/${i}.bin`, inventBytes(i, 300_000))
    writeFileSync(`${source}/0-long.bin`, inventBytes(99, 4_000_000))
    await tick()
    const controller = new AbortController()
    const progress = ({ phase, bytes }: { phase: string, bytes: number }): void => { if (phase === 'importing' && bytes > 0) controller.abort() }
    const outcome = await codeOf(world.files.import(source, PETS, { signal: controller.signal, progress }))
    if (outcome === 'done') return // Quicker than the first report of progress.
    expect(outcome).toBe('CANCELLED')
    expect(world.datasets.list()).toEqual([])
    const report = await world.files.import(source, PETS)
    expect(report).toMatchObject({ added: 67 })
    expect(await world.held(PETS)).toEqual(harvest(source))
  })
})

describe('import', () => {
  let world: FilesWorld
  let source: string
  let onPut = (): void => undefined
  beforeAll(async () => {
    // Sees every batch that comes in, as a slow disk or a neighbour might.
    world = await filesWorld('memory', store => {
      const put = store.putMany.bind(store)
      return Object.assign(store, { putMany: async (chunks: readonly Chunk[]) => {
        onPut()
        return await put(chunks)
      } })
    })
  })
  afterAll(() => world.end())
  beforeEach(async () => {
    onPut = () => undefined
    source = await restart(world, TREE)
  })

  async function cancelHalfway(): Promise<void> {
    for (let i = 10; i < 60; i++) writeFileSync(`${source}/${i}.bin`, inventBytes(i, 300_000))
    writeFileSync(`${source}/00-long.bin`, inventBytes(99, 4_000_000))
    await tick()
    const controller = new AbortController()
    let puts = 0
    onPut = () => { if (++puts === 7) controller.abort() }
    expect(await codeOf(world.files.import(source, PETS, { signal: controller.signal }))).toBe('CANCELLED')
    onPut = () => undefined
  }

  it('goes on after a cancel, reading nothing twice', async () => {
    await cancelHalfway()
    expect(world.datasets.list()).toEqual([])
    expect(readdirSync(world.path('cache'))).toHaveLength(1)
    const report = await world.files.import(source, PETS)
    expect(report).toMatchObject({ added: 57, modified: 0 })
    expect(report.filesRead).toBeLessThan(56)
    expect(report.bytesRead).toBeLessThan(15_500_000)
    expect(await world.held(PETS)).toEqual(harvest(source))
  })

  it('reads again what was collected after a cancel', async () => {
    await cancelHalfway()
    await world.store.sweep(await world.store.beginSweep(), { hashes: new Uint8Array() })
    expect((await world.store.stats()).chunks).toBe(0)
    expect(await world.files.import(source, PETS)).toMatchObject({ added: 57, filesRead: 57 })
    expect(await world.held(PETS)).toEqual(harvest(source))
  })

  it('keeps what the source lacks with add, whatever was imported before', async () => {
    await tick()
    await world.files.import(source, PETS)
    rmSync(`${source}/a.txt`)
    write(`${source}/b/c.txt`, 'TWO!')
    for (const report of [{ modified: 1, added: 0, filesRead: 1 }, { modified: 0, filesRead: 1 }, { filesRead: 0 }]) {
      expect(await world.files.import(source, PETS, { add: true })).toMatchObject({ removed: 0, files: 6, ...report })
      await tick()
    }
    expect(await world.held(PETS)).toEqual({ ...TREE, 'b/c.txt': 'TWO!' })
    expect(await world.files.import(source, PETS)).toMatchObject({ removed: 1, filesRead: 0 })
    expect(await world.held(PETS)).toEqual(harvest(source))
  })

  it('finds its way in a large version to the few files it adds', async () => {
    const many = Object.fromEntries(Array.from({ length: 2400 }, (_, i) => [`many/${String(i).padStart(5, '0')}`, `${i}`]))
    await world.files.import(source, PETS)
    plant(world.path('many'), many)
    await world.files.import(world.path('many'), PETS, { add: true })
    plant(world.path('few'), { 'many/02399': 'changed', 'many/01500': '1500', 'zz': 'new' })
    expect(await world.files.import(world.path('few'), PETS, { add: true })).toMatchObject({ added: 1, modified: 1, unchanged: 1 })
    const paths: string[] = []
    for await (const entry of world.files.entries(PETS)) paths.push(entry.path)
    expect(paths).toHaveLength(2400 + 7 + 1)
    expect(await world.files.stat(PETS, 'many/02399')).toMatchObject({ size: 7 })
    expect(await world.files.stat(PETS, 'many/02398')).toMatchObject({ size: 4 })
  })

  it('imports below a folder and touches nothing else', async () => {
    await world.files.import(source, PETS)
    plant(world.path('other'), { 'x': '1', 'y/z': '2' })
    await world.files.import(world.path('other'), PETS, { into: 'b' })
    const { 'b/c.txt': _c, 'b/run.sh': _r, ...rest } = TREE
    expect(await world.held(PETS)).toEqual({ ...rest, 'b/x': '1', 'b/y/z': '2' })
    plant(world.path('other'), {})
    expect(await world.files.import(world.path('other'), PETS, { into: 'b' })).toMatchObject({ removed: 2 })
    expect(await world.held(PETS)).toEqual({ ...rest, 'b/': '' })
    expect(await codeOf(world.files.import(source, PETS, { into: '../b' }))).toBe('PATH_INVALID')
    expect(await codeOf(world.files.import(source, PETS, { into: 'a.txt' }))).toBe('PATH_CLASH')
    expect(await world.held(PETS)).toEqual({ ...rest, 'b/': '' })
  })

  it('imports one file under its name, also through a link that was named', async () => {
    await world.files.import(source, PETS)
    write(world.path('single.csv'), 'a,b\n')
    symlinkSync(world.path('single.csv'), world.path('linked.csv'))
    expect(await world.files.import(world.path('single.csv'), PETS, { into: 'b' })).toMatchObject({ added: 1, removed: 0, files: 7 })
    expect(await world.files.import(world.path('linked.csv'), PETS)).toMatchObject({ added: 1, removed: 0, files: 8, notices: [] })
    expect(await world.held(PETS)).toEqual({ ...TREE, 'b/single.csv': 'a,b\n', 'linked.csv': 'a,b\n' })
    rmSync(world.path('linked.csv'))
  })

  it('reports links, pipes and sockets, and follows none of them', async () => {
    symlinkSync('/etc', `${source}/to-folder`)
    symlinkSync('nowhere', `${source}/b/to-nothing`)
    execFileSync('mkfifo', [`${source}/pipe`])
    mkdirSync(`${source}/only`)
    symlinkSync('../a.txt', `${source}/only/link`)
    const server = await new Promise<Server>(resolve => {
      const listening = createServer().listen(`${source}/socket`, () => resolve(listening))
    })
    const report = await world.files.import(source, PETS)
    await new Promise(resolve => { server.close(resolve) })
    expect(report.notices.map(({ path, problem }) => [path, problem])).toEqual([
      ['b/to-nothing', 'symlink'], ['only/link', 'symlink'], ['pipe', 'special'], ['socket', 'special'], ['to-folder', 'symlink']
    ])
    expect(await world.held(PETS)).toEqual({ ...TREE, 'only/': '' })
  })

  it('leaves what it can not read as it was, and takes the rest', async () => {
    await tick()
    await world.files.import(source, PETS)
    write(`${source}/b/c.txt`, 'unreadable now')
    write(`${source}/a.txt`, 'ONE')
    const report = await asNobody(world, async () => {
      chmodSync(`${source}/b/c.txt`, 0)
      chmodSync(`${source}/b!`, 0)
      return await world.files.import(source, PETS)
    })
    expect(report).toMatchObject({ modified: 1, removed: 0, files: 6 })
    expect(report.notices.map(({ path, problem, detail }) => [path, problem, detail])).toEqual([
      ['b!', 'unreadable', 'it can not be read (EACCES)'], ['b/c.txt', 'unreadable', 'it can not be read (EACCES)']
    ].sort())
    expect(await world.held(PETS)).toEqual({ ...TREE, 'a.txt': 'ONE' })
    chmodSync(`${source}/b!`, 0o755)
    chmodSync(`${source}/b/c.txt`, 0o644)
    rmSync(`${source}/b!`, { recursive: true })
    expect(await world.files.import(source, PETS)).toMatchObject({ modified: 1, removed: 1, notices: [] })
    expect(await world.held(PETS)).toEqual(harvest(source))
    expect(await asNobody(world, async () => {
      chmodSync(source, 0)
      return await codeOf(world.files.import(source, PETS))
    })).toBe('SOURCE_UNREADABLE')
  })

  it('W7: keeps links, which no folder holds', async () => {
    await world.files.import(source, PETS)
    await world.files.edit(PETS, [{ op: 'link', path: 'b/far', url: 'https://example.org/x' }])
    for (let run = 0; run < 3; run++) expect(await world.files.import(source, PETS)).toMatchObject({ added: 0, removed: 0, modified: 0, unchanged: 6 })
    expect(await world.held(PETS)).toEqual({ ...TREE, 'b/far': '-> https://example.org/x' })
  })

  it('sees a change that the times of the file do not tell', async () => {
    await world.files.import(source, PETS)
    writeFileSync(`${source}/a.txt`, 'ONE')
    await world.files.import(source, PETS)
    expect((await world.held(PETS))['a.txt']).toBe('ONE')
    await tick()
    expect(await world.files.import(source, PETS)).toMatchObject({ unchanged: 6 })
    expect(await world.files.import(source, PETS)).toMatchObject({ filesRead: 0 })
    expect(await world.files.import(source, PETS, { rehash: true })).toMatchObject({ filesRead: 6, unchanged: 6, modified: 0 })
  })

  it.each(['flipped', 'cut', 'empty', 'gone'])('does its work with a cache that is %s', async damage => {
    await tick()
    await world.files.import(source, PETS)
    const cache = world.path('cache', readdirSync(world.path('cache'))[0] ?? '')
    const bytes = readFileSync(cache)
    if (damage === 'flipped') {
      bytes[bytes.length - 20]! ^= 4
      writeFileSync(cache, bytes)
    } else if (damage === 'gone') rmSync(cache)
    else truncateSync(cache, damage === 'cut' ? bytes.length - 10 : 0)
    write(`${source}/a.txt`, 'ONE')
    rmSync(`${source}/b!`, { recursive: true })
    expect(await world.files.import(source, PETS)).toMatchObject({ modified: 1, removed: 1 })
    expect(await world.held(PETS)).toEqual(harvest(source))
  })

  it('equals the source also where others changed the draft before or meanwhile', async () => {
    await tick()
    await world.files.import(source, PETS)
    await world.files.edit(PETS, [{ op: 'remove', path: 'b', recursive: true }, { op: 'mkdir', path: 'made' }, { op: 'move', from: 'empty', to: 'moved' }])
    const report = await world.files.import(source, PETS)
    expect(report).toMatchObject({ added: 3, removed: 1, filesRead: 0 })
    expect(await world.held(PETS)).toEqual(TREE)
    write(`${source}/new`, 'new')
    await tick()
    onPut = () => {
      onPut = () => undefined
      void world.files.edit(PETS, [{ op: 'mkdir', path: 'made' }])
    }
    expect(await world.files.import(source, PETS)).toMatchObject({ added: 1, filesRead: 1 })
    expect(await world.held(PETS)).toEqual({ ...TREE, new: 'new' })
  })

  it('replaces files by folders and folders by files', async () => {
    await world.files.import(source, PETS)
    plant(source, { 'a.txt/x': '1', 'b': '2', 'b!/d/e/f': '3', 'empty/': '', 'nothing': '4', 'ü/': '' })
    await world.files.import(source, PETS)
    expect(await world.held(PETS)).toEqual(harvest(source))
    plant(source, TREE)
    await world.files.import(source, PETS)
    expect(await world.held(PETS)).toEqual(TREE)
  })

  it('L4: makes the draft that is missing, and never touches what is published', async () => {
    await world.files.import(source, PETS)
    await world.datasets.publish(PETS)
    expect(await codeOf(world.files.import(source, { ...PETS, version: '1.0.0' }))).toBe('VERSION_PUBLISHED')
    write(`${source}/new`, 'new')
    expect(await world.files.import(source, PETS)).toMatchObject({ version: 'vision/pets@1.1.0', added: 1, unchanged: 6 })
    expect(await world.held({ ...PETS, version: '1.0.0' })).toEqual(TREE)
    expect(await world.held({ ...PETS, version: '1.1.0' })).toEqual({ ...TREE, new: 'new' })
    expect(await world.files.import(source, { ...PETS, version: '3.0.0' })).toMatchObject({ version: 'vision/pets@3.0.0', added: 1 })
    expect(await codeOf(world.files.import(source, { ...PETS, version: 'Nothing' }))).toBe('VERSION_NOT_FOUND')
    expect(await world.files.import(source, { namespace: 'vision', name: 'fresh', version: '0.1.0' })).toMatchObject({ version: 'vision/fresh@0.1.0' })
    await world.datasets.remove({ namespace: 'vision', name: 'fresh' }, { allVersions: true })
  })

  it.each([['no/such/folder', 'SOURCE_NOT_FOUND'], ['a.txt/below', 'SOURCE_NOT_FOUND'], ['../../../../dev/null', 'TYPE_REFUSED']])('refuses %s as a source and makes nothing', async (path, code) => {
    expect(await codeOf(world.files.import(path.startsWith('..') ? '/dev/null' : `${source}/${path}`, PETS))).toBe(code)
    expect(world.datasets.list()).toEqual([])
  })

  it('does not import what Shoal keeps in a checkout', async () => {
    await world.files.import(source, PETS)
    await world.files.checkout(PETS, world.path('checkout'))
    expect(await world.files.import(world.path('checkout'), PETS)).toMatchObject({ unchanged: 6, added: 0 })
    expect(await world.held(PETS)).toEqual(TREE)
  })

  it('imports into one dataset twice at a time', async () => {
    plant(world.path('second'), { 'x/y': '1' })
    await Promise.all([world.files.import(source, PETS), world.files.import(source, PETS), world.files.import(world.path('second'), PETS, { add: true })])
    const held = await world.held(PETS)
    expect(held).toMatchObject(TREE)
    expect(Object.keys(held).length).toBeLessThanOrEqual(Object.keys(TREE).length + 1)
  })

  it('makes the draft equal any folder after any other', async () => {
    let seen = 0
    await fc.assert(fc.asyncProperty(fc.array(invented, { minLength: 1, maxLength: 4 }), fc.boolean(), async (trees, hasCache) => {
      const ref = { ...PETS, name: `any-${seen++}` }
      for (const tree of trees) {
        plant(source, tree)
        if (!hasCache) rmSync(world.path('cache'), { recursive: true, force: true })
        const before = await world.held(ref).catch(() => ({}))
        const report = await world.files.import(source, ref)
        const held = await world.held(ref)
        expect(held).toEqual(tree)
        expect(report).toMatchObject(counts(before, tree))
      }
      await world.datasets.remove(ref, { allVersions: true })
    }), { numRuns: 60 })
  })

  it('moves a source and forgets nothing', async () => {
    await world.files.import(source, PETS)
    renameSync(source, world.path('elsewhere'))
    expect(await world.files.import(world.path('elsewhere'), PETS)).toMatchObject({ unchanged: 6, added: 0 })
    rmSync(world.path('elsewhere'), { recursive: true })
  })
})

function counts(before: Record<string, string>, after: Readonly<Record<string, string>>): Record<string, number> {
  const isFile = (path: string): boolean => !path.endsWith('/')
  const [old, now] = [Object.keys(before).filter(isFile), Object.keys(after).filter(isFile)]
  const both = now.filter(path => Object.hasOwn(before, path))
  return {
    added: now.length - both.length, removed: old.length - both.length, modified: both.filter(path => before[path] !== after[path]).length,
    unchanged: both.filter(path => before[path] === after[path]).length, files: now.length
  }
}

/** Does something with a user's rights, where tests run with all of them. */
async function asNobody<T>(world: FilesWorld, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work()
  const nobody = 65534
  execFileSync('chown', ['-R', String(nobody), world.folder])
  chownSync(world.folder, nobody, nobody)
  process.seteuid?.(nobody)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
