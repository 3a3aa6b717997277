import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { blake3, createMemoryStore, type Chunk, type ChunkStore } from '../../../src/chunks/index.ts'
import { ShoalError } from '../../../src/errors/index.ts'
import { hashToHex, type DatasetId } from '../../../src/model/index.ts'
import { seededChance, systemClock } from '../../../src/runtime/index.ts'
import { serveChunks } from '../../../src/sync/chunk-server.ts'
import { Fetcher } from '../../../src/sync/fetcher.ts'
import { FRAME, encodeFrame, packChunks, unpackWant, type FrameStream, type ProgressLimits } from '../../../src/wire/index.ts'
import { until } from '../../support/until.ts'
import { PROTOCOL, connectedPair } from './support.ts'

const MIB = 2 ** 20
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const stop of stops.splice(0).toReversed()) await stop() })

const chance = seededChance(7)

/** Chunks of random bytes with sizes as files have them. */
function chunks(count: number, size: (i: number) => number = i => 1 + (i * 7919) % 90_000): Chunk[] {
  return Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(size(i))
    bytes.set(chance.bytes(Math.min(64, bytes.byteLength)))
    return { hash: blake3(bytes), bytes }
  })
}

async function storeOf(held: readonly Chunk[]): Promise<ChunkStore> {
  const store = createMemoryStore()
  await store.putMany(held)
  return store
}

type Serve = (stream: FrameStream, store: ChunkStore) => Promise<void>
const open = { mayGoOn: () => undefined, mayHave: () => Promise.resolve(undefined), pace: () => Promise.resolve() }
const honest: Serve = (stream, store) => serveChunks(stream, { ...open, store })
const dataset = 'dataset' as DatasetId

interface Rig { readonly fetcher: Fetcher, readonly lost: ShoalError[], readonly peers: { readonly id: string, readonly sent: () => number, readonly stop: () => Promise<void> }[] }

/** A fetcher into `store` with one connected peer for each way to serve. */
async function rig(store: ChunkStore, serving: readonly (readonly [Serve, ChunkStore])[], progress?: ProgressLimits): Promise<Rig> {
  const pairs = await Promise.all(serving.map(([serve, from]) => connectedPair(PROTOCOL.chunks, stream => serve(stream, from))))
  const lost: ShoalError[] = []
  const fetcher = new Fetcher({
    store,
    clock: systemClock,
    pace: () => Promise.resolve(),
    open: async peer => await (pairs[Number(peer)] ?? pairs[0])?.open() ?? Promise.reject(new ShoalError('PEER_UNREACHABLE', 'no such peer')),
    lost: (_peer, error) => lost.push(error),
    ...progress === undefined ? {} : { progress }
  })
  pairs.forEach((_, i) => fetcher.add(String(i)))
  stops.push(...pairs.map(pair => pair.stop), () => fetcher.stop())
  return { fetcher, lost, peers: pairs.map((pair, i) => ({ id: String(i), sent: () => pair.server.traffic(pair.client.addresses()[0]?.split('/').at(-1) ?? '').out, stop: pair.stop })) }
}

const never = new AbortController().signal
const hashes = (list: readonly Chunk[]): string[] => list.map(chunk => hashToHex(chunk.hash)).sort()

async function expectHeld(store: ChunkStore, list: readonly Chunk[]): Promise<void> {
  const held = await store.getMany(list.map(chunk => chunk.hash))
  list.forEach((chunk, i) => expect(Buffer.compare(held[i] ?? Buffer.of(), chunk.bytes)).toBe(0))
}

/** Waits until a number has stood still for a while. */
async function settled(value: () => number): Promise<void> {
  for (let before = -1; before !== value();) {
    before = value()
    await sleep(150)
  }
}

describe('the chunk exchange', () => {
  it('S4: brings chunks of all sizes byte for byte', async () => {
    const all = [...chunks(600), ...chunks(3, () => MIB), ...chunks(1, () => 0), ...chunks(1_500, i => i % 40)]
    const into = createMemoryStore()
    const { fetcher } = await rig(into, [[honest, await storeOf(all)]])
    const unique = [...new Map(all.map(chunk => [hashToHex(chunk.hash), chunk])).values()]
    let stored = 0
    expect(await fetcher.fetch(unique.map(({ hash, bytes }) => ({ hash, size: bytes.byteLength })), { dataset, signal: never, onStored: bytes => { stored += bytes } })).toEqual([])
    await expectHeld(into, unique)
    expect(stored).toBe(unique.reduce((sum, chunk) => sum + chunk.bytes.byteLength, 0))
  })

  it('answers what is not here, and what is damaged here, as such; the rest arrives', async () => {
    const all = chunks(100)
    const from = await storeOf(all.slice(0, 90))
    const damaged = all[5]?.hash ?? new Uint8Array(32)
    const broken: ChunkStore = { ...from, putMany: c => from.putMany(c), getMany: async wanted => {
      if (wanted.some(hash => Buffer.compare(hash, damaged) === 0)) throw new ShoalError('CHUNK_DAMAGED', 'damaged', { hash: hashToHex(damaged) })
      return from.getMany(wanted)
    } }
    const into = createMemoryStore()
    const { fetcher, lost } = await rig(into, [[honest, broken]])
    const missing = await fetcher.fetch(all, { dataset, signal: never })
    expect(missing.map(hashToHex).sort()).toEqual(hashes([...all.slice(90), ...all.slice(5, 6)]))
    expect(lost).toEqual([])
    await expectHeld(into, all.filter((_, i) => i !== 5 && i < 90))
  })

  it('S4: draws from several peers at once, each chunk from one of those that have it', async () => {
    const all = chunks(400)
    const into = createMemoryStore()
    const { fetcher, peers } = await rig(into, [[honest, await storeOf(all.slice(0, 250))], [honest, await storeOf(all.slice(150))]])
    expect(await fetcher.fetch(all, { dataset, signal: never })).toEqual([])
    await expectHeld(into, all)
    const bytes = all.reduce((sum, chunk) => sum + chunk.bytes.byteLength, 0)
    const sent = peers.map(peer => peer.sent())
    expect(Math.min(...sent)).toBeGreaterThan(bytes / 10)
    expect(sent[0]! + sent[1]!).toBeLessThan(bytes * 1.05 + 50_000)
  })

  it('S4: of three sources one dies in the middle: what it owed comes from the others, what it brought does not cross again', async () => {
    const all = chunks(900)
    const bytes = all.reduce((sum, chunk) => sum + chunk.bytes.byteLength, 0)
    const into = createMemoryStore()
    const { fetcher, peers, lost } = await rig(into, await Promise.all([1, 2, 3].map(async () => [honest, await storeOf(all)] as const)))
    let [stored, dying] = [0, Promise.resolve()]
    const brought = (peer: string): number => fetcher.sources().find(source => source.peer === peer)?.bytes ?? 0
    let broughtByTheDead = 0
    const fetching = fetcher.fetch(all.map(({ hash, bytes }) => ({ hash, size: bytes.byteLength })), { dataset, signal: never, onStored: size => {
      stored += size
      if (stored < bytes / 3 || broughtByTheDead > 0 || brought('1') === 0) return
      broughtByTheDead = brought('1')
      dying = peers[1]!.stop()
    } })
    expect(await fetching).toEqual([])
    await dying
    expect(lost).toHaveLength(1)
    await expectHeld(into, all)
    const survivors = peers[0]!.sent() + peers[2]!.sent()
    expect(survivors).toBeLessThan((bytes - broughtByTheDead) * 1.02 + 50_000)
  })

  it('S4: two that want the same chunk at once get it once', async () => {
    const all = chunks(200)
    const into = createMemoryStore()
    const { fetcher, peers } = await rig(into, [[honest, await storeOf(all)]])
    await Promise.all([fetcher.fetch(all, { dataset, signal: never }), fetcher.fetch(all, { dataset, signal: never })])
    expect(peers[0]!.sent()).toBeLessThan(all.reduce((sum, chunk) => sum + chunk.bytes.byteLength, 0) * 1.05 + 10_000)
  })

  it('S4: a peer that sends wrong bytes loses its place; nothing of it is stored, and another brings the chunk', async () => {
    const all = chunks(120)
    const liar: Serve = async (stream, store) => {
      for (let frame = await stream.receive(5_000); frame !== undefined; frame = await stream.receive(5_000)) {
        const { id, hashes } = unpackWant(frame.body)
        const answers = (await store.getMany(hashes)).map((bytes, i) => {
          const changed = (bytes ?? new Uint8Array(1)).slice()
          if (i % 3 === 0) changed[0] = (changed[0] ?? 0) ^ 1
          return changed
        })
        for (const part of packChunks(id, answers)) await stream.send(part)
      }
    }
    const into = createMemoryStore()
    const from = await storeOf(all)
    const alone = await rig(into, [[liar, from]])
    const missing = await alone.fetcher.fetch(all, { dataset, signal: never })
    expect(missing.length).toBeGreaterThan(0)
    expect(alone.lost[0]).toMatchObject({ code: 'PEER_MISBEHAVED' })
    expect(alone.fetcher.peers).toEqual([])
    for (const chunk of all) {
      const [held] = await into.getMany([chunk.hash])
      if (held !== undefined) expect(Buffer.compare(held, chunk.bytes)).toBe(0)
    }
    const both = await rig(into, [[liar, from], [honest, from]])
    expect(await both.fetcher.fetch(all, { dataset, signal: never })).toEqual([])
    await expectHeld(into, all)
  })

  it('a peer that drips, stalls or vanishes is left; what it owed comes from another', async () => {
    const all = chunks(150)
    const from = await storeOf(all)
    const stalling: Serve = async stream => { await stream.receive(5_000); await sleep(3_000) }
    const dripping: Serve = async stream => {
      const frame = await stream.receive(5_000)
      const { id, hashes } = unpackWant(frame?.body ?? Buffer.of())
      for (const hash of hashes) {
        if (stream.failure !== undefined) return
        for (const part of packChunks(id, [(await from.getMany([hash]))[0]?.byteLength === 1 ? Buffer.of(1) : 'missing'])) await stream.send(part)
        await sleep(20)
      }
    }
    const vanishing: Serve = async (stream, store) => {
      const frame = await stream.receive(5_000)
      const { id, hashes } = unpackWant(frame?.body ?? Buffer.of())
      const answers = (await store.getMany(hashes.slice(0, 3))).map(bytes => bytes ?? 'missing' as const)
      for (const part of packChunks(id, answers)) await stream.send(part)
      stream.abort(new ShoalError('CANCELLED', 'gone'))
    }
    for (const bad of [stalling, dripping, vanishing]) {
      const into = createMemoryStore()
      const { fetcher, lost } = await rig(into, [[bad, from], [honest, from]], { bytes: 64 * 1024, windowMs: 400 })
      expect(await fetcher.fetch(all, { dataset, signal: never })).toEqual([])
      await expectHeld(into, all)
      if (bad !== dripping) expect(lost.map(error => error.code)).toEqual([bad === vanishing ? 'PEER_UNREACHABLE' : 'TIMED_OUT'])
      await fetcher.stop()
    }
  })

  it('answers nobody asked for, and wants that are none, end the stream', async () => {
    const all = chunks(3)
    const chatty: Serve = async stream => {
      await stream.receive(5_000)
      for (const part of packChunks(99, [Buffer.from('surprise')])) await stream.send(part)
      await stream.receive(5_000).catch(() => undefined)
    }
    const { fetcher, lost } = await rig(createMemoryStore(), [[chatty, await storeOf(all)]])
    expect(await fetcher.fetch(all, { dataset, signal: never })).toHaveLength(3)
    expect(lost[0]).toMatchObject({ code: 'PEER_MISBEHAVED' })

    const pair = await connectedPair(PROTOCOL.chunks, async stream => honest(stream, await storeOf(all)))
    stops.push(pair.stop)
    for (const attack of [encodeFrame(FRAME.wantChunks, Buffer.alloc(35)), encodeFrame(FRAME.heads, Buffer.alloc(3)), encodeFrame(FRAME.wantChunks, Buffer.alloc(4))]) {
      const stream = await pair.open()
      await stream.send(attack)
      await expect(stream.receive(10_000)).rejects.toMatchObject({ code: 'PEER_MISBEHAVED' })
    }
  })

  it('S4: what arrived stays when a transfer is cancelled; the next one asks only for the rest', async () => {
    const all = chunks(600, () => 60_000)
    const into = createMemoryStore()
    const { fetcher, peers } = await rig(into, [[honest, await storeOf(all)]])
    const controller = new AbortController()
    let stored = 0
    const first = fetcher.fetch(all.map(({ hash, bytes }) => ({ hash, size: bytes.byteLength })), { dataset, signal: controller.signal, onStored: () => { if (++stored === 60) controller.abort() } })
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
    await settled(() => peers[0]!.sent())
    const before = (await into.stats()).chunks
    expect(before).toBeGreaterThanOrEqual(60)
    expect(before).toBeLessThan(500)
    const has = await into.hasMany(all.map(chunk => chunk.hash))
    const sent = peers[0]!.sent()
    expect(await fetcher.fetch(all.filter((_, i) => has[i] !== true), { dataset, signal: never })).toEqual([])
    await expectHeld(into, all)
    expect(peers[0]!.sent() - sent).toBeLessThan((600 - before) * 60_600 + 10_000)
  })

  it('a full disk ends the transfer with its reason; without peers all is missing', async () => {
    const all = chunks(50)
    const into = createMemoryStore()
    const full: ChunkStore = { ...into, putMany: () => Promise.reject(new ShoalError('DISK_FULL', 'full')) }
    const { fetcher } = await rig(full, [[honest, await storeOf(all)]])
    await expect(fetcher.fetch(all, { dataset, signal: never })).rejects.toMatchObject({ code: 'DISK_FULL' })
    const alone = new Fetcher({ store: into, clock: systemClock, pace: () => Promise.resolve(), open: () => Promise.reject(new Error('never')), lost: () => undefined })
    expect(await alone.fetch(all, { dataset, signal: never })).toHaveLength(50)
  })

  it('holds back the sender while the disk is slow: memory stays bounded', async () => {
    const one = chunks(450, () => 128 * 1024)
    const into = createMemoryStore()
    let [held, most, arrived] = [0, 0, 0]
    const slow: ChunkStore = { ...into, putMany: async list => {
      held += list.length
      most = Math.max(most, held)
      await sleep(60)
      held -= list.length
      arrived += list.length
      return list.length
    }, barrier: () => Promise.resolve() }
    const { fetcher, peers } = await rig(slow, [[honest, await storeOf(one)]])
    const fetching = fetcher.fetch(one, { dataset, signal: never })
    await until(() => arrived > 100)
    // In the store's hands, collected, in both streams' buffers: nothing beyond.
    expect(peers[0]!.sent() - arrived * 128 * 1024).toBeLessThan(32 * MIB)
    expect(await fetching).toEqual([])
    expect(most * 128 * 1024).toBeLessThanOrEqual(16 * MIB)
  })

  it('a removed member is not served on', async () => {
    const all = chunks(400, () => 100_000)
    let member = true
    const guarded: Serve = (stream, store) => serveChunks(stream, { ...open, store, mayGoOn: () => { if (!member) throw new ShoalError('NOT_ALLOWED', 'no member any more') } })
    const { fetcher, lost } = await rig(createMemoryStore(), [[guarded, await storeOf(all)]])
    let stored = 0
    const missing = await fetcher.fetch(all, { dataset, signal: never, onStored: () => { if (++stored === 50) member = false } })
    expect(missing.length).toBeGreaterThan(0)
    expect(lost[0]?.code).toMatch(/NOT_ALLOWED|PEER_UNREACHABLE/)
  })
})
