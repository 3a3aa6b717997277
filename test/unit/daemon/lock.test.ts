import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { homeFolder, prepareHome } from '../../../src/daemon/home.ts'
import { acquireLock, readLock } from '../../../src/daemon/lock.ts'
import { systemChance } from '../../../src/runtime/index.ts'
import { scratch } from '../../support/shoal.ts'

describe('the home', () => {
  let place: ReturnType<typeof scratch>
  beforeEach(() => { place = scratch() })
  afterEach(() => place.clear())

  it('is chosen by option, then SHOAL_HOME, then the platform', () => {
    expect(homeFolder('/a/b', { SHOAL_HOME: '/c' })).toBe('/a/b')
    expect(homeFolder(undefined, { SHOAL_HOME: '/c' })).toBe('/c')
    expect(homeFolder(undefined, {})).toContain('shoal')
  })

  it('is readable by its owner only and keeps one token', () => {
    const folder = place.path('home')
    const home = prepareHome(folder, systemChance)
    expect(statSync(folder).mode & 0o077).toBe(0)
    expect(statSync(place.path('home', 'api-token')).mode & 0o077).toBe(0)
    expect(prepareHome(folder, systemChance).token).toBe(home.token)
    expect(home.token.length).toBeGreaterThanOrEqual(32)
  })

  it('of a newer format is refused, a damaged one named', () => {
    const folder = place.path('home')
    prepareHome(folder, systemChance)
    writeFileSync(place.path('home', 'home.json'), '{"format":99}')
    expect(() => prepareHome(folder, systemChance)).toThrowError(expect.objectContaining({ code: 'HOME_TOO_NEW' }))
    writeFileSync(place.path('home', 'home.json'), '{"for')
    expect(() => prepareHome(folder, systemChance)).toThrowError(expect.objectContaining({ code: 'HOME_INVALID' }))
  })

  it('that can not be made is refused by name', () => {
    writeFileSync(place.path('file'), '')
    expect(() => prepareHome(place.path('file', 'home'), systemChance)).toThrowError(/can not be made/)
  })
})

describe('the lock of a home', () => {
  let place: ReturnType<typeof scratch>
  beforeEach(() => { place = scratch() })
  afterEach(() => place.clear())

  it('is held by one, names its owner and address, and can be had again', () => {
    const path = place.path('lock')
    const lock = acquireLock(path, 'shoal start')
    expect(() => acquireLock(path, 'shoal gc')).toThrowError(expect.objectContaining({ code: 'HOME_IN_USE' }))
    lock.announce('http://127.0.0.1:1')
    expect(readLock(path)).toMatchObject({ pid: process.pid, doing: 'shoal start', url: 'http://127.0.0.1:1' })
    lock.release()
    expect(existsSync(path)).toBe(false)
    acquireLock(path, 'shoal gc').release()
  })

  it('of a process that died is taken over', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const path = place.path('lock')
    acquireLock(path, 'shoal start').release()
    writeFileSync(path, JSON.stringify({ pid: child.pid, mark: '', doing: 'shoal start' }))
    expect(readLock(path)?.pid).toBe(child.pid)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(readLock(path)).toBeUndefined()
    acquireLock(path, 'shoal gc').release()
  })

  it('of an earlier process with the same pid is taken over', () => {
    const path = place.path('lock')
    writeFileSync(path, JSON.stringify({ pid: process.pid, mark: 'another start', doing: 'shoal start' }))
    acquireLock(path, 'shoal gc').release()
  })

  it('that a power cut left empty is taken over', () => {
    const path = place.path('lock')
    writeFileSync(path, '')
    const lock = acquireLock(path, 'shoal gc')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid })
    lock.release()
  })

  it('goes to exactly one of many that race for a stale one', async () => {
    mkdirSync(place.path('race'))
    const path = place.path('race', 'lock')
    writeFileSync(path, JSON.stringify({ pid: 2 ** 30, mark: '', doing: 'gone' }))
    // One that was killed in the middle of taking it.
    writeFileSync(`${path}.${2 ** 30}.1@boot.turn`, '')
    // All are there before the first one tries; nobody goes before the last one has tried.
    const code = `
      const { acquireLock } = await import(process.argv[1])
      console.log('ready')
      process.stdin.once('data', () => {
        try { acquireLock(process.argv[2], 'racer'); console.log('won') } catch (error) { console.log(error.code) }
      })`
    const module = new URL('../../../dist/daemon/lock.js', import.meta.url).href
    const racers = await Promise.all(Array.from({ length: 8 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code, module, path], { stdio: ['pipe', 'pipe', 'inherit'] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      expect((await lines.next()).value).toBe('ready')
      return { child, lines }
    }))
    for (const { child } of racers) child.stdin.write('go')
    const results = await Promise.all(racers.map(async ({ lines }) => (await lines.next()).value as string))
    for (const { child } of racers) child.kill('SIGKILL')
    expect(results.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'HOME_IN_USE'), 'won'])
    expect(readdirSync(place.path('race'))).toEqual(['lock'])
  })
})
