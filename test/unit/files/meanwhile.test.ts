import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ChunkStore, blake3 } from '../../../src/chunks/index.ts'
import { isShoalError } from '../../../src/errors/index.ts'
import { createFiles } from '../../../src/files/index.ts'
import { sameHash } from '../../../src/model/index.ts'
import { silentLog, systemClock } from '../../../src/runtime/index.ts'
import { brokenStore } from '../../support/broken-store.ts'
import { type FilesWorld, PETS, filesWorld, harvest, plant } from './support.ts'

/** Long enough for the clock of any file system here to tick. */
const tick = (): Promise<void> => new Promise(resolve => { setTimeout(resolve, 30) })

const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => isShoalError(error) ? error.code : String(error))

describe('what others do to a folder while it is worked on', () => {
  let world: FilesWorld
  /** Called when the bytes of a file are asked for, once. */
  let onRead: { readonly text: string, readonly act: () => void } | undefined

  const wrap = (store: ChunkStore): ChunkStore => {
    const plain = brokenStore(store)
    return {
      ...plain,
      getMany: async hashes => {
        if (onRead !== undefined && hashes.some(hash => sameHash(hash, blake3(Buffer.from(onRead?.text ?? ''))))) {
          const { act } = onRead
          onRead = undefined
          // Times of files that change within one tick of the clock tell nothing.
          await tick()
          act()
        }
        return await plain.getMany(hashes)
      }
    }
  }

  beforeEach(async () => { world = await filesWorld('memory', wrap) })
  afterEach(() => world.end())

  async function publishTwo(first: Record<string, string>, second: Record<string, string>): Promise<string> {
    plant(world.path('source'), first)
    await world.files.import(world.path('source'), PETS)
    await world.datasets.publish(PETS)
    plant(world.path('source'), second)
    await world.files.import(world.path('source'), PETS, { rehash: true })
    const target = world.path('target')
    await world.files.checkout({ ...PETS, version: '1.0.0' }, target)
    await tick()
    return target
  }

  it('K4: a file that is changed after it was looked at is neither overwritten nor taken for Shoal\'s', async () => {
    const target = await publishTwo({ a: 'new', replaced: 'one', same: 'same' }, { a: 'newer', replaced: 'two', same: 'same' })
    const act = (): void => {
      writeFileSync(`${target}/same`, 'mine')
      writeFileSync(`${target}/replaced`, 'mine too')
    }
    onRead = { text: 'newer', act }
    const report = await world.files.checkout({ ...PETS, version: '1.1.0' }, target)
    expect(onRead).toBeUndefined()
    expect(report.notices.map(({ path, problem }) => [path, problem])).toEqual([['replaced', 'appeared'], ['same', 'appeared']])
    expect(harvest(target)).toEqual({ a: 'newer', replaced: 'mine too', same: 'mine' })
    expect(await failure(world.files.checkout({ ...PETS, version: '1.0.0' }, target))).toBe('CHECKOUT_DIRTY')
    expect(harvest(target)).toEqual({ a: 'newer', replaced: 'mine too', same: 'mine' })
    await world.files.checkout({ ...PETS, version: '1.0.0' }, target, { force: true })
    expect(harvest(target)).toEqual({ a: 'new', replaced: 'one', same: 'same' })
  })

  /** More than are fetched at once: the first are written, to a folder that is not in its place yet, when the last are asked for. */
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`new/${i % 2 === 0 ? 'even/' : ''}${String(i).padStart(3, '0')}`, `content ${i}`]))

  it('K4: a folder that somebody makes while it is made is gone into, and what lies there is left alone', async () => {
    plant(world.path('source'), many)
    await world.files.import(world.path('source'), PETS)
    const target = world.path('target')
    const theirs = { 'new/001': 'mine', 'new/even/mine': 'mine too' }
    const act = (): void => {
      mkdirSync(`${target}/new/even`, { recursive: true })
      for (const [path, text] of Object.entries(theirs)) writeFileSync(`${target}/${path}`, text)
    }
    onRead = { text: 'content 598', act }
    const report = await world.files.checkout(PETS, target)
    expect(onRead).toBeUndefined()
    expect(report.notices.map(({ path, problem }) => [path, problem])).toEqual([['new/001', 'appeared']])
    expect(report.written).toBe(599)
    expect(harvest(target)).toEqual({ ...many, ...theirs })
    // It is known which are whose.
    expect(await failure(world.files.checkout(PETS, target))).toBe('CHECKOUT_DIRTY')
    rmSync(`${target}/new/001`)
    expect(await world.files.checkout(PETS, target)).toMatchObject({ written: 1, unchanged: 599, notices: [] })
    expect(harvest(target)).toEqual({ ...many, 'new/even/mine': 'mine too' })
  })

  it('K4: nothing is written through a link that takes the place of a folder while it is made', async () => {
    plant(world.path('source'), many)
    await world.files.import(world.path('source'), PETS)
    const [target, elsewhere] = [world.path('target'), world.path('elsewhere')]
    mkdirSync(elsewhere)
    onRead = { text: 'content 598', act: () => symlinkSync(elsewhere, `${target}/new`) }
    expect(await failure(world.files.checkout(PETS, target))).toBe('TARGET_UNWRITABLE')
    expect(harvest(elsewhere)).toEqual({})
    rmSync(`${target}/new`)
    await world.files.checkout(PETS, target)
    expect(harvest(target)).toEqual(many)
  })

  it('K4: nothing is reached through a link that took the place of a folder', async () => {
    const target = await publishTwo({ 'a/b/': '', 'c/f': 'x', g: 'g' }, { g: 'g' })
    mkdirSync(world.path('elsewhere/b'), { recursive: true })
    writeFileSync(world.path('elsewhere/f'), 'x')
    for (const name of ['a', 'c']) {
      rmSync(`${target}/${name}`, { recursive: true })
      symlinkSync(world.path('elsewhere'), `${target}/${name}`)
    }
    await world.files.checkout({ ...PETS, version: '1.1.0' }, target)
    expect(harvest(world.path('elsewhere'))).toEqual({ 'b/': '', f: 'x' })
    expect(harvest(target)).toEqual({ a: '@', c: '@', g: 'g' })
    expect(await failure(world.files.checkout({ ...PETS, version: '1.0.0' }, target))).toBe('CHECKOUT_DIRTY')
    await world.files.checkout({ ...PETS, version: '1.0.0' }, target, { force: true })
    expect(harvest(target)).toEqual({ 'a/b/': '', 'c/f': 'x', g: 'g' })
    expect(harvest(world.path('elsewhere'))).toEqual({ 'b/': '', f: 'x' })
  })

  it('L2: a source that goes away while it is read changes nothing', async () => {
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`f${i}`, `${i}`]))
    const source = world.path('source')
    plant(source, many)
    await world.files.import(source, PETS)
    await world.datasets.publish(PETS)
    for (let i = 0; i < 700; i++) appendFileSync(`${source}/f${i}`, 'more')
    let gone = false
    const progress = (): void => {
      if (!gone) rmSync(source, { recursive: true })
      gone = true
    }
    expect(await failure(world.files.import(source, PETS, { progress }))).toBe('SOURCE_UNREADABLE')
    expect(gone).toBe(true)
    expect(Object.keys(await world.held(PETS))).toHaveLength(700)
    expect(await failure(world.files.import(source, PETS))).toBe('SOURCE_NOT_FOUND')
  })

  it('L2: a file that never stands still is reported and not taken, and what the version holds of it stays', async () => {
    const source = world.path('source')
    plant(source, { busy: 'x'.repeat(10_000), calm: 'calm' })
    await world.files.import(source, PETS)
    await tick()
    appendFileSync(`${source}/busy`, 'y')
    const busy = setInterval(() => appendFileSync(`${source}/busy`, 'z'.repeat(5000)), 0)
    const slow = createFiles({ datasets: world.datasets, store: { ...brokenStore(world.store), putMany: async chunks => {
      appendFileSync(`${source}/busy`, 'w')
      return await world.store.putMany(chunks)
    } }, clock: systemClock, log: silentLog, cacheFolder: world.path('cache') })
    try {
      const { notices, modified } = await slow.import(source, PETS)
      const torn = (await world.held(PETS))['busy'] ?? ''
      if (notices.length === 0) expect([modified, torn.startsWith('x'.repeat(10_000))]).toEqual([1, true])
      else expect([notices[0]?.problem, torn]).toEqual(['changing', 'x'.repeat(10_000)])
    } finally {
      clearInterval(busy)
    }
    await tick()
    expect(await world.files.import(source, PETS)).toMatchObject({ notices: [] })
    expect((await world.held(PETS))['busy']).toBe(readFileSync(`${source}/busy`, 'latin1'))
  })

  it('L2: the home of the node is left out of an import by whatever path, and is no source itself', async () => {
    const home = world.path('top/home')
    plant(world.path('top'), { 'home/key': 'secret', data: 'data' })
    symlinkSync(world.path('top'), world.path('way'))
    const files = createFiles({ datasets: world.datasets, store: world.store, clock: systemClock, log: silentLog, cacheFolder: world.path('cache'), home })
    const report = await files.import(world.path('way'), PETS)
    expect(report.notices.map(({ path, problem }) => [path, problem])).toEqual([['home', 'special']])
    expect(Object.keys(await world.held(PETS))).not.toContain('home/key')
    expect(await failure(files.import(home, { ...PETS, name: 'other' }))).toBe('SOURCE_UNREADABLE')
    expect(world.datasets.list()).toHaveLength(1)
  })

  it.skipIf(process.platform === 'win32')('L2: folders too deep for a version, and too deep for the system, are reported', async () => {
    const source = world.path('source')
    plant(source, { a: 'a' })
    const back = process.cwd()
    try {
      process.chdir(source)
      for (let depth = 0; depth < 25; depth++) {
        mkdirSync('d'.repeat(200))
        process.chdir('d'.repeat(200))
        for (const name of ['e', 'f'.repeat(200)]) writeFileSync(name, 'x')
      }
    } finally {
      process.chdir(back)
    }
    try {
      const report = await world.files.import(source, PETS)
      expect(report.notices.map(({ problem }) => problem)).toContain('name')
      expect(report.files).toBeGreaterThan(5)
      expect(await world.files.import(source, PETS)).toMatchObject({ added: 0, modified: 0, removed: 0 })
    } finally {
      execFileSync('rm', ['-rf', source]) // Paths this long are beyond what Node removes.
    }
  })

  it('L3: what is counted is what changed, also where a version holds more than the source', async () => {
    const source = world.path('source')
    plant(source, { a: 'x', g: 'x' })
    await world.files.import(source, PETS)
    plant(source, { 'a/': '', 'g/h': 'x' })
    expect(await world.files.import(source, PETS)).toMatchObject({ added: 1, modified: 0, removed: 2 })
    await world.files.write(PETS, 'x', (async function* () { yield await Promise.resolve(Buffer.from('mine')) })())
    await world.files.import(source, PETS, { add: true })
    writeFileSync(`${source}/x`, 'mine')
    expect(await world.files.import(source, PETS, { add: true })).toMatchObject({ added: 0, modified: 0, files: 2 })
    rmSync(`${source}/x`)
    mkdirSync(`${source}/x`)
    expect(await failure(world.files.import(source, PETS, { add: true }))).toBe('PATH_CLASH')
  })
})
