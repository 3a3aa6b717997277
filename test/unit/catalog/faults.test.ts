import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openCatalog } from '../../../src/catalog/index.ts'
import { isShoalError } from '../../../src/errors/index.ts'
import { seededChance } from '../../../src/runtime/index.ts'
import { fields, found, options, reopen, tempFolder, version } from './world.ts'

describe('a catalog', () => {
  it('killed while it writes loses nothing it acknowledged', async () => {
    const folder = await tempFolder()
    const catalog = await found(folder)
    const { id } = await catalog.create(fields('birds'), [], version())
    await catalog.close()
    const acknowledged: string[] = []
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [new URL('./writing-child.mjs', import.meta.url).pathname, options(folder, 1).folder, id, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      let told: () => void = () => undefined
      const enough = new Promise<void>(resolve => { told = resolve })
      child.stdout.on('data', (data: Buffer) => {
        text += data.toString()
        if (text.split('\n').length > 5 + round * 7) told()
      })
      await Promise.race([enough, once(child, 'close'), sleep(10_000, undefined, { ref: false })])
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
      acknowledged.push(...text.split('\n').slice(0, -1))
      const again = await reopen(folder, 1)
      const tags = new Set(again.dataset(id)?.tags)
      expect(acknowledged.filter(tag => !tags.has(tag))).toEqual([])
      await again.close()
    }
    expect(acknowledged.length).toBeGreaterThan(20)
  }, 60_000)

  it('with a bit flipped in a table shows what is right or says what is wrong', async () => {
    const folder = await tempFolder()
    const catalog = await found(folder)
    for (const name of ['a', 'b']) await catalog.create(fields(name), ['x'], version())
    const state = catalog.stateHash()
    await catalog.close()
    await (await reopen(folder, 1)).close() // Opening moves the log into a table.
    const whole = options(folder, 1).folder
    const tables = (await readdir(whole)).filter(name => name.endsWith('.ldb'))
    expect(tables.length).toBeGreaterThan(0)
    const seed = 20261
    const chance = seededChance(seed)
    const seen = { right: 0, refused: 0 }
    for (let i = 0; i < 40; i++) {
      const copy = { ...options(folder, 1), folder: join(folder, 'flipped') }
      await rm(copy.folder, { recursive: true, force: true })
      await cp(whole, copy.folder, { recursive: true })
      const file = join(copy.folder, tables[Math.floor(chance.next() * tables.length)] ?? '')
      const bytes = await readFile(file)
      const at = Math.floor(chance.next() * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(chance.next() * 8))
      await writeFile(file, bytes)
      try {
        const flipped = await openCatalog(copy)
        expect(flipped.stateHash(), `seed ${seed}, flip ${i} at ${at}`).toBe(state)
        await flipped.close()
        seen.right++
      } catch (error) {
        if (!isShoalError(error)) throw error
        seen.refused++
      }
    }
    expect(seen.right).toBeGreaterThan(0)
  }, 30_000)

  it.skipIf(process.getuid?.() !== 0)('on a full disk refuses, keeps reading and goes on when there is space (needs root)', async () => {
    const disk = join(await tempFolder(), 'disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
    try {
      const catalog = await found(disk)
      const { id } = await catalog.create(fields('birds'), [], version())
      const ballast = join(disk, 'ballast')
      await writeFile(ballast, new Uint8Array(23 * 1024 * 1024)).catch(() => undefined)
      let refusal: unknown
      for (let i = 0; i < 400; i++) {
        if (refusal !== undefined) break
        await catalog.apply(id, [{ change: 'dataset.edit', fields: { description: `${i}`.repeat(20_000) } }]).catch((error: unknown) => { refusal = error })
      }
      expect(refusal).toMatchObject({ code: 'DISK_FULL' })
      const before = catalog.dataset(id)
      await expect(catalog.apply(id, [{ change: 'dataset.archive', archived: true }])).rejects.toMatchObject({ code: 'DISK_FULL' })
      expect((await catalog.history(id)).length).toBeGreaterThan(0)
      await rm(ballast, { force: true })
      await catalog.apply(id, [{ change: 'dataset.archive', archived: true }])
      expect(catalog.dataset(id)).toMatchObject({ archived: true, description: before?.description })
      const state = catalog.stateHash()
      await catalog.close()
      const again = await reopen(disk, 1)
      expect(again.stateHash()).toBe(state)
      await again.close()
    } finally {
      execFileSync('umount', ['-l', disk])
    }
    expect((await stat(disk)).isDirectory()).toBe(true)
  })
})
