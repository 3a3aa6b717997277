import { beforeEach, describe, expect, it } from 'vitest'
import type { Catalog } from '../../../src/catalog/index.ts'
import { blake3 } from '../../../src/chunks/index.ts'
import { hashFromHex } from '../../../src/model/index.ts'
import { seededChance, silentLog, sleep } from '../../../src/runtime/index.ts'
import { type FileEntry, editTree, getEntry } from '../../../src/trees/index.ts'
import { type Upkeep, createUpkeep } from '../../../src/upkeep/index.ts'
import { type World, realWorld, smallFile } from '../../support/datasets-world.ts'
import { inventBytes } from '../../support/invented-data.ts'
import { type UpkeepWorld, upkeepWorld } from '../../support/upkeep-world.ts'

const PETS = { namespace: 'vision', name: 'pets' }
const NOW = { graceMs: 0 }
const MINUTE = 60_000
const hashOf = (text: string): Uint8Array => blake3(new TextEncoder().encode(text))

let world: UpkeepWorld
beforeEach(async () => {
  world = upkeepWorld()
  await world.datasets.create(PETS)
})

const has = async (text: string): Promise<boolean> => (await world.store.getMany([hashOf(text)]))[0] !== undefined

describe('collection', () => {
  it('S10: chunks of deleted versions go, everything a version names stays', async () => {
    await world.put(PETS, { a: 'first', b: 'shared' })
    await world.datasets.publish(PETS)
    await world.datasets.createVersion(PETS, { mode: 'inherit' })
    await world.put(PETS, { a: 'second', c: 'draft only' })
    await world.datasets.archiveVersion({ ...PETS, version: '1.0.0' }, true)
    await world.upkeep.collect(NOW)
    expect(await world.read({ ...PETS, version: '1.0.0' })).toEqual({ a: 'first', b: 'shared' })
    expect(await world.read(PETS)).toEqual({ a: 'second', b: 'shared', c: 'draft only' })

    await world.datasets.removeVersion(PETS)
    const report = await world.upkeep.collect(NOW)
    expect(report).toMatchObject({ dryRun: false, kept: (await world.store.stats()).chunks })
    expect(report.chunks).toBeGreaterThanOrEqual(2)
    expect([await has('second'), await has('draft only'), await has('first'), await has('shared')]).toEqual([false, false, true, true])

    await world.datasets.remove(PETS, { allVersions: true, force: true })
    await world.upkeep.collect(NOW)
    expect(await world.store.stats()).toMatchObject({ chunks: 0, bytes: 0 })
  })

  it('S10: a dry run tells the same and removes nothing', async () => {
    await world.put(PETS, { a: 'gone soon' })
    await world.datasets.removeVersion(PETS)
    const before = await world.store.stats()
    const dry = await world.upkeep.collect({ ...NOW, dryRun: true })
    expect(await world.store.stats()).toEqual(before)
    expect(dry).toMatchObject({ dryRun: true, kept: before.chunks - dry.chunks })
    expect(await world.upkeep.collect(NOW)).toEqual({ ...dry, dryRun: false })
  })

  it('C1: earlier states of a draft stay while it is a draft; once published only what was published', async () => {
    await world.put(PETS, { a: 'old state' })
    await world.put(PETS, { a: 'new state' })
    await world.upkeep.collect(NOW)
    expect(await has('old state')).toBe(true)
    await world.datasets.publish(PETS)
    await world.datasets.createVersion(PETS, { mode: 'inherit' })
    await world.upkeep.collect(NOW)
    expect([await has('old state'), await has('new state')]).toEqual([false, true])
    await world.put(PETS, { b: 'goes on' })
    expect(await world.read(PETS)).toEqual({ a: 'new state', b: 'goes on' })
  })

  it('C4: versions can still be merged after a collection', async () => {
    await world.put(PETS, { a: 'base', b: 'base' })
    await world.put(PETS, { c: 'base' })
    await world.datasets.publish(PETS)
    for (const [number, path] of [['1.1.0', 'a'], ['1.2.0', 'b']] as const) {
      const { version } = await world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.0.0'], number })
      await world.put({ ...PETS, version: version.id }, { [path]: number })
      await world.put({ ...PETS, version: version.id }, { extra: 'x' })
      await world.datasets.publish({ ...PETS, version: version.id })
    }
    await world.upkeep.collect(NOW)
    const { conflicts, version } = await world.datasets.createVersion(PETS, { mode: 'inherit', from: ['1.1.0', '1.2.0'] })
    expect(conflicts).toEqual([])
    expect(await world.read({ ...PETS, version: version.id })).toEqual({ a: '1.1.0', b: '1.2.0', c: 'base', extra: 'x' })
  })

  it('S2: heads that stand apart stay, and so does what their merge is read as', async () => {
    await world.put(PETS, { a: 'base' })
    const { dataset, version } = world.datasets.resolve(PETS)
    const before = version.heads
    await world.put(PETS, { a: 'mine' })
    const mine = world.datasets.resolve(PETS).version.heads
    world.catalog.foreign(dataset.id, view => ({ ...view, versions: view.versions.map(one => ({ ...one, heads: before })) }))
    await world.put(PETS, { a: 'theirs' })
    world.catalog.foreign(dataset.id, view => ({ ...view, versions: view.versions.map(one => ({ ...one, heads: [...mine, ...one.heads] })) }))
    const merged = await world.read(PETS)
    expect(Object.values(merged).sort()).toEqual(['mine', 'theirs'])
    await world.upkeep.collect(NOW)
    expect(await world.read(PETS)).toEqual(merged)
  })

  it('S10: what came in within the grace stays; later it goes', async () => {
    world.clock.advance(1)
    await world.datasets.leases.during(() => smallFile(world.store, 'x', 'broken-off import'))
    await world.upkeep.collect()
    expect(await has('broken-off import')).toBe(true)
    for (let minutes = 0; minutes < 55; minutes += 5) {
      world.clock.advance(5 * MINUTE)
      await world.datasets.leases.during(() => smallFile(world.store, 'x', `at ${minutes}`))
      await sleep(1)
      await world.upkeep.collect()
      expect(await has('broken-off import'), `after ${minutes + 5} minutes`).toBe(true)
    }
    for (let minutes = 0; minutes < 25; minutes += 5) {
      world.clock.advance(5 * MINUTE)
      await world.datasets.leases.during(() => smallFile(world.store, 'x', `later ${minutes}`))
      await sleep(1)
    }
    await world.upkeep.collect()
    expect(await has('broken-off import')).toBe(false)
    expect(await has('later 20')).toBe(true)
  })

  it('S10: the grace is as long as ever when somebody sets the clock ten years on or back', async () => {
    for (const years of [10, -20]) {
      world.clock.advance(1)
      await world.datasets.leases.during(() => smallFile(world.store, 'x', `before ${years}`))
      world.clock.set(years * 365 * 24 * 60 * MINUTE)
      await world.upkeep.collect()
      expect(await has(`before ${years}`)).toBe(true)
    }
    world.clock.advance(80 * MINUTE)
    await world.datasets.leases.during(() => smallFile(world.store, 'x', 'later'))
    await sleep(1)
    world.clock.advance(80 * MINUTE)
    await world.upkeep.collect()
    expect(await has('before 10')).toBe(false)
    expect(await has('before -20')).toBe(false)
  })

  it('S10: what was there before this process opened the store is old', async () => {
    await smallFile(world.store, 'x', 'left by an earlier process')
    const upkeep = createUpkeep({ datasets: world.datasets, catalog: world.catalog, store: world.store, clock: world.clock, log: silentLog })
    await upkeep.collect()
    expect(await has('left by an earlier process')).toBe(false)
  })

  it('S10: an import under way is waited for, and what it names stays', async () => {
    const lease = world.datasets.leases.hold()
    const entry = await smallFile(world.store, 'slow', 'put long before it is named')
    let collected = false
    const collecting = world.upkeep.collect(NOW).then(() => { collected = true })
    await sleep(20)
    expect(collected).toBe(false)
    await world.datasets.commit(PETS, 'slow', tree => editTree(world.store, tree, [{ op: 'put', entry }]))
    lease.end()
    await collecting
    expect(await world.read(PETS)).toEqual({ slow: 'put long before it is named' })
  })

  it('S10: an edit that builds on a version deleted meanwhile keeps what it took', async () => {
    const side = { ...PETS, version: (await world.datasets.createVersion(PETS, { mode: 'new', name: 'side' })).version.id }
    await world.put(side, { taken: 'from the side' })
    const lease = world.datasets.leases.hold()
    // Its first look at the versions is done; it waits for the lease.
    const collecting = world.upkeep.collect(NOW)
    await sleep(10)
    await world.datasets.commit(PETS, 'copy', async tree => {
      const entry = await getEntry(world.store, await world.datasets.tree(world.datasets.resolve(side).version), 'taken')
      await world.datasets.removeVersion(side)
      lease.end()
      await collecting
      return editTree(world.store, tree, [{ op: 'put', entry: entry! }])
    })
    expect(await world.read(PETS)).toEqual({ taken: 'from the side' })
  })

  it('S10: chunks that uploads come back for stay', async () => {
    await smallFile(world.store, 'x', 'part 1')
    world.pinned.push(hashOf('part 1'))
    await world.upkeep.collect(NOW)
    expect(await has('part 1')).toBe(true)
    world.pinned.pop()
    await world.upkeep.collect(NOW)
    expect(await has('part 1')).toBe(false)
  })

  it('S10: nothing is removed while it can\'t be told what is needed', async () => {
    await world.put(PETS, { a: 'kept' })
    await world.datasets.publish(PETS)
    await smallFile(world.store, 'x', 'garbage')
    const { published } = world.datasets.resolve({ ...PETS, version: '1.0.0' }).version
    for (const hash of [published!.tree, published!.commit].map(hashFromHex)) {
      world.store.damage(hash)
      await expect(world.upkeep.collect(NOW)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
      world.store.heal()
    }
    world.store.lose(hashFromHex(published!.tree))
    await expect(world.upkeep.collect(NOW)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(await has('garbage')).toBe(true)
    world.store.heal()
    await world.upkeep.collect(NOW)
    expect([await has('kept'), await has('garbage')]).toEqual([true, false])
  })

  it('S5: a version of another node that is not here, or only in parts, is no damage', async () => {
    const { dataset } = world.datasets.resolve(PETS)
    await world.put(PETS, { a: 'theirs' })
    await world.datasets.publish(PETS)
    const { published } = world.datasets.resolve({ ...PETS, version: '1.0.0' }).version
    world.catalog.foreign(dataset.id, view => ({ ...view, versions: view.versions.map(one => ({ ...one, createdBy: 'device-2' as never, published: { ...published!, by: 'device-2' as never } })) }))
    world.store.lose(hashFromHex(published!.tree))
    await world.upkeep.collect(NOW)
    world.store.lose(hashFromHex(published!.commit))
    await world.upkeep.collect(NOW)
  })

  it('S10: a store that was opened anew meanwhile is collected from now on', async () => {
    await smallFile(world.store, 'x', 'garbage')
    for (let i = 0; i < 10; i++) await world.store.beginSweep()
    await world.upkeep.collect()
    expect(await has('garbage')).toBe(false)
  })

  it('S10: it can be cancelled, and a wrong grace is refused', async () => {
    await smallFile(world.store, 'x', 'garbage')
    await expect(world.upkeep.collect({ ...NOW, signal: AbortSignal.abort() })).rejects.toThrow()
    expect(await has('garbage')).toBe(true)
    for (const graceMs of [-1, NaN, 1e12]) await expect(world.upkeep.collect({ graceMs })).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it.each([1, 2, 3, 4])('S10: nothing acknowledged is lost while collections run all the time (seed %i)', async seed => {
    const chance = seededChance(seed)
    const turns = async (): Promise<void> => {
      for (let i = Math.floor(chance.next() * 3); i > 0; i--) await new Promise(resolve => setImmediate(resolve))
    }
    // A store whose answers take a while, so that everything can come between everything.
    for (const method of ['putMany', 'hasMany', 'getMany', 'barrier', 'sweep', 'beginSweep'] as const) {
      const original = world.store[method] as (...args: unknown[]) => Promise<unknown>
      Object.assign(world.store, { [method]: async (...args: unknown[]) => {
        await turns()
        const answer = await original(...args)
        await turns()
        return answer
      } })
    }
    await workWhileCollecting(world, world.upkeep, seed, { writers: 3, steps: 25 })
  })
})

describe('collection on disk', () => {
  it('S10: nothing acknowledged is lost while collections run all the time, and the space comes back', async () => {
    const seed = 5
    const real = await realWorld()
    try {
      const upkeep = createUpkeep({ datasets: real.datasets, catalog: real.catalog, store: real.store, clock: real.clock, log: silentLog })
      await workWhileCollecting(real, upkeep, seed, { writers: 3, steps: 12 })
      await real.datasets.create(PETS)
      const noise = inventBytes(1, 32 * 1024 * 1024)
      await real.datasets.leases.during(async () => {
        const chunks = Array.from({ length: 256 }, (_, i) => noise.subarray(i * 131_072, (i + 1) * 131_072)).map(bytes => ({ hash: blake3(bytes), bytes }))
        await real.store.putMany(chunks)
        const entries = chunks.map(({ hash, bytes }, i): FileEntry => ({ kind: 'file', path: `f${i}`, size: bytes.length, hash, executable: false, profile: 'binary', content: { kind: 'whole' } }))
        await real.datasets.commit(PETS, 'noise', tree => editTree(real.store, tree, entries.map(entry => ({ op: 'put', entry }))))
      })
      const before = await real.store.stats()
      await real.datasets.remove(PETS, { allVersions: true })
      expect((await upkeep.collect(NOW)).bytes).toBeGreaterThan(noise.length)
      const after = await real.store.stats()
      expect(before.bytes - after.bytes).toBeGreaterThan(noise.length)
      expect(before.storedBytes - after.storedBytes).toBeGreaterThan(noise.length / 2)
      expect((await upkeep.verify(undefined)).damaged).toEqual([])
    } finally {
      await real.end()
    }
  }, 30_000)
})

/** Writers change, publish and delete at random while one collection follows the other; everything acknowledged must be readable at all times. */
async function workWhileCollecting(world: World<Catalog>, upkeep: Upkeep, seed: number, { writers, steps }: { writers: number, steps: number }): Promise<void> {
  const chance = seededChance(seed)
  const pick = (n: number): number => Math.floor(chance.next() * n)
  const expected = new Map<string, Record<string, string>>()
  const stop = new AbortController()
  let collections = 0
  const collector = (async () => {
    while (!stop.signal.aborted) {
      await upkeep.collect(collections % 3 === 2 ? {} : NOW)
      collections++
    }
  })()
  const writer = async (name: string): Promise<void> => {
    const ref = { namespace: 'ns', name }
    await world.datasets.create(ref)
    let draft: Record<string, string> = {}
    for (let step = 0; step < steps; step++) {
      const dice = chance.next()
      world.clock.advance(1)
      if (dice < 0.6) {
        // Contents repeat, also such as were collected or are being collected.
        const files = Object.fromEntries(Array.from({ length: 1 + pick(3) }, () => [`f${pick(30)}`, `content ${pick(40)}`]))
        await world.put(ref, files)
        draft = { ...draft, ...files }
      } else if (dice < 0.75 && Object.keys(draft).length > 0) {
        const path = Object.keys(draft)[pick(Object.keys(draft).length)]!
        await world.remove(ref, path)
        const { [path]: _gone, ...rest } = draft
        draft = rest
      } else if (dice < 0.9) {
        const { published } = await world.datasets.snapshot(ref)
        expected.set(`${name}@${published.version.number}`, draft)
      } else {
        await world.datasets.removeVersion(ref)
        const published = world.datasets.versions(ref, { state: 'published' })
        await world.datasets.createVersion(ref, published.length > 0 ? { mode: 'inherit' } : { mode: 'new' })
        draft = published.length > 0 ? expected.get(`${name}@${published.at(-1)!.number}`)! : {}
      }
      expected.set(name, draft)
      expect(await world.read(ref), `seed ${seed}, ${name}, step ${step}`).toEqual(draft)
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, i) => writer(`data-${i}`)))
  stop.abort()
  await collector
  await upkeep.collect(NOW)
  expect(collections).toBeGreaterThan(1)
  for (const [key, files] of expected) {
    const [name = '', version] = key.split('@')
    expect(await world.read({ namespace: 'ns', name, ...version === undefined ? {} : { version } }), `seed ${seed}, ${key}`).toEqual(files)
  }
  expect((await upkeep.verify(undefined)).damaged).toEqual([])
}
