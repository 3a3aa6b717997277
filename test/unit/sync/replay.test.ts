import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DatasetView } from '../../../src/catalog/index.ts'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { createDatasets, type Datasets } from '../../../src/datasets/index.ts'
import type { Hash } from '../../../src/model/index.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { CatalogPuller } from '../../../src/sync/catalog-puller.ts'
import { editTree } from '../../../src/trees/index.ts'
import { readEnvelope } from '../../../src/trust/index.ts'
import { createUpkeep } from '../../../src/upkeep/index.ts'
import { FRAME, FrameStream, headsMessage, markMessage, packEnvelopes, wantLogsMessage, type HeadRow } from '../../../src/wire/index.ts'
import { smallFile } from '../../support/datasets-world.ts'
import { memoryStreams } from '../../support/memory-streams.ts'
import { pull } from '../../support/pull.ts'
import { type Peer, World, envelopesOf, hash, only } from '../catalog/world.ts'

/** A member that keeps what it once heard and sends it again, whoever wrote it and whatever happened since. */

let world: World
let [a, b, c]: [Peer, Peer, Peer] = [] as never
let dataset: DatasetView
beforeEach(async () => {
  world = await World.make(11)
  ;({ a, b, c, dataset } = await world.team({ b: 'writer', c: 'writer' }))
})
afterEach(() => world.remove())

async function meet(): Promise<void> {
  for (let round = 0; round < 2; round++) for (const one of [a, b, c]) for (const other of [a, b, c]) if (one !== other) await pull(one, other)
}

const edit = (peer: Peer, description: string) => peer.catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description } }])
const commit = (peer: Peer, n: number) => peer.catalog.apply(dataset.id, [{ change: 'draft.commit', version: only(peer.catalog.dataset(dataset.id)).id, commit: hash(n), over: only(peer.catalog.dataset(dataset.id)).heads, message: '' }])
const shown = (peer: Peer): string => JSON.stringify([peer.catalog.stateHash(), peer.catalog.members(), peer.catalog.datasets(), peer.catalog.refusals(dataset.id)])

/** Everything at once, backwards, piece by piece: nothing may come of it, now or after a restart. */
async function replayedTo(peer: Peer, envelopes: readonly Uint8Array[]): Promise<void> {
  const before = shown(peer)
  await peer.catalog.admit(envelopes)
  await peer.catalog.admit([...envelopes, ...envelopes].toReversed())
  for (const bytes of envelopes) expect((await peer.catalog.admit([bytes])).admitted).toBe(0)
  expect(shown(peer)).toBe(before)
  const again = await world.reopened(peer)
  expect(shown(again)).toBe(before)
  expect((await again.catalog.admit(envelopes)).admitted).toBe(0)
  expect(shown(again)).toBe(before)
}

describe('envelopes that are sent again', () => {
  it('S2: change nothing, in whatever order', async () => {
    for (const peer of [a, b, c]) await edit(peer, peer.name)
    const old = await envelopesOf(a.catalog)
    await meet()
    for (const peer of [a, b, c]) await edit(peer, `${peer.name} later`)
    await meet()
    await replayedTo(c, [...old, ...await envelopesOf(b.catalog)])
  })

  it('S8: of a member that was removed, do nothing: neither what it said before nor what it said apart', async () => {
    await edit(b, 'before')
    await meet()
    await a.catalog.removeMember(b.device.id)
    await commit(b, 9)
    await edit(b, 'apart')
    const ofRemoved = await envelopesOf(b.catalog)
    await pull(a, c)
    await replayedTo(c, ofRemoved)
    expect(a.catalog.members().find(member => member.id === b.device.id)?.removed).toBe(true)
  })

  it('S8: of a member that was removed and came back, do not bring back what was cut', async () => {
    await edit(b, 'before')
    await meet()
    await a.catalog.removeMember(b.device.id)
    await edit(b, 'apart')
    const old = await envelopesOf(b.catalog)
    await a.catalog.addMember({ id: b.device.id, name: 'b', role: 'writer', addresses: [] })
    await meet()
    await edit(b, 'back again')
    await meet()
    await replayedTo(c, old)
    expect(c.catalog.dataset(dataset.id)?.description).toBe('back again')
  })

  it('S8: of an admin that was removed, let nobody in, also where they were not known before', async () => {
    const d = await world.member(a, 'd', 'admin')
    const e = await world.member(d, 'e')
    await pull(d, a)
    await a.catalog.removeMember(e.device.id)
    await a.catalog.removeMember(d.device.id)
    await world.member(d, 'f')
    await d.catalog.addMember({ id: e.device.id, name: 'e', role: 'admin', addresses: [] })
    await meet()
    const said = await envelopesOf(d.catalog)
    await c.catalog.admit(said)
    await meet()
    await replayedTo(c, said)
    expect(a.catalog.members().filter(member => !member.removed).map(member => member.name)).toEqual(['Ann', 'b', 'c'])
  })

  it('L3: of a published version, publish nothing again; of a deleted draft, bring nothing back, also where its data was given back', async () => {
    const store: ChunkStore = createMemoryStore()
    const ref = { namespace: dataset.namespace, name: dataset.name, version: '2.0.0' }
    const put = (version: string, text: string) =>
      datasets.commit({ ...ref, version }, 'put', async tree => editTree(store, tree, [{ op: 'put', entry: await smallFile(store, 'x.txt', text) }]))
    const datasets: Datasets = createDatasets({ catalog: a.catalog, store, clock: world.clock, chance: world.chance, log: silentLog })
    await put('1.0.0', 'stays')
    await datasets.publish({ ...ref, version: '1.0.0' })
    await datasets.createVersion(dataset, { mode: 'new', number: '2.0.0' })
    const { resolved } = await put('2.0.0', 'gone soon')
    const gone = await envelopesOf(a.catalog)
    const chunks: Hash[] = resolved.version.heads.map(head => Buffer.from(head, 'hex'))
    expect(await store.hasMany(chunks)).toEqual([true])
    await datasets.removeVersion(ref)
    await createUpkeep({ catalog: a.catalog, datasets, store, clock: world.clock, log: silentLog }).collect({ graceMs: 0 })
    expect(await store.hasMany(chunks)).toEqual([false])
    await meet()
    expect(a.catalog.dataset(dataset.id)?.versions.map(version => [version.number, version.state])).toEqual([['1.0.0', 'published']])
    for (const peer of [a, c]) await replayedTo(peer, gone)
  })

  it('S2: and announced as news again and again over one line, are asked for a few times at most', async () => {
    for (let i = 0; i < 5; i++) await edit(b, `${i}`)
    await meet()
    await a.catalog.removeMember(b.device.id)
    await edit(b, 'apart')
    await pull(a, c)
    const before = shown(c)
    const own = (await envelopesOf(b.catalog, [dataset.id])).filter(bytes => readEnvelope(bytes).device === b.device.id)
    const [near, far] = memoryStreams()
    const [asking, answering] = [new FrameStream(near, { peer: 'rogue' }), new FrameStream(far, { peer: 'c' })]
    let asked = 0
    // More than there are, so that they look new.
    const heads: HeadRow[] = [[dataset.id, b.device.id, 0, own.length + 7, hash(7)]]
    const rogue = async (): Promise<void> => {
      for (let frame = await answering.receive(5_000); frame !== undefined; frame = await answering.receive(5_000)) {
        if (frame.type === FRAME.tick) continue
        if (frame.type === FRAME.mark) {
          // The same announcement ten times.
          for (let i = 0; i < 10; i++) await answering.sendMessage(FRAME.heads, headsMessage, { heads })
          await answering.sendMessage(FRAME.marked, markMessage, answering.decode(markMessage, frame))
          continue
        }
        asked++
        const { id, logs } = answering.decode(wantLogsMessage, frame)
        for (const part of packEnvelopes(id, own.slice(0, logs[0]?.[4]))) await answering.send(part)
        await answering.sendMessage(FRAME.logsDone, markMessage, { id })
      }
    }
    const serving = rogue()
    const puller = new CatalogPuller(asking, { catalog: c.catalog, admitted: () => undefined })
    const pulling = puller.run().catch(() => undefined)
    for (let i = 0; i < 5; i++) await puller.caughtUp()
    await asking.close()
    await answering.close()
    await Promise.all([serving, pulling])
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(2)
    expect(shown(c)).toBe(before)
  })
})
