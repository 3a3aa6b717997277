import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { hashFromHex } from '../../src/model/index.ts'
import { PeerNode } from '../../src/peers/index.ts'
import { createLog, silentLog, systemClock } from '../../src/runtime/index.ts'
import { greet } from '../../src/sync/greeting.ts'
import { reachable } from '../../src/trees/index.ts'
import { FRAME, MAX_FRAME_BYTES, PROTOCOL, encodeFrame, helloOf, packChunks, unpackWant, type FrameStream } from '../../src/wire/index.ts'
import { datasetView, publishFiles, testNode, type TestNode } from '../unit/sync/fake-workspace.ts'
import { until } from '../support/until.ts'

/** One member serves chunks as it should not; another is honest. The transfer completes, memory stays bounded, the log says who it was. */

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => { for (const stop of stops.splice(0).toReversed()) await stop() })

type Attack = (stream: FrameStream) => Promise<void>

const lying: Attack = async stream => {
  for (let frame = await stream.receive(5_000); frame !== undefined; frame = await stream.receive(5_000)) {
    const { id, hashes } = unpackWant(frame.body)
    for (const part of packChunks(id, hashes.map(() => randomBytes(10_000)))) await stream.send(part)
  }
}

/** Says that a frame of two gigabytes follows, and sends on and on. */
const oversized: Attack = async stream => {
  await stream.receive(5_000)
  const frame = Buffer.alloc(MAX_FRAME_BYTES)
  frame.writeUInt32BE(0x7fffffff)
  for (let i = 0; i < 200; i++) await stream.send(frame)
}

/** Answers what was asked with chunks nobody asked for, without end. */
const endless: Attack = async stream => {
  const frame = await stream.receive(5_000)
  const { id } = unpackWant(frame?.body ?? Buffer.alloc(0))
  for (let i = 0; i < 5_000; i++) {
    for (const part of packChunks(id, [randomBytes(200_000)])) await stream.send(part)
  }
}

const garbage: Attack = async stream => {
  await stream.receive(5_000)
  for (let i = 0; i < 100; i++) await stream.send(encodeFrame(FRAME.chunks, randomBytes(100_000)))
}

const stalling: Attack = async stream => {
  await stream.receive(5_000)
  await sleep(5_000)
}

interface World { readonly a: TestNode, readonly b: TestNode, readonly rogue: string, readonly lines: string[] }

/** `a` has data, `b` wants it, and a third member that is connected to `b` attacks whoever asks it for chunks. */
async function world(attack: Attack): Promise<World> {
  const lines: string[] = []
  const a = await testNode()
  await a.network.start()
  const c = await testNode()
  await c.network.join((await a.network.invite()).invite)
  await c.network.stop()
  const b = await testNode({ log: createLog({ level: 'debug', clock: systemClock, write: line => lines.push(line) }) })
  await b.network.join((await a.network.invite()).invite)
  const rogue = new PeerNode({ seed: c.device.seed, listen: [], agent: 'rogue', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => true } })
  rogue.handle(PROTOCOL.chunks, { guests: true }, async stream => {
    await greet(stream, helloOf({ workspace: a.catalog.workspace, agent: 'rogue', name: 'rogue', addresses: [] }))
    await attack(stream)
  })
  await rogue.start()
  stops.push(() => a.stop(), () => c.stop(), () => b.stop(), () => rogue.stop())
  await until(() => b.catalog.members().length === 3)
  await rogue.dial(b.device.id, b.network.addresses())
  await until(() => b.network.peers().filter(peer => peer.connected).length === 2)
  return { a, b, rogue: c.device.id, lines }
}

/** Bytes held beyond the start, at most, while `work` runs. */
async function most(work: () => Promise<unknown>): Promise<number> {
  const now = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  const before = now()
  let peak = 0
  const timer = setInterval(() => { peak = Math.max(peak, now() - before) }, 5)
  await work()
  clearInterval(timer)
  return peak
}

const MIB = 2 ** 20
const FILES = 90
const DATA_BYTES = FILES * 60_000

describe('a peer that attacks who fetches from it', () => {
  for (const [name, attack, isFault] of [
    ['lies about chunks', lying, true], ['announces a frame of two gigabytes', oversized, true], ['sends what nobody asked for, without end', endless, true],
    ['sends frames of nothing', garbage, true], ['says nothing any more', stalling, false]
  ] as const) {
    it(`S4: ${name}: the honest transfer completes, memory stays bounded${isFault ? ', the log names it' : ''}`, async () => {
      const { a, b, rogue, lines } = await world(attack)
      const files = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`f${i}`, randomBytes(60_000)]))
      const record = await publishFiles(a.store, a.device.id, files)
      const named = (): boolean => lines.some(line => line.includes('warn') && line.includes('broke the protocol') && line.includes(rogue))
      const ref = { namespace: 'ns', name: 'data' }
      a.catalog.put(datasetView('data', a.device.id, []))
      await until(() => b.catalog.datasets().length === 1)
      await b.network.setKeep(ref, 'none')
      a.catalog.put(datasetView('data', a.device.id, [record]))
      await until(() => b.catalog.datasets()[0]?.versions.length === 1)
      const held = await most(async () => {
        // First there is nobody but the attacker to ask.
        await a.network.stop()
        await b.network.setKeep(ref, 'published')
        if (isFault) await until(named)
        else await sleep(200)
        await a.network.start()
        await until(async () => (await b.network.sync({ ...ref, version: '1.0.0' }).catch(() => undefined))?.missing.length === 0, 9_000)
      })
      const wanted: Uint8Array[] = []
      await reachable(b.store, [hashFromHex(record.tree)], hash => { wanted.push(hash.slice()) })
      expect(await b.store.hasMany(wanted)).not.toContain(false)
      // What arrived lies in memory in this test; so do the buffers of all four nodes.
      expect(held).toBeLessThan(2 * DATA_BYTES + 64 * MIB)
    }, 15_000)
  }
})
