import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { hashFromHex } from '../../../src/model/index.ts'
import { PeerNode } from '../../../src/peers/index.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { greet } from '../../../src/sync/greeting.ts'
import { reachable } from '../../../src/trees/index.ts'
import { readInvite, writeInvite } from '../../../src/trust/index.ts'
import { FRAME, PROTOCOL, encodeFrame, helloOf } from '../../../src/wire/index.ts'
import { LEAST_RATE } from '../../../src/sync/limits.ts'
import { datasetView, publishFiles, testNode, type TestNode } from './fake-workspace.ts'
import { until } from '../../support/until.ts'

const nodes: TestNode[] = []
afterEach(async () => { for (const node of nodes.splice(0).toReversed()) await node.stop() })

async function node(options: Parameters<typeof testNode>[0] = {}): Promise<TestNode> {
  const one = await testNode(options)
  nodes.push(one)
  return one
}

async function online(options: Parameters<typeof testNode>[0] = {}): Promise<TestNode> {
  const one = await node(options)
  await one.network.start()
  return one
}

/** Two nodes of one workspace, connected. */
async function pair(options: { a?: Parameters<typeof testNode>[0], b?: Parameters<typeof testNode>[0] } = {}): Promise<{ a: TestNode, b: TestNode }> {
  const a = await online(options.a)
  const b = await node(options.b)
  const { invite } = await a.network.invite()
  await b.network.join(invite)
  await until(() => a.network.peers()[0]?.connected === true && b.network.peers()[0]?.connected === true)
  return { a, b }
}

const files = (count: number, bytes = 50_000): Record<string, Uint8Array> => Object.fromEntries(Array.from({ length: count }, (_, i) => [`folder${i % 7}/file${i}.bin`, randomBytes(1 + (i * 977) % bytes)]))

/** Throws unless everything below a tree is in a store, and right. */
async function expectWhole(store: ChunkStore, tree: string): Promise<void> {
  const data: Uint8Array[] = []
  await reachable(store, [hashFromHex(tree)], (hash, kind) => { if (kind === 'data') data.push(hash) })
  for (let at = 0; at < data.length; at += 100) expect((await store.getMany(data.slice(at, at + 100))).every(bytes => bytes !== undefined)).toBe(true)
}

describe('joining', () => {
  it('S1: takes one invite; then both know each other and see each other\'s datasets', async () => {
    const a = await online()
    a.catalog.put(datasetView('early', a.device.id, []))
    const b = await node()
    const made = await a.network.invite({ role: 'writer' })
    expect(made).toMatchObject({ role: 'writer', uses: 1 })
    const joined = await b.network.join(made.invite)
    expect(joined.workspace).toBe(a.catalog.workspace)
    expect(joined.members.map(member => member.id).sort()).toEqual([a.device.id, b.device.id].sort())
    await until(() => b.catalog.datasets().length === 1)
    b.catalog.put(datasetView('late', b.device.id, []))
    await until(() => a.catalog.datasets().length === 2)
    expect(a.network.peers()).toMatchObject([{ id: b.device.id, connected: true }])
    expect(b.network.peers()).toMatchObject([{ id: a.device.id, connected: true }])
    await until(() => (b.network.peers()[0]?.bytesIn ?? 0) > 0)
  })

  it('S1: a wrong invite, a used one and an expired one are told apart', async () => {
    const a = await online()
    const good = (await a.network.invite()).invite
    const wrong = writeInvite({ ...readInvite(good), secret: randomBytes(16) })
    await expect((await node()).network.join(wrong)).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    await expect((await node()).network.join(`${good.slice(0, -3)}abc`)).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    await expect((await node()).network.join('hello')).rejects.toMatchObject({ code: 'INVITE_INVALID' })
    await (await node()).network.join(good)
    await expect((await node()).network.join(good)).rejects.toMatchObject({ code: 'INVITE_USED' })
    const brief = (await a.network.invite({ expiresMs: 30 })).invite
    await sleep(60)
    await expect((await node()).network.join(brief)).rejects.toMatchObject({ code: 'INVITE_EXPIRED' })
    expect(a.catalog.members().filter(member => !member.removed)).toHaveLength(2)
  })

  it('needs a home that loses nothing by it; refuses to join twice; reaches nobody: each with its reason', async () => {
    const a = await online()
    const { invite } = await a.network.invite({ uses: 5 })
    const busy = await node()
    busy.catalog.put(datasetView('mine', busy.device.id, []))
    await expect(busy.network.join(invite)).rejects.toMatchObject({ code: 'WORKSPACE_TAKEN' })
    await expect(a.network.join(invite)).rejects.toMatchObject({ code: 'WORKSPACE_TAKEN' })
    const examples = await node({ isUntouched: dataset => dataset.example })
    examples.catalog.put(datasetView('example', examples.device.id, [], { example: true }))
    await examples.network.join(invite)
    await expect(examples.network.join(invite)).rejects.toMatchObject({ code: 'WORKSPACE_TAKEN' })
    await a.network.stop()
    await expect((await node()).network.join(invite)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('S8: only admins invite, and only while they are online', async () => {
    const { b } = await pair()
    await expect(b.network.invite()).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await expect((await node()).network.invite()).rejects.toMatchObject({ code: 'NETWORK_OFF' })
  })

  it('S8: a stranger gets nothing, with and without an open invite', async () => {
    const a = await online()
    a.catalog.put(datasetView('secret', a.device.id, []))
    for (const open of [false, true]) {
      if (open) await a.network.invite()
      const stranger = await node()
      // It believes to be a member of the same workspace.
      stranger.catalog.write('workspace', stranger.device.id, JSON.stringify({ ...a.catalog.members()[0], addresses: a.network.addresses() }))
      Object.assign(stranger.catalog, { workspace: a.catalog.workspace })
      await stranger.network.start()
      if (open) await expect(stranger.network.sync(undefined, { wait: true })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
      else expect(await stranger.network.sync(undefined)).toMatchObject({ peers: 0 })
      expect(stranger.catalog.datasets()).toEqual([])
      expect(a.catalog.members()).toHaveLength(1)
    }
  })

  it('S8: a removed member is hung up on, hears nothing more, and can not come back', async () => {
    const { a, b } = await pair()
    await a.catalog.removeMember(b.device.id)
    await until(() => b.network.peers()[0]?.connected === false)
    a.catalog.put(datasetView('later', a.device.id, []))
    await expect(b.network.sync(undefined, { wait: true })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(b.catalog.datasets()).toEqual([])
  })
})

describe('versions', () => {
  it('S4: arrive byte for byte by themselves, newly published ones too', async () => {
    const { a, b } = await pair()
    for (const round of [1, 2]) {
      const record = await publishFiles(a.store, a.device.id, { ...files(120), 'large.bin': randomBytes(3_000_000), 'text.csv': Buffer.from('a,b\n1,2\n'.repeat(40_000)), empty: new Uint8Array(0) })
      a.catalog.put(datasetView(`data${round}`, a.device.id, [record]))
      await until(async () => (await b.network.sync({ namespace: 'ns', name: `data${round}`, version: '1.0.0' }).catch(() => undefined))?.missing.length === 0)
      await expectWhole(b.store, record.tree)
    }
    expect(b.events.since(0)?.some(event => event.topic === 'sync' && event.data['phase'] === 'complete')).toBe(true)
  })

  it('S4: sync waits until all is complete, and only what is missing crosses', async () => {
    const { a, b } = await pair()
    const first = files(100)
    const one = await publishFiles(a.store, a.device.id, first)
    a.catalog.put(datasetView('data', a.device.id, [one]))
    const seen: number[] = []
    const report = await b.network.sync(undefined, { wait: true, progress: progress => seen.push(progress.bytes) })
    expect(report).toMatchObject({ peers: 1, missing: [] })
    await expectWhole(b.store, one.tree)
    const before = b.network.peers()[0]?.bytesIn ?? 0
    const two = await publishFiles(a.store, a.device.id, { ...first, 'new.bin': randomBytes(10_000) })
    a.catalog.put(datasetView('data', a.device.id, [one, two]))
    await b.network.sync(undefined, { wait: true })
    await expectWhole(b.store, two.tree)
    expect((b.network.peers()[0]?.bytesIn ?? 0) - before).toBeLessThan(60_000)
    expect((await b.network.sync(undefined, { wait: true })).chunks).toBe(0)
  })

  it('S5: what is kept decides what is fetched; a named version comes in any case', async () => {
    const { a, b } = await pair()
    const records = [await publishFiles(a.store, a.device.id, files(3)), await publishFiles(a.store, a.device.id, files(4)), await publishFiles(a.store, a.device.id, files(5))]
    const ref = { namespace: 'ns', name: 'data' }
    const has = async (i: number): Promise<boolean> => (await b.store.hasMany([hashFromHex(records[i]?.tree ?? '')]))[0] === true
    a.catalog.put(datasetView('data', a.device.id, []))
    await until(() => b.catalog.datasets().length === 1)
    expect(b.network.keep(ref)).toBe('published')
    await b.network.setKeep(ref, 'none')
    a.catalog.put(datasetView('data', a.device.id, records))
    await b.network.sync(undefined, { wait: true })
    expect([await has(0), await has(1), await has(2)]).toEqual([false, false, false])
    await b.network.sync({ ...ref, version: '1.0.0' }, { wait: true })
    expect([await has(0), await has(1), await has(2)]).toEqual([true, false, false])
    await b.network.setKeep(ref, 'latest')
    await b.network.sync(undefined, { wait: true })
    expect([await has(0), await has(1), await has(2)]).toEqual([true, false, true])
    await b.network.setKeep(ref, 'published')
    await until(() => has(1))
    await expect(b.network.setKeep(ref, 'some' as never)).rejects.toMatchObject({ code: 'FIELD_INVALID' })
    expect(await readFile(join(b.folder, 'keep.json'), 'utf8')).toContain('published')
  })

  it('S5: a version that was asked for is not looked through again, until the catalog no longer names it', async () => {
    const store = createMemoryStore()
    let looks = 0
    const counting: ChunkStore = { ...store, putMany: chunks => store.putMany(chunks), getMany: hashes => store.getMany(hashes), barrier: () => store.barrier(), hasMany: hashes => {
      looks++
      return store.hasMany(hashes)
    } }
    const { a, b } = await pair({ b: { store: counting, seed: 78 } })
    const ref = { namespace: 'ns', name: 'data' }
    const [one, two] = [await publishFiles(a.store, a.device.id, files(30)), await publishFiles(a.store, a.device.id, files(4))]
    a.catalog.put(datasetView('data', a.device.id, []))
    await until(() => b.catalog.datasets().length === 1)
    await b.network.setKeep(ref, 'none')
    a.catalog.put(datasetView('data', a.device.id, [one]))
    expect((await b.network.sync({ ...ref, version: '1.0.0' }, { wait: true })).chunks).toBeGreaterThan(30)
    a.catalog.put(datasetView('data', a.device.id, [one, two]))
    await b.network.sync(undefined, { wait: true })
    looks = 0
    expect(await b.network.sync({ ...ref, version: '1.0.0' }, { wait: true })).toMatchObject({ chunks: 0, missing: [] })
    expect(looks).toBe(0)
    a.catalog.put(datasetView('data', a.device.id, [two]))
    await b.network.sync(undefined, { wait: true })
    a.catalog.put(datasetView('data', a.device.id, [one, two]))
    await b.network.sync({ ...ref, version: '1.0.0' }, { wait: true })
    expect(looks).toBeGreaterThan(0)
  })

  it('S5: stop coming at once when they are not kept any more', async () => {
    const { a, b } = await pair()
    const record = await publishFiles(a.store, a.device.id, files(60))
    // Slow enough to be met on the way: six seconds of it.
    await b.network.setLimits({ download: LEAST_RATE })
    a.catalog.put(datasetView('data', a.device.id, [record]))
    await until(() => b.network.transfers().versions.some(({ bytes }) => bytes > 0))
    await b.network.setKeep({ namespace: 'ns', name: 'data' }, 'none')
    await until(() => b.network.transfers().versions.length === 0, 4_000)
    await expect(expectWhole(b.store, record.tree)).rejects.toThrow()
  })

  it('S4: go on where they stopped when a side vanishes in the middle', async () => {
    const store = createMemoryStore()
    let stored = 0
    const counting: ChunkStore = { ...store, putMany: async chunks => {
      stored += chunks.length
      return store.putMany(chunks)
    }, hasMany: hashes => store.hasMany(hashes), getMany: hashes => store.getMany(hashes), barrier: () => store.barrier() }
    const { a, b } = await pair({ b: { store: counting, seed: 77 } })
    const record = await publishFiles(a.store, a.device.id, files(900, 60_000))
    stored = 0
    a.catalog.put(datasetView('data', a.device.id, [record]))
    await until(() => stored > 60)
    await b.network.stop()
    const kept = (await store.stats()).chunks
    expect(kept).toBeGreaterThan(60)
    expect(await store.hasMany([hashFromHex(record.tree)])).toEqual([true])
    const total = (await a.store.stats()).chunks
    expect(kept).toBeLessThan(total)

    stored = 0
    const again = await node({ store: counting, seed: 77, folder: b.folder, workspace: b.catalog })
    await again.network.start()
    expect((await again.network.sync(undefined, { wait: true })).missing).toEqual([])
    await expectWhole(store, record.tree)
    expect(stored).toBeLessThanOrEqual(total - kept + 5)
  })

  it('nobody has: waiting ends with what is missing; it arrives once somebody does', async () => {
    const { a, b } = await pair()
    const elsewhere = createMemoryStore()
    const record = await publishFiles(elsewhere, a.device.id, files(5))
    a.catalog.put(datasetView('data', a.device.id, [record]))
    await until(() => b.catalog.datasets().length === 1)
    expect((await b.network.sync(undefined)).missing).toEqual(['ns/data@1.0.0'])
    await expect(b.network.sync(undefined, { wait: true, signal: AbortSignal.timeout(300) })).rejects.toBeDefined()
    await reachable(elsewhere, [hashFromHex(record.tree)], hash => { void elsewhere.getMany([hash]).then(([bytes]) => a.store.putMany([{ hash: hash.slice(), bytes: bytes ?? new Uint8Array(0) }])) })
    await elsewhere.getMany([hashFromHex(record.commit)]).then(([bytes]) => a.store.putMany([{ hash: hashFromHex(record.commit), bytes: bytes ?? new Uint8Array(0) }]))
    expect((await b.network.sync(undefined, { wait: true })).missing).toEqual([])
    await expectWhole(b.store, record.tree)
  })

  it('travel through a node between two that can not meet', async () => {
    const { a, b } = await pair()
    const { invite } = await a.network.invite({ uses: 2 })
    const c = await node()
    await c.network.join(invite)
    const record = await publishFiles(c.store, c.device.id, files(40))
    c.catalog.put(datasetView('from-c', c.device.id, [record]))
    await until(() => b.catalog.datasets().length === 1)
    await until(async () => (await b.network.sync(undefined)).missing.length === 0)
    await expectWhole(b.store, record.tree)
  })
})

describe('a network', () => {
  it('finds its members again after either side was away', async () => {
    const { a, b } = await pair()
    const address = a.network.addresses()[0]?.split('/p2p/')[0] ?? ''
    await a.network.stop()
    await until(() => b.network.peers()[0]?.connected === false)
    expect(b.network.peers()[0]?.lastSeen).toBeDefined()
    const again = await node({ workspace: a.catalog, folder: a.folder, store: a.store, device: a.device, listen: [address] })
    await again.network.start()
    again.catalog.put(datasetView('later', a.device.id, []))
    await until(() => b.catalog.datasets().length === 1, 10_000)
  })

  it('starts and stops as often as one likes', async () => {
    const { a, b } = await pair()
    for (let i = 0; i < 3; i++) {
      await b.network.stop()
      expect(b.network.addresses()).toEqual([])
      await b.network.start()
      await b.network.start()
      a.catalog.put(datasetView(`round${i}`, a.device.id, []))
      await until(() => b.catalog.datasets().length === i + 1, 10_000)
    }
    await Promise.all([a.network.stop(), a.network.stop(), b.network.stop()])
  })

  it('is told apart from one that is off', async () => {
    const a = await node()
    await expect(Promise.resolve().then(() => a.network.sync(undefined))).rejects.toMatchObject({ code: 'NETWORK_OFF' })
    expect(a.network.peers()).toEqual([])
    await a.network.start()
    expect(await a.network.sync(undefined, { wait: true })).toMatchObject({ peers: 0, missing: [] })
  })
})

describe('a member that breaks the protocol', () => {
  it('is left, and neither dialled nor let in for a while; the others go on', async () => {
    const { a, b } = await pair()
    const { invite } = await a.network.invite()
    const c = await node()
    await c.network.join(invite)
    await until(() => a.network.peers().filter(peer => peer.connected).length === 2)
    const address = c.network.addresses()
    await c.network.stop()
    const rogue = new PeerNode({ seed: c.device.seed, listen: [address[0]?.split('/p2p/')[0] ?? ''], agent: 'rogue', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => true } })
    let served = 0
    rogue.handle(PROTOCOL.catalog, { guests: true }, async (stream, peer) => {
      // The other node may meet it as well, and find out for itself.
      if (peer === a.device.id) served++
      await greet(stream, helloOf({ workspace: a.catalog.workspace, agent: 'rogue', name: 'rogue', addresses: address }))
      await stream.send(encodeFrame(FRAME.envelopes, Buffer.from('not what was asked for')))
      await stream.receive(3_000)
    })
    await rogue.start()
    await rogue.dial(a.device.id, a.network.addresses())
    await until(() => a.events.since(0)?.some(event => event.topic === 'peer' && event.data['fault'] !== undefined) === true)
    await until(() => !rogue.isConnected(a.device.id))
    const before = served
    await rogue.dial(a.device.id, a.network.addresses()).catch(() => undefined)
    await until(() => !rogue.isConnected(a.device.id))
    await sleep(300)
    expect(served).toBe(before)
    a.catalog.put(datasetView('data', a.device.id, []))
    await until(() => b.catalog.datasets().length === 1)
    await rogue.stop()
  })
})
