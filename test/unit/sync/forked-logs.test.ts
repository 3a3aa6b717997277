import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type DatasetView, openCatalog } from '../../../src/catalog/index.ts'
import { readEnvelope } from '../../../src/trust/index.ts'
import { follow, pull } from '../../support/pull.ts'
import { until } from '../../support/until.ts'
import { resigned } from '../catalog/forge.ts'
import { type Peer, World, envelopesOf } from '../catalog/world.ts'

/** A device that says different things to different members, as a home does that was copied or came back from a backup. */

let world: World
let [a, b, c, d]: [Peer, Peer, Peer, Peer] = [] as never
let dataset: DatasetView
beforeEach(async () => {
  world = await World.make(7)
  ;({ a, b, c, d, dataset } = await world.team({ b: 'writer', c: 'writer', d: 'writer' }))
})
afterEach(() => world.remove())

const edit = async (peer: Peer, ...texts: string[]): Promise<void> => {
  for (const description of texts) await peer.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description } }])
}
const many = (count: number, text: string): string[] => Array.from({ length: count }, (_, i) => `${text} ${i}`)

/** The same home once more. */
async function copied(peer: Peer): Promise<[Peer, Peer]> {
  await peer.catalog.close()
  const name = `${peer.name} again`
  await cp(join(world.folder, peer.name), join(world.folder, name), { recursive: true })
  const [one, other] = await Promise.all([peer.name, name].map(async at => ({ ...peer, name: at, catalog: world.keep(await openCatalog(world.options(at, peer.device))) })))
  return [one as Peer, other as Peer]
}

/** `b` said four things to `a` and four others to `c`. @returns the last of these */
async function parted(): Promise<Uint8Array> {
  const [first, second] = await copied(b)
  await edit(first, ...many(4, 'first'))
  await edit(second, ...many(4, 'second'))
  await pull(first, a)
  await pull(second, c)
  return (await envelopesOf(second.catalog, [dataset.id])).filter(bytes => readEnvelope(bytes).device === b.device.id).at(-1) as Uint8Array
}

/** Everybody asks everybody until nobody hears anything new; then all must show the same. */
async function meet(...all: readonly Peer[]): Promise<void> {
  const states = () => all.map(peer => peer.catalog.stateHash())
  for (let [before, now] = ['', states().join()], round = 0; before !== now && round < 5; round++) {
    before = now
    for (const one of all) for (const other of all) if (one !== other) await pull(one, other)
    now = states().join()
  }
  expect(new Set(states()).size).toBe(1)
  expect(new Set(all.map(peer => JSON.stringify(peer.catalog.datasets()))).size).toBe(1)
}

const endsOf = (...all: readonly Peer[]): (number | undefined)[] => all.map(peer => peer.catalog.refusals(dataset.id).find(item => item.device === b.device.id)?.seq)

describe('a device that contradicted itself', () => {
  const branches = [[1, 1], [3, 3], [2, 5], [5, 2], [40, 33]] as const
  for (const [one, other] of branches) {
    it(`S2: ends at the same step everywhere, whoever held which branch: ${one} steps against ${other}`, async () => {
      await edit(b, ...many(2, 'together'))
      const [first, second] = await copied(b)
      await edit(first, ...many(one, 'first'))
      await edit(second, ...many(other, 'second'))
      await pull(first, a)
      await pull(second, c)
      await edit(a, 'behind the first')
      await edit(c, 'behind the second')
      await meet(a, c, d)
      expect(endsOf(a, c, d)).toEqual([3, 3, 3])
      await meet(a, c, d, first)
      await edit(first, 'goes on')
      await meet(a, c, d, first)
      expect(d.catalog.dataset(dataset.id)?.description).toBe('goes on')
    })
  }

  it('S2: ends at the same step while all stay connected, without anybody asking', async () => {
    await edit(b, ...many(5, 'together'))
    const [first, second] = await copied(b)
    await edit(first, ...many(7, 'first'))
    await edit(second, ...many(4, 'second'))
    const lines = [[a, d], [d, a], [c, d], [d, c]].map(([from, to]) => follow(from as Peer, to as Peer))
    await Promise.all(lines.map(line => line.caughtUp()))
    await Promise.all([pull(first, a), pull(second, c)])
    await until(() => endsOf(a, c, d).every(end => end === 6))
    await until(() => new Set([a, c, d].map(peer => peer.catalog.stateHash())).size === 1)
    await Promise.all(lines.map(line => line.stop()))
  })

  it('S2: ends the same where only the last steps of a branch were heard first', async () => {
    const last = await parted()
    // What only the last steps show is not all there is to show.
    await a.catalog.admit([last])
    await meet(a, d)
    await meet(a, c)
    await meet(a, c, d)
    expect(endsOf(a, c, d)).toEqual([1, 1, 1])
  })

  it('S2: and whoever is connected hears when it turns out to have ended earlier', async () => {
    const last = await parted()
    const line = follow(a, d)
    await line.caughtUp()
    await a.catalog.admit([last])
    await until(() => endsOf(d)[0] !== undefined)
    expect(endsOf(a, d)).toEqual([3, 3]) // What the last step follows is another third one than was known.
    await meet(a, c)
    expect(endsOf(a)).toEqual([1])
    await until(() => d.catalog.stateHash() === a.catalog.stateHash())
    expect(endsOf(d)).toEqual([1])
    await line.stop()
  })

  it('S2: and of whom a node forgot what waited, is asked for again', async () => {
    await edit(a, 'what b builds on')
    await pull(a, b)
    await edit(b, 'built on a', 'goes on')
    const own = (await envelopesOf(b.catalog, [dataset.id])).filter(bytes => readEnvelope(bytes).device === b.device.id)
    const lie = resigned(b.device, own[1] as Uint8Array, { at: 1 })
    await d.catalog.admit([...own, lie])
    expect(endsOf(d)).toEqual([2])
    d = await world.reopened(d)
    await b.catalog.admit([lie])
    await pull(b, a)
    await meet(a, c, d)
    expect(d.catalog.dataset(dataset.id)?.description).toBe('built on a')
  })
})
