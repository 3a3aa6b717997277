import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { PeerNode } from '../../src/peers/index.ts'
import { createLog, silentLog, systemClock } from '../../src/runtime/index.ts'
import { FRAME, PROTOCOL, encodeFrame } from '../../src/wire/index.ts'
import { until } from '../support/until.ts'
import { LOCAL, TestAdmission, idOf, seedOf } from '../unit/peers/support.ts'

/** Whoever attacks comes from another address of this machine than the honest, as on a real network. */
const ATTACKER = '127.0.0.2'
/** What an attack may make this process hold, bytes; the attackers' side of it included. */
const MEMORY = 64 * 2 ** 20

const stops: (() => unknown)[] = []
afterEach(async () => { for (const stop of stops.splice(0).toReversed()) await stop() })

interface Victim { readonly node: PeerNode, readonly port: number, readonly lines: string[], readonly faults: string[], readonly admission: TestAdmission, honest(): Promise<void> }

/** A node that logs, and an honest member that can be asked to reach it anew and speak with it, within a second. */
async function victim(): Promise<Victim> {
  const lines: string[] = []
  const faults: string[] = []
  const admission = new TestAdmission()
  const log = createLog({ level: 'warn', clock: systemClock, write: line => { lines.push(line) } })
  const node = new PeerNode({ seed: seedOf('victim'), listen: [LOCAL], agent: 'test', admission, log, fault: peer => faults.push(peer) })
  const friend = new PeerNode({ seed: seedOf('friend'), listen: [LOCAL], agent: 'test', admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => false }, log: silentLog })
  for (const protocol of [PROTOCOL.catalog, PROTOCOL.join] as const) {
    node.handle(protocol, { guests: protocol === PROTOCOL.join }, async stream => {
      for (let frame = await stream.receive(2_000); frame !== undefined; frame = await stream.receive(2_000)) await stream.send(encodeFrame(frame.type, frame.body))
    })
  }
  await Promise.all([node.start(), friend.start()])
  stops.push(() => friend.stop(), () => node.stop())
  admission.members.add(idOf(friend))
  const visit = async (): Promise<void> => {
    const begun = performance.now()
    friend.disconnect(idOf(node), 'meet anew')
    await until(() => !friend.isConnected(idOf(node)))
    await friend.dial(idOf(node), node.addresses())
    const stream = await friend.open(idOf(node), PROTOCOL.catalog)
    await stream.send(encodeFrame(FRAME.tick, Buffer.of(42)))
    expect((await stream.receive(2_000))?.body[0]).toBe(42)
    await stream.close()
    expect(performance.now() - begun).toBeLessThan(1_000)
  }
  // Attackers and attacked share this process: where the machine stands still for a while, a visit may fail, not several.
  const honest = (): Promise<void> => visit().catch(visit).catch(visit)
  return { node, port: Number(node.addresses()[0]?.split('/')[4]), lines, faults, admission, honest }
}

const held = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Opens a socket every few milliseconds, until the test ends. */
function sockets(port: number, everyMs: number, opened: (socket: Socket) => void = () => undefined): Socket[] {
  const open: Socket[] = []
  const timer = setInterval(() => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: ATTACKER })
    socket.on('error', () => undefined)
    socket.on('connect', () => opened(socket))
    open.push(socket)
  }, everyMs)
  stops.push(() => {
    clearInterval(timer)
    for (const socket of open) socket.destroy()
  })
  return open
}

/** A libp2p node with a key of its own, as anybody can make one. */
async function stranger(localAddress = ATTACKER): Promise<Libp2p> {
  const node = await createLibp2p({ transports: [tcp({ dialOpts: { localAddress } as never })], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
  stops.push(() => node.stop())
  return node
}

describe('a node', () => {
  it('S8: that strangers flood with connections serves its members, leaves their host outside, and names it', async () => {
    const { node, port, lines, honest } = await victim()
    const target = multiaddr(`/ip4/127.0.0.1/tcp/${port}`)
    const strangers = await Promise.all(Array.from({ length: 8 }, () => stranger()))
    const before = held()
    let [tries, flooding] = [0, true]
    const flood = strangers.map(async one => {
      while (flooding) {
        tries++
        await one.dial(target, { signal: AbortSignal.timeout(1_000), force: true } as never).catch(() => sleep(5))
      }
    })
    await until(() => tries > 150, 10_000)
    await honest()
    await honest()
    flooding = false
    await Promise.all(flood)
    expect(node.connected().length).toBeLessThanOrEqual(1)
    expect(held() - before).toBeLessThan(MEMORY)
    expect(lines.join('')).toMatch(/a device that is no member was refused .*"offender":"127\.0\.0\.2","peer":"12D3/)
    expect(lines.join('')).toMatch(/too many connections of strangers.*"offender":"127\.0\.0\.2"/)
    expect(lines.length).toBeLessThan(8)
  })

  it('with hundreds of connections that say nothing serves its members, takes few of one host, and names it', async () => {
    const { port, lines, honest } = await victim()
    const before = held()
    const open = sockets(port, 3)
    await until(() => open.length > 300)
    await honest()
    await until(() => lines.some(line => line.includes('without having said who it is')), 6_000)
    await honest()
    expect(held() - before).toBeLessThan(MEMORY)
    expect(lines.join('')).toMatch(/holds too many connections that do not say who they are.*"offender":"127\.0\.0\.2"/)
    expect(lines.join('')).toMatch(/ended without having said who it is.*"offender":"127\.0\.0\.2"/)
    expect(lines.length).toBeLessThan(8)
  })

  it('cuts off connections that drip their first bytes, and names their host', async () => {
    const { port, lines, honest } = await victim()
    const greeting = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n')
    const open = sockets(port, 40, socket => {
      let at = 0
      const drip = setInterval(() => socket.writable ? socket.write(greeting.subarray(at, ++at)) : clearInterval(drip), 250)
      stops.push(() => clearInterval(drip))
    })
    await until(() => open.length > 20)
    await honest()
    await until(() => open[0]?.closed === true, 6_000)
    await honest()
    expect(lines.join('')).toMatch(/ended without having said who it is.*"offender":"127\.0\.0\.2"/)
  })

  it.each([['a length of 4 GiB', Buffer.from([0xff, 0xff, 0xff, 0xff, 1])], ['a type nobody knows', Buffer.from([0, 0, 0, 1, 0xee])]])('ends the stream of a peer that sends %s, tells who broke the rules, and holds nothing', async (_, bytes) => {
    const { port, lines, faults, admission, honest } = await victim()
    admission.guests = true
    const rogue = await stranger('127.0.0.1')
    const connection = await rogue.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}`))
    const before = held()
    const stream = await connection.newStream(PROTOCOL.join)
    stream.send(bytes)
    for (let i = 0; i < 30 && stream.writeStatus === 'writable'; i++) {
      stream.send(new Uint8Array(2 ** 20))
      await sleep(5)
    }
    await until(() => faults.length > 0)
    expect(faults).toEqual([rogue.peerId.toString()])
    expect(lines.join('')).toContain(`"offender":"${rogue.peerId.toString()}"`)
    await honest()
    stream.abort(new Error('done'))
    expect(held() - before).toBeLessThan(MEMORY)
  })
})
