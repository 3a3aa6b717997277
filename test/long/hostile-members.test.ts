import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { describe, expect, it } from 'vitest'
import { joinWorkspace, type LiveCatalog } from '../../src/catalog/index.ts'
import { versionId } from '../../src/model/index.ts'
import { PeerNode } from '../../src/peers/index.ts'
import { silentLog, systemChance, systemClock } from '../../src/runtime/index.ts'
import { greet } from '../../src/sync/greeting.ts'
import { askToJoin, type Welcome } from '../../src/sync/join.ts'
import { deviceFromSeed, readEnvelope, readInvite, type Device } from '../../src/trust/index.ts'
import { FRAME, PROTOCOL, encodeFrame, headsMessage, helloOf, markMessage, packEnvelopes, wantLogsMessage, type FrameStream, type HeadRow } from '../../src/wire/index.ts'
import { documentsHere } from '../support/documents-here.ts'
import { scratch, shoalJson, startNodeWithin, type RunningNode } from '../support/shoal.ts'
import { until, untilAnswer } from '../support/until.ts'
import { resigned } from '../unit/catalog/forge.ts'
import { fields } from '../unit/catalog/world.ts'

/** What the eight attackers together may add to what a node holds, bytes. They added 24 to 87 MiB: the system's allocator gives back less, or more, of what is free. */
const MEMORY = 128 * 2 ** 20

/** How a node starts that collects its garbage when it is told to. */
const COLLECTING = ['env', `NODE_OPTIONS=--require=${fileURLToPath(new URL('../support/collect-garbage.cjs', import.meta.url))}`]

/** What a node holds in memory, bytes, without what is garbage. */
async function heldBy(node: RunningNode): Promise<number> {
  const said = (): string[] => [...node.log().matchAll(/bytes held: (\d+)/g)].map(match => match[1] ?? '')
  const before = said().length
  node.process.kill('SIGUSR2')
  await until(() => said().length > before, 10_000)
  return Number(said().at(-1))
}

/** A member whose program keeps no rules. */
interface Rogue { readonly name: string, readonly device: Device, readonly seed: Uint8Array, readonly node: PeerNode, readonly welcome: Welcome, readonly workspace: string }

type Serve = (stream: FrameStream, rogue: Rogue) => Promise<void>

/** Joins as people do; serves as it likes once it is armed. It does not speak with the device that is spared. */
async function rogueOf(name: string, victim: RunningNode, { spared, armed }: { spared: string, armed: Promise<void> }, serve: { catalog?: Serve, chunks?: Serve }): Promise<Rogue> {
  const invite = readInvite((await shoalJson<{ invite: string }>(victim.home, 'invite')).invite)
  const seed = new Uint8Array(randomBytes(32))
  const device = deviceFromSeed(seed)
  const node = new PeerNode({ seed, listen: ['/ip4/127.0.0.1/tcp/0'], agent: 'rogue', log: silentLog, admission: { isMember: device => device !== spared, isBarred: device => device === spared, welcomesGuests: () => true } })
  const hello = (): ReturnType<typeof helloOf> => helloOf({ workspace: invite.workspace, agent: 'rogue', name, addresses: node.addresses() })
  const late: { rogue?: Rogue } = {}
  for (const protocol of ['catalog', 'chunks'] as const) {
    node.handle(PROTOCOL[protocol], { guests: true }, async stream => {
      await greet(stream, hello())
      await armed
      // What was opened before it became a member is over by now.
      if (stream.failure !== undefined) return
      if (late.rogue !== undefined && serve[protocol] !== undefined) await serve[protocol](stream, late.rogue)
      else await stream.receive(60_000)
    })
  }
  await node.start()
  await node.dial(invite.inviter, invite.addresses)
  const stream = await node.open(invite.inviter, PROTOCOL.join)
  const welcome = await askToJoin(stream, { secret: invite.secret, inviter: invite.inviter, joiner: device.id, hello: hello(), signal: AbortSignal.timeout(10_000) })
  await stream.close()
  const rogue = late.rogue = { name, device, seed, node, welcome, workspace: invite.workspace }
  node.disconnect(invite.inviter, 'come back as a member')
  await sleep(100)
  return rogue
}

const drips: Serve = async stream => {
  const frame = encodeFrame(FRAME.heads, Buffer.alloc(200))
  for (let at = 0; at < frame.byteLength; at++) {
    await stream.send(frame.subarray(at, at + 1))
    await sleep(1_000)
  }
}

const announcesWithoutEnd: Serve = async stream => {
  for (let part = 0; ; part++) {
    const heads = Array.from({ length: 1_500 }, (_, i): HeadRow => [`doc-${part}-${i}`, 'nobody', 0, 1, new Uint8Array(32)])
    await stream.sendMessage(FRAME.heads, headsMessage, { heads })
  }
}

const sendsTooLong: Serve = async stream => {
  const frame = Buffer.alloc(2 ** 20)
  frame.writeUInt32BE(0x7fffffff)
  for (;;) await stream.send(frame)
}

/** Takes wants for chunks and says nothing. */
const stalls: Serve = async stream => {
  await stream.receive(60_000)
  await sleep(60_000)
}

/** Hands out envelopes as it likes, again and again. */
const handsOut = (envelopes: readonly Uint8Array[]): Serve => async stream => {
  const logs = new Map<string, Uint8Array[]>()
  for (const bytes of envelopes) {
    const { document, device } = readEnvelope(bytes)
    logs.set(`${document} ${device}`, [...logs.get(`${document} ${device}`) ?? [], bytes])
  }
  const heads = [...logs].map(([name, all]): HeadRow => [name.split(' ')[0] ?? '', name.split(' ')[1] ?? '', 0, readEnvelope(all.at(-1) as Uint8Array).seq, readEnvelope(all.at(-1) as Uint8Array).hash])
  await stream.sendMessage(FRAME.heads, headsMessage, { heads })
  for (let frame = await stream.receive(60_000); frame !== undefined; frame = await stream.receive(60_000)) {
    if (frame.type === FRAME.mark) await stream.sendMessage(FRAME.marked, markMessage, stream.decode(markMessage, frame))
    if (frame.type !== FRAME.wantLogs) continue
    const { id, logs: wanted } = stream.decode(wantLogsMessage, frame)
    for (const [document, device, , after, limit] of wanted) {
      const part = (logs.get(`${document} ${device}`) ?? []).filter(bytes => readEnvelope(bytes).seq > after).slice(0, limit)
      for (const one of packEnvelopes(id, part)) await stream.send(one)
    }
    await stream.sendMessage(FRAME.logsDone, markMessage, { id })
    // And once more, as if it were news.
    await sleep(200)
    await stream.sendMessage(FRAME.heads, headsMessage, { heads })
  }
}

describe('members of a team that attack a node in a process of its own', () => {
  it('S8: one drips, one stalls, one announces without end, one sends too long a frame, two flood it, one forges, one contradicts itself: the honest go on, memory stays bounded, the log names each', async () => {
    const place = scratch()
    const local = ['--listen', '/ip4/127.0.0.1/tcp/0', '--no-examples', '--no-mdns']
    // The same work without attacks is normal: another member does it beside the attacked one.
    const [a, b, calm] = await Promise.all(['a', 'b', 'calm'].map(name => startNodeWithin(COLLECTING, place.path(name), ...local))) as [RunningNode, RunningNode, RunningNode]
    const rogues: Rogue[] = []
    const others: { stop(): unknown }[] = []
    const catalogs: LiveCatalog[] = []
    try {
      for (const one of [b, calm]) await shoalJson(one.home, 'join', (await shoalJson<{ invite: string }>(a.home, 'invite')).invite)
      const { addresses, id } = await shoalJson<{ addresses: string[], id: string }>(a.home, 'status')
      const spared = (await shoalJson<{ id: string }>(calm.home, 'status')).id
      let arm = (): void => undefined
      const armed = new Promise<void>(resolve => { arm = resolve })
      const transfer = async (name: string): Promise<void> => {
        writeFileSync(place.path('data.bin'), randomBytes(16_000_000))
        await shoalJson(b.home, 'import', place.path('data.bin'), `team/${name}`)
        await shoalJson(b.home, 'publish', `team/${name}`)
        for (const one of [a, calm]) {
          await until(async () => (await shoalJson<{ name: string }[]>(one.home, 'dataset', 'list')).some(dataset => dataset.name === name))
          await shoalJson(one.home, 'sync', `team/${name}`, '--wait')
        }
      }
      for (let round = 0; round < 3; round++) await transfer(`before-${round}`)
      const before = await heldBy(a) - await heldBy(calm)

      const add = async (name: string, serve: Parameters<typeof rogueOf>[3]): Promise<Rogue> => {
        const rogue = await rogueOf(name, a, { spared, armed }, serve)
        rogues.push(rogue)
        return rogue
      }
      const late: { forged?: Serve, contradicting?: Serve } = {}
      await add('drips', { catalog: drips })
      await add('stalls', { chunks: stalls })
      await add('announces', { catalog: announcesWithoutEnd })
      await add('too-long', { catalog: sendsTooLong })
      const streams = await add('streams', {})
      const connections = await add('connections', {})
      const forger = await add('forger', { catalog: (...args) => late.forged?.(...args) ?? Promise.resolve() })
      const liar = await add('liar', { catalog: (...args) => late.contradicting?.(...args) ?? Promise.resolve() })

      // True steps of a dataset of its own; then others in their place, dated back by decades.
      for (const rogue of [forger, liar]) {
        const catalog = await joinWorkspace({ folder: place.path(rogue.name), device: rogue.device, clock: systemClock, chance: systemChance, log: silentLog, startDocuments: () => documentsHere(), genesis: rogue.welcome.genesis })
        catalogs.push(catalog)
        await catalog.admit(rogue.welcome.envelopes)
        const dataset = await catalog.create(fields({ namespace: 'team', name: `of-${rogue.name}` }), [], {
          id: versionId(randomBytes(16)), number: '1.0.0', name: '', parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {}
        })
        for (const description of ['one', 'two']) await catalog.apply(dataset.id, [{ change: 'dataset.edit', fields: { description } }])
        const own = await catalog.envelopes(dataset.id, rogue.device.id, 0, 10)
        expect(own).toHaveLength(3)
        const [first, second, third] = own as [Uint8Array, Uint8Array, Uint8Array]
        const damaged = Buffer.from(second)
        const at = damaged.indexOf(readEnvelope(second).signature)
        damaged[at] = (damaged[at] ?? 0) ^ 1
        if (rogue === forger) late.forged = handsOut([first, damaged, third])
        else {
          const told = { yet: false }
          late.contradicting = (stream, one) => {
            const again = told.yet
            told.yet = true
            return handsOut(again ? [first, resigned(rogue.device, second, { at: 1 })] : [first, second])(stream, one).catch(() => undefined)
          }
        }
      }

      // All attackers share this process: a dial may come too late, and is tried again.
      const reach = (rogue: Rogue): Promise<number> => until(() => rogue.node.dial(id, addresses).then(() => true, () => false), 30_000)
      for (const rogue of rogues) await reach(rogue)
      arm()
      const flooding = { on: true }
      const floods = [(async () => {
        while (flooding.on) {
          await Promise.all(Array.from({ length: 50 }, () => streams.node.open(id, PROTOCOL.catalog).catch(() => undefined)))
          await sleep(200)
          if (!streams.node.isConnected(id)) await streams.node.dial(id, addresses).catch(() => undefined)
        }
      })(), (async () => {
        const raw = await createLibp2p({ privateKey: await generateKeyPairFromSeed('Ed25519', connections.seed), transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()], services: { ping: ping() } })
        others.push(raw)
        while (flooding.on) {
          await raw.dial(multiaddr(addresses[0] ?? ''), { force: true, signal: AbortSignal.timeout(1_000) } as never).catch(() => undefined)
          await sleep(20)
        }
      })()]
      // The one that contradicts itself comes back with the other half.
      await until(async () => (await shoalJson<{ name: string }[]>(a.home, 'dataset', 'list')).some(dataset => dataset.name === 'of-liar'))
      liar.node.disconnect(id, 'and now the other half')
      await until(() => !liar.node.isConnected(id), 5_000)
      await reach(liar)

      for (let round = 0; round < 3; round++) await transfer(`during-${round}`)
      for (const rogue of rogues) await untilAnswer(a.log, log => log.includes(`"offender":"${rogue.device.id}"`), 30_000)
      flooding.on = false
      await Promise.all(floods)
      const added = await heldBy(a) - await heldBy(calm) - before
      expect(added).toBeLessThan(MEMORY)
      expect(a.log().split('\n').length).toBeLessThan(60)
      await transfer('after')
    } finally {
      await Promise.all([a.kill(), b.kill(), calm.kill(), ...others.map(one => one.stop()), ...rogues.map(rogue => rogue.node.stop()), ...catalogs.map(catalog => catalog.close())])
      place.clear()
    }
  }, 300_000)
})
