import { spawn, spawnSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seededChance } from '../../src/runtime/index.ts'
import { MAIN, scratch, shoal, shoalJson, startNode } from '../support/shoal.ts'

/** What goes wrong outside of Shoal ends in one clear error, nothing half-done, and the next run goes on. */
describe('bad luck from the shell', () => {
  let place: ReturnType<typeof scratch>
  beforeEach(() => { place = scratch() })
  afterEach(() => place.clear())

  const fill = (folder: string, files: number, size: number): void => {
    const chance = seededChance(files)
    mkdirSync(folder, { recursive: true })
    for (let i = 0; i < files; i++) {
      const bytes = Buffer.alloc(size, chance.bytes(1009))
      bytes.writeUInt32LE(i)
      writeFileSync(`${folder}/file-${String(i).padStart(5, '0')}`, bytes)
    }
  }

  it('a home that is open in another node is refused, named, and left alone', async () => {
    const node = await startNode(place.path('home'), '--no-examples')
    const second = await shoal(place.path('home'), ['start', '--port', '0', '--no-examples'])
    expect(second.status).toBe(1)
    expect(second.stderr).toMatch(new RegExp(`in use by process ${node.process.pid}`))
    expect((await shoal(place.path('home'), ['status'])).status).toBe(0)
    await node.stop()
  })

  it('a port that is taken is refused by name', async () => {
    const node = await startNode(place.path('one'), '--no-examples')
    const second = await shoal(place.path('two'), ['start', '--port', new URL(node.url).port, '--no-examples'])
    expect(second.status).toBe(1)
    expect(second.stderr).toContain(new URL(node.url).port)
    await node.stop()
  })

  it('a node that was killed leaves a home that opens at once', async () => {
    const node = await startNode(place.path('home'), '--no-examples')
    fill(place.path('source'), 3, 1000)
    await shoalJson(place.path('home'), 'import', place.path('source'), 'a/b')
    await node.kill()
    expect(await shoalJson<{ files: number }[]>(place.path('home'), 'version', 'list', 'a/b')).toEqual([expect.objectContaining({ files: 3 })])
  })

  it.each(['SIGINT', 'SIGKILL'] as const)('an import that is ended by %s shows nothing, and the next one goes on', async signal => {
    fill(place.path('source'), 3000, 40_000)
    const child = spawn(process.execPath, [MAIN, 'import', place.path('source'), 'a/b', '--home', place.path('home')], { stdio: 'ignore' })
    const ended = once(child, 'close')
    for (let waited = 0; waited < 20_000 && !existsSync(place.path('home', 'store')); waited += 20) await new Promise(resolve => { setTimeout(resolve, 20) })
    await new Promise(resolve => { setTimeout(resolve, 300) })
    child.kill(signal)
    await ended
    const versions = await shoal(place.path('home'), ['version', 'list', 'a/b', '--json'])
    if (versions.status === 0) for (const version of JSON.parse(versions.stdout) as { files: number }[]) expect([0, 3000]).toContain(version.files)
    expect(await shoalJson(place.path('home'), 'import', place.path('source'), 'a/b')).toMatchObject({ files: 3000, notices: [] })
    expect(await shoalJson(place.path('home'), 'verify')).toMatchObject({ damaged: [] })
  })

  it('names that differ only in case or Unicode form are all kept', async () => {
    fill(place.path('source'), 1, 10)
    for (const name of ['Name', 'name', 'caf\u00e9', 'cafe\u0301', 'CON', 'a:b']) writeFileSync(place.path('source', name), name)
    await shoalJson(place.path('home'), 'import', place.path('source'), 'a/b')
    await shoalJson(place.path('home'), 'checkout', 'a/b', place.path('copy'))
    expect(spawnSync('diff', ['-r', '--exclude=.shoal*', place.path('source'), place.path('copy')]).status).toBe(0)
  })

  const isRoot = process.getuid?.() === 0
  it.skipIf(!isRoot)('a full disk is told (needs root for a small disk of its own)', async () => {
    const disk = place.path('disk')
    mkdirSync(disk)
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=700m', 'tmpfs', disk]).status).toBe(0)
    try {
      const home = `${disk}/home`
      fill(place.path('small'), 20, 100_000)
      await shoalJson(home, 'import', place.path('small'), 'a/small')
      mkdirSync(place.path('large'))
      const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16))
      for (let i = 0; i < 20; i++) writeFileSync(place.path('large', `noise-${i}`), noise.update(Buffer.alloc(32 << 20)))
      const full = await shoal(home, ['import', place.path('large'), 'a/large'])
      expect(full.stderr).toMatch(/^error: .*(full|space)/i)
      expect(full.status).toBe(1)
      expect(await shoalJson(home, 'verify', 'a/small')).toMatchObject({ damaged: [] })
      rmSync(place.path('large'), { recursive: true })
      writeFileSync(place.path('small', 'one-more'), 'x')
      await shoalJson(home, 'gc')
      expect(await shoalJson(home, 'import', place.path('small'), 'a/small')).toMatchObject({ files: 21 })
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  })
})
