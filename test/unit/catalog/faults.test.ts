import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Level } from 'level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LiveCatalog, openCatalog } from '../../../src/catalog/index.ts'
import { recordKey } from '../../../src/catalog/keys.ts'
import { isShoalError } from '../../../src/errors/index.ts'
import { seededChance, silentLog } from '../../../src/runtime/index.ts'
import { times, within } from '../../support/times.ts'
import { type Peer, World, envelopesOf, fields, only, publishRequest } from './world.ts'

let world: World
let a: Peer
beforeEach(async () => {
  world = await World.make()
  a = await world.founder()
})
afterEach(() => world.remove())

/** The database as it is on the disk. */
async function rows(folder: string): Promise<[string, Uint8Array][]> {
  const db = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  const all = await db.iterator().all()
  await db.close()
  return all
}

async function put(folder: string, changes: readonly [string, Uint8Array | undefined][]): Promise<void> {
  const db = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  for (const [key, value] of changes) await (value === undefined ? db.del(key) : db.put(key, value))
  await db.close()
}

/** A catalog with a bit of everything, closed. */
async function furnished(): Promise<{ readonly folder: string, readonly state: string, readonly views: string, readonly told: string }> {
  const dataset = await world.dataset(a)
  await a.catalog.publish(publishRequest(dataset, only(dataset).id, '1.0.0'))
  await Promise.all(Array.from({ length: 70 }, (_, i) => a.catalog.apply(dataset.id, [{ change: 'dataset.tag', add: [`t${i}`], remove: [] }])))
  await world.dataset(a, 'other')
  const b = await world.member(a, 'b')
  await b.catalog.admit(await envelopesOf(a.catalog))
  await b.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description: 'of b' } }])
  await a.catalog.admit(await envelopesOf(b.catalog))
  const [state, views, told] = [a.catalog.stateHash(), JSON.stringify(a.catalog.datasets()), JSON.stringify(await histories(a.catalog))]
  await a.catalog.close()
  await b.catalog.close()
  return { folder: world.options('a', a.device).folder, state, views, told }
}

const histories = (catalog: LiveCatalog) => Promise.all(catalog.datasets().map(view => catalog.history(view.id)))

const kindOf = (key: string): string => key.split('/').slice(0, key.startsWith('spare') ? 3 : 2).join('/')

describe('a catalog', () => {
  it('killed while it writes loses nothing it acknowledged', async () => {
    const { id } = await world.dataset(a)
    await a.catalog.close()
    const acknowledged: string[] = []
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [
        new URL('./writing-child.mjs', import.meta.url).pathname, world.options('a', a.device).folder, Buffer.from(a.device.seed).toString('hex'), id, String(round)
      ], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      let told: () => void = () => undefined
      const enough = new Promise<void>(resolve => { told = resolve })
      child.stdout.on('data', (data: Buffer) => {
        text += data.toString()
        if (text.split('\n').length > 5 + round * 40) told()
      })
      await Promise.race([enough, once(child, 'close'), sleep(15_000, undefined, { ref: false })])
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
      acknowledged.push(...text.split('\n').slice(0, -1))
      const again = await world.reopened(a)
      const tags = new Set(again.catalog.dataset(id)?.tags)
      expect(acknowledged.filter(tag => !tags.has(tag))).toEqual([])
      await again.catalog.close()
    }
    expect(acknowledged.length).toBeGreaterThan(100)
  }, 90_000)

  it('with any stored record damaged, swapped or gone shows what is right or says what is wrong', async () => {
    const { folder, state, views, told } = await furnished()
    const all = await rows(folder)
    // Of many of a kind, the first and the last stand for all.
    const kinds = new Map<string, [string, Uint8Array][]>()
    for (const row of all) kinds.set(kindOf(row[0]), [...kinds.get(kindOf(row[0])) ?? [], row])
    const some = [...new Set([...kinds.values()].flatMap(kind => [kind[0], kind.at(-1)]))].filter(row => row !== undefined)
    const chance = seededChance(20261)
    const refused: string[] = []
    for (const [key, value] of some) {
      const flipped = Uint8Array.from(value)
      const at = Math.floor(chance.next() * value.length)
      flipped[at] = (flipped[at] as number) ^ (1 << Math.floor(chance.next() * 8))
      const other = all.find(([name]) => name !== key && name.split('/')[0] === key.split('/')[0])?.[1]
      for (const changes of [[[key, flipped]], [[key, undefined]], ...other === undefined ? [] : [[[key, other]]]] as [string, Uint8Array | undefined][][]) {
        await put(folder, changes)
        try {
          const again = await openCatalog(world.options('a', a.device))
          try {
            expect(again.stateHash(), key).toBe(state)
            expect(JSON.stringify(again.datasets()), key).toBe(views)
            expect(JSON.stringify(await histories(again)), key).toBe(told)
          } finally {
            await again.close()
          }
        } catch (error) {
          if (!isShoalError(error, 'STORE_DAMAGED')) throw error
          refused.push(key)
        }
        const now = new Map(await rows(folder))
        await put(folder, [...all.filter(([key, value]) => Buffer.compare(now.get(key) ?? Buffer.of(), value) !== 0), ...[...now.keys()].filter(key => !all.some(([name]) => name === key)).map((key): [string, undefined] => [key, undefined])])
      }
    }
    // Everything follows from the envelopes, and membership is kept twice.
    expect(refused).toEqual([])
  }, 60_000)

  it('makes records and snapshots anew from envelopes, and goes on', async () => {
    const { folder, state, views } = await furnished()
    const all = await rows(folder)
    await put(folder, all.flatMap(([key, value]): [string, Uint8Array | undefined][] => /^(record|snapshot)\//.test(key) ? [[key, value.map((byte, i) => i === 40 ? byte ^ 4 : byte)]] : []))
    const warnings: string[] = []
    const again = await world.reopened(a, { ...silentLog, warn: message => warnings.push(message) })
    expect(again.catalog.stateHash()).toBe(state)
    expect(JSON.stringify(again.catalog.datasets())).toBe(views)
    expect(warnings.length).toBe(2)
    const [first] = again.catalog.datasets()
    const view = await again.catalog.apply(first?.id as never, [{ change: 'dataset.edit', fields: { description: 'after' } }])
    expect(view.description).toBe('after')
  })

  it('notices a record of yesterday in the place of today\'s', async () => {
    const dataset = await world.dataset(a)
    const other = await world.dataset(a, 'other')
    const { folder } = world.options('a', a.device)
    await a.catalog.close()
    const [key, before] = (await rows(folder)).find(([key]) => key === recordKey(dataset.id)) as [string, Uint8Array]
    a = await world.reopened(a)
    await a.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description: 'today' } }])
    await a.catalog.apply(other.id, [{ change: 'dataset.edit', fields: { description: 'also today' } }])
    const state = a.catalog.stateHash()
    await a.catalog.close()
    await put(folder, [[key, before]])
    const warnings: unknown[] = []
    for (const expected of [[dataset.id], []]) {
      const again = await world.reopened(a, { ...silentLog, warn: (_, facts) => warnings.push(facts?.['dataset']) })
      expect(again.catalog.stateHash()).toBe(state)
      expect(again.catalog.dataset(dataset.id)?.description).toBe('today')
      expect(warnings.splice(0)).toEqual(expected)
      await again.catalog.close()
    }
  })

  it('with a bit flipped in any file shows what is right or says what is wrong', async () => {
    const { folder, state } = await furnished()
    await (await world.reopened(a)).catalog.close() // Opening moves the log into a table.
    const seed = 20262
    const chance = seededChance(seed)
    const files = (await readdir(folder)).filter(name => name.endsWith('.ldb'))
    const seen = { right: 0, refused: 0 }
    for (let i = 0; i < times(40); i++) {
      const copy = { ...world.options('flipped', a.device) }
      await rm(copy.folder, { recursive: true, force: true })
      await cp(folder, copy.folder, { recursive: true })
      const file = join(copy.folder, files[Math.floor(chance.next() * files.length)] as string)
      const bytes = await readFile(file)
      const at = Math.floor(chance.next() * bytes.length)
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(chance.next() * 8))
      await writeFile(file, bytes)
      try {
        const flipped = await openCatalog(copy)
        try {
          expect(flipped.stateHash(), `seed ${seed}, flip ${i} at ${at}`).toBe(state)
          seen.right++
        } finally {
          await flipped.close()
        }
      } catch (error) {
        if (!isShoalError(error)) throw error
        seen.refused++
      }
    }
    expect(seen.right).toBeGreaterThan(0)
  }, within(60_000))

  it.skipIf(process.getuid?.() !== 0)('on a full disk refuses, keeps reading and goes on when there is space (needs root)', async () => {
    const disk = join(world.folder, 'disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk])
    let peer: Peer | undefined
    try {
      peer = await world.founder(a.device, join('disk', 'a'))
      const { catalog } = peer
      const { id } = await catalog.create(fields(), [], world.version('1.0.0'))
      const ballast = join(disk, 'ballast')
      await writeFile(ballast, new Uint8Array(23 * 1024 * 1024)).catch(() => undefined)
      let refusal: unknown
      for (let i = 0; i < 400 && refusal === undefined; i++) {
        await catalog.apply(id, [{ change: 'dataset.edit', fields: { description: `${i}`.repeat(20_000) } }]).catch((error: unknown) => { refusal = error })
      }
      expect(refusal).toMatchObject({ code: 'DISK_FULL' })
      const before = catalog.dataset(id)
      await expect(catalog.apply(id, [{ change: 'dataset.archive', archived: true }])).rejects.toMatchObject({ code: 'DISK_FULL' })
      expect(catalog.dataset(id)).toEqual(before)
      expect((await catalog.history(id)).length).toBeGreaterThan(0)
      await rm(ballast, { force: true })
      await catalog.apply(id, [{ change: 'dataset.archive', archived: true }])
      expect(catalog.dataset(id)).toMatchObject({ archived: true, description: before?.description })
      const state = catalog.stateHash()
      peer = await world.reopened(peer)
      expect(peer.catalog.stateHash()).toBe(state)
    } finally {
      await peer?.catalog.close()
      execFileSync('umount', ['-l', disk])
    }
  }, 60_000)
})
