import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import { RowWriter } from '../../../src/files/rows/index.ts'
import type { VersionRef } from '../../../src/model/index.ts'
import { type BrokenStore, brokenStore } from '../../support/broken-store.ts'
import { inventBytes, inventTable } from '../../support/invented-data.ts'
import { type FilesWorld, PETS, type StoreKind, type Tree, filesWorld, harvest, plant, write } from './support.ts'
import { invented } from './trees.ts'

const FIRST = { 'a.txt': 'one', 'b/c.txt': 'two', 'b/run.sh': 'x:#!/bin/sh\n', 'b!/d': 'three', 'empty': '', 'nothing/': '', 'ü/ö 😀.txt': 'four' }
const SECOND = { 'a.txt': 'one', 'b/c.txt': 'TWO!', 'b/run.sh': '#!/bin/sh\n', 'c/d/e/f': 'deep', 'empty/': '', 'ü': 'a file now' }
const first: VersionRef = { ...PETS, version: '1.0.0' }
const second: VersionRef = { ...PETS, version: '1.1.0' }

const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => isShoalError(error) ? error.code : String(error))

async function publish(world: FilesWorld, tree: Tree): Promise<void> {
  plant(world.path('source'), tree)
  await world.files.import(world.path('source'), PETS)
  await world.datasets.publish(PETS)
}

describe.each<StoreKind>(['memory', 'level'])('checkout from a %s store', kind => {
  let world: FilesWorld
  beforeAll(async () => {
    world = await filesWorld(kind)
    await publish(world, FIRST)
    await publish(world, SECOND)
  })
  afterAll(() => world.end())
  afterEach(() => rmSync(world.path('target'), { recursive: true, force: true }))

  it('K4: makes a folder equal a version, and moves only what differs afterwards', async () => {
    const target = world.path('target')
    expect(await world.files.checkout(first, target)).toMatchObject({ version: 'vision/pets@1.0.0', folder: target, written: 6, bytesWritten: 25, removed: 0, unchanged: 0, notices: [] })
    expect(harvest(target)).toEqual(FIRST)
    expect(await world.files.checkout(first, target)).toMatchObject({ written: 0, removed: 0, unchanged: 6 })
    expect(await world.files.checkout(second, target)).toMatchObject({ written: 4, removed: 3, unchanged: 1 })
    expect(harvest(target)).toEqual(SECOND)
    expect(await world.files.checkout(first, target)).toMatchObject({ unchanged: 1 })
    expect(harvest(target)).toEqual(FIRST)
    expect(readdirSync(target).filter(name => name.startsWith('.'))).toEqual(['.shoal-checkout'])
  })

  it.skipIf(process.platform !== 'linux')('K4: a new folder in a folder that hands its group down gets that group, too', async () => {
    const target = world.path('target')
    await world.files.checkout(first, target)
    chmodSync(`${target}/b`, 0o2755)
    const ref = { namespace: 'vision', name: 'deeper' }
    plant(world.path('deeper'), { ...FIRST, 'b/new/folder/file': 'deep' })
    await world.files.import(world.path('deeper'), ref)
    await world.files.checkout(ref, target, { force: true })
    for (const folder of ['b/new', 'b/new/folder']) expect([folder, statSync(`${target}/${folder}`).mode & 0o7777]).toEqual([folder, 0o2755])
  })

  it('writes long files, and files of many small chunks', async () => {
    const [long, table] = [inventBytes(3, 5_000_000), inventTable(4, 700_000)]
    plant(world.path('long'), {})
    writeFileSync(world.path('long', 'bytes'), long)
    writeFileSync(world.path('long', 'table.csv'), table)
    writeFileSync(world.path('long', 'short.csv'), table.subarray(0, 30_000))
    const ref = { namespace: 'vision', name: 'long' }
    await world.files.import(world.path('long'), ref)
    expect(await world.files.checkout(ref, world.path('target'))).toMatchObject({ written: 3, bytesWritten: 5_730_000 })
    expect(readFileSync(world.path('target', 'bytes')).equals(long)).toBe(true)
    expect(readFileSync(world.path('target', 'table.csv')).equals(table)).toBe(true)
    expect(readFileSync(world.path('target', 'short.csv')).equals(table.subarray(0, 30_000))).toBe(true)
  })
})

describe('checkout', () => {
  let world: FilesWorld
  let store: BrokenStore
  let target: string
  beforeAll(async () => {
    world = await filesWorld('memory', inner => store = brokenStore(inner))
    await publish(world, FIRST)
    await publish(world, SECOND)
  })
  afterAll(() => world.end())
  beforeEach(() => {
    target = world.path('target')
    rmSync(target, { recursive: true, force: true })
    store.heal()
  })

  /** A checkout that must lose nothing: refused, with these paths named, and the folder as it was. */
  const refused = async (ref: VersionRef, paths: readonly string[]): Promise<void> => {
    const before = harvest(target)
    const error: unknown = await world.files.checkout(ref, target).then(() => 'done', (failure: unknown) => failure)
    expect(isShoalError(error, 'CHECKOUT_DIRTY') ? error.facts['paths'] : error).toEqual(paths)
    expect(harvest(target)).toEqual(before)
  }

  it('takes over what is there already, and leaves other files alone', async () => {
    plant(target, { 'a.txt': 'one', 'b/c.txt': 'two', 'mine/notes': 'mine', 'b/mine': 'mine' })
    expect(await world.files.checkout(first, target)).toMatchObject({ written: 4, unchanged: 2 })
    await world.files.checkout(second, target)
    expect(harvest(target)).toEqual({ ...SECOND, 'mine/notes': 'mine', 'b/mine': 'mine' })
    await world.files.checkout(first, target, { force: true })
    expect(harvest(target)).toEqual({ ...FIRST, 'mine/notes': 'mine', 'b/mine': 'mine' })
  })

  it.each<[string, Tree, string[]]>([
    ['another file', { 'a.txt': 'mine' }, ['a.txt']],
    ['another file of the same size', { 'a.txt': 'eno' }, ['a.txt']],
    ['a folder where a file goes', { 'a.txt/mine': 'x' }, ['a.txt']],
    ['a file where a folder goes', { 'b': 'mine' }, ['b']],
    ['a file where an empty folder goes', { 'nothing': 'mine' }, ['nothing']]
  ])('refuses to lose %s, unless forced', async (_what, tree, paths) => {
    plant(target, tree)
    await refused(first, paths)
    await world.files.checkout(first, target, { force: true })
    expect(harvest(target)).toEqual(FIRST)
  })

  it.each<[string, () => void, string[]]>([
    ['a changed file that goes', () => write(`${target}/b!/d`, 'mine'), ['b!/d']],
    ['a changed file that changes', () => write(`${target}/b/c.txt`, 'mine'), ['b/c.txt']],
    ['a changed file of the same size and time', () => {
      const { mtime } = statSync(`${target}/b/c.txt`)
      write(`${target}/b/c.new`, 'owt')
      utimesSync(`${target}/b/c.new`, mtime, mtime)
      renameSync(`${target}/b/c.new`, `${target}/b/c.txt`)
    }, ['b/c.txt']],
    ['a file in a folder that becomes a file', () => write(`${target}/ü/mine`, 'mine'), ['ü']],
    ['a changed file in a folder that becomes a file', () => write(`${target}/ü/ö 😀.txt`, 'mine'), ['ü/ö 😀.txt']],
    ['a file where a new folder goes', () => write(`${target}/c`, 'mine'), ['c']]
  ])('refuses to lose %s', async (_what, change, paths) => {
    await world.files.checkout(first, target)
    change()
    await refused(second, paths)
    await world.files.checkout(second, target, { force: true })
    expect(harvest(target)).toEqual(SECOND)
  })

  it('is not disturbed by changes that lose nothing', async () => {
    await world.files.checkout(first, target)
    rmSync(`${target}/b`, { recursive: true })
    rmSync(`${target}/ü/ö 😀.txt`)
    mkdirSync(`${target}/ü/nothing of worth`)
    utimesSync(`${target}/empty`, 1, 1)
    rmSync(`${target}/empty`)
    await world.files.checkout(second, target)
    expect(harvest(target)).toEqual(SECOND)
  })

  it('brings back what was deleted, and an executable bit', async () => {
    await world.files.checkout(first, target)
    rmSync(`${target}/a.txt`)
    chmodSync(`${target}/b/run.sh`, 0o644)
    expect(await world.files.checkout(first, target)).toMatchObject({ written: 2, bytesWritten: 3, unchanged: 4 })
    expect(harvest(target)).toEqual(FIRST)
    expect(await world.files.checkout(first, target)).toMatchObject({ written: 0, unchanged: 6 })
  })

  it('follows no symbolic link out of the folder', async () => {
    plant(world.path('outside'), { 'c.txt': 'two', 'run.sh': 'outside', 'precious': 'x' })
    mkdirSync(target)
    symlinkSync(world.path('outside'), `${target}/b`)
    symlinkSync(world.path('outside', 'precious'), `${target}/a.txt`)
    await refused(first, ['a.txt', 'b'])
    await world.files.checkout(first, target, { force: true })
    expect(harvest(target)).toEqual(FIRST)
    rmSync(`${target}/b`, { recursive: true })
    symlinkSync(world.path('outside'), `${target}/b`)
    await refused(second, ['b'])
    await world.files.checkout(second, target, { force: true })
    expect(harvest(target)).toEqual(SECOND)
    expect(harvest(world.path('outside'))).toEqual({ 'c.txt': 'two', 'run.sh': 'outside', 'precious': 'x' })
  })

  it('believes no state that leads out of the folder', async () => {
    plant(world.path('outside'), { 'precious': 'one' })
    await world.files.checkout(first, target)
    const { mtimeNs, ctimeNs, ino } = statSync(world.path('outside', 'precious'), { bigint: true })
    const state = new RowWriter(`${target}/.shoal-checkout.made`)
    state.add({
      path: '../outside/precious', kind: 'file', stat: { size: 3, mtimeNs, ctimeNs, ino, executable: false },
      held: { size: 3, hash: new Uint8Array(32), executable: false, profile: 'text', content: { kind: 'whole' } }
    })
    state.finish(`${target}/.shoal-checkout`, { version: 'x' })
    symlinkSync(world.path('outside', 'precious'), `${target}/.shoal-checkout.next`)
    await world.files.checkout(first, target)
    expect(harvest(target)).toEqual(FIRST)
    expect(harvest(world.path('outside'))).toEqual({ 'precious': 'one' })
  })

  it('K4: checks out a folder of a version', async () => {
    await world.files.checkout(first, target, { prefix: 'b' })
    expect(harvest(target)).toEqual({ 'c.txt': 'two', 'run.sh': 'x:#!/bin/sh\n' })
    await world.files.checkout(second, target, { prefix: 'c/d' })
    expect(harvest(target)).toEqual({ 'e/f': 'deep' })
    expect(await codeOf(world.files.checkout(first, target, { prefix: 'none' }))).toBe('FILE_NOT_FOUND')
    expect(await codeOf(world.files.checkout(first, target, { prefix: '../b' }))).toBe('PATH_INVALID')
    expect(harvest(target)).toEqual({ 'e/f': 'deep' })
  })

  it('W7: reports links, and names that are kept for the state', async () => {
    const ref = { namespace: 'vision', name: 'linked' }
    await world.files.import(world.path('source'), ref)
    await world.files.edit(ref, [{ op: 'link', path: 'far', url: 'https://example.org/x' }])
    await world.files.write(ref, '.shoal-checkout', (async function* () { yield Buffer.from('x') })())
    await world.files.write(ref, '.shoal-drafts/x', (async function* () { yield Buffer.from('x') })())
    const { notices } = await world.files.checkout(ref, target)
    expect(notices.map(({ path, problem }) => [path, problem])).toEqual([['.shoal-checkout', 'not-representable'], ['.shoal-drafts/x', 'not-representable'], ['far', 'link']])
    expect(harvest(target)).toEqual(SECOND)
    await world.datasets.remove(ref, { allVersions: true })
  })

  it.each(['flipped', 'cut', 'empty', 'foreign'])('does its work with a state that is %s', async damage => {
    await world.files.checkout(first, target)
    const state = `${target}/.shoal-checkout`
    const bytes = readFileSync(state)
    if (damage === 'flipped') bytes[bytes.length - 3]! ^= 1
    if (damage === 'foreign') writeFileSync(state, 'something else')
    else if (damage === 'flipped') writeFileSync(state, bytes)
    else truncateSync(state, damage === 'cut' ? bytes.length - 1 : 0)
    expect(await world.files.checkout(first, target)).toMatchObject({ written: 0, unchanged: 6 })
    await world.files.checkout(second, target)
    expect(harvest(target)).toEqual(SECOND)
  })

  it('ends with an error when data is missing or damaged, and goes on from there, also to another version', async () => {
    await world.files.checkout(first, target)
    for (const harm of ['lose', 'damage'] as const) {
      const entry = await world.files.stat(second, 'ü')
      store[harm](entry.kind === 'file' ? entry.hash : new Uint8Array())
      expect(await codeOf(world.files.checkout(second, target))).toBe(harm === 'lose' ? 'CHUNK_MISSING' : 'CHUNK_DAMAGED')
      for (const [path, text] of Object.entries(harvest(target))) expect([FIRST, SECOND].map(tree => (tree as Tree)[path])).toContain(text)
      expect(existsSync(`${target}/.shoal-drafts`)).toBe(false)
      store.heal()
    }
    await world.files.checkout(first, target)
    expect(harvest(target)).toEqual(FIRST)
  })

  it('goes on after it was cut off anywhere', async () => {
    const many = (mark: string): Tree => Object.fromEntries(Array.from({ length: 1800 }, (_, i) => [`f${i % 7}/${i}`, `${mark}${i}`]))
    const ref = { namespace: 'vision', name: 'many' }
    for (const mark of ['one', 'two']) {
      plant(world.path('many'), many(mark))
      await world.files.import(world.path('many'), ref)
      await world.datasets.publish(ref)
    }
    const [old, next] = [{ ...ref, version: '1.0.0' }, { ...ref, version: '1.1.0' }]
    await world.files.checkout(old, target)
    // The last file's chunk is not there: by then those before it are in place, but for the last thousand.
    const last = await world.files.stat(next, 'f6/97')
    store.lose(last.kind === 'file' ? last.hash : new Uint8Array())
    expect(await codeOf(world.files.checkout(next, target))).toBe('CHUNK_MISSING')
    const [left, changed] = [many('one'), many('two')]
    const between = harvest(target)
    expect(Object.entries(between).filter(([path, text]) => text === left[path]).length).toBeGreaterThan(0)
    expect(Object.entries(between).filter(([path, text]) => text === changed[path]).length).toBeGreaterThan(0)
    store.heal()
    expect(await world.files.checkout(old, target)).toMatchObject({ removed: 0 })
    expect(harvest(target)).toEqual(left)
    await world.datasets.remove(ref, { allVersions: true, force: true })
  })

  it('is refused by what is no folder', async () => {
    write(world.path('file'), 'x')
    expect(await codeOf(world.files.checkout(first, world.path('file')))).toBe('TARGET_UNWRITABLE')
    expect(await codeOf(world.files.checkout(first, world.path('file', 'below')))).toBe('TARGET_UNWRITABLE')
    expect(await codeOf(world.files.checkout({ ...PETS, version: '9.9.9' }, world.path('never')))).toBe('VERSION_NOT_FOUND')
    expect(existsSync(world.path('never'))).toBe(false)
  })

  it('ends when it is cancelled, and goes on', async () => {
    expect(await codeOf(world.files.checkout(first, target, { signal: AbortSignal.abort() }))).toBe('CANCELLED')
    const controller = new AbortController()
    const running = codeOf(world.files.checkout(first, target, { signal: controller.signal, progress: () => controller.abort() }))
    expect(['CANCELLED', 'done']).toContain(await running)
    await world.files.checkout(first, target)
    expect(harvest(target)).toEqual(FIRST)
  })

  it('gives back any folder, after any other', async () => {
    let seen = 0
    await fc.assert(fc.asyncProperty(fc.array(invented, { minLength: 1, maxLength: 4 }), async trees => {
      rmSync(target, { recursive: true, force: true })
      const ref = { ...PETS, name: `any-${seen++}` }
      for (const tree of trees) {
        plant(world.path('source'), tree)
        await world.files.import(world.path('source'), ref)
        await world.files.checkout(ref, target)
        expect(harvest(target)).toEqual(tree)
        const files = Object.keys(tree).filter(path => !path.endsWith('/')).length
        expect(await world.files.checkout(ref, target)).toMatchObject({ written: 0, removed: 0, unchanged: files })
      }
      await world.datasets.remove(ref, { allVersions: true })
    }), { numRuns: 60 })
  })
})
