import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { FRAME, PROTOCOL, encodeFrame } from '../../../src/wire/index.ts'
import type { PeerNode } from '../../../src/peers/index.ts'
import { UPGRADE_MS } from '../../../src/peers/limits.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { TestAdmission, idOf, node } from './support.ts'

const running: PeerNode[] = []

async function started(name: string, admission: TestAdmission, options: Parameters<typeof node>[2] = {}): Promise<PeerNode> {
  const one = node(name, admission, options)
  for (const protocol of [PROTOCOL.catalog, PROTOCOL.join] as const) {
    one.handle(protocol, { guests: protocol === PROTOCOL.join }, async stream => {
      for (let frame = await stream.receive(10_000); frame !== undefined; frame = await stream.receive(10_000)) await stream.send(encodeFrame(frame.type, frame.body))
    })
  }
  await one.start()
  running.push(one)
  return one
}

/** Two nodes, each knowing the other when `members`. */
async function two(members: boolean, options: Parameters<typeof node>[2] = {}): Promise<{ a: PeerNode, b: PeerNode, ofA: TestAdmission, ofB: TestAdmission }> {
  const ofA = new TestAdmission()
  const ofB = new TestAdmission()
  const [a, b] = [await started('a', ofA, options), await started('b', ofB)]
  if (members) {
    ofA.members.add(idOf(b))
    ofB.members.add(idOf(a))
  }
  return { a, b, ofA, ofB }
}

async function echo(from: PeerNode, to: string, protocol: typeof PROTOCOL.catalog | typeof PROTOCOL.join): Promise<number | undefined> {
  const stream = await from.open(to, protocol)
  await stream.send(encodeFrame(FRAME.tick, Buffer.of(42)))
  const frame = await stream.receive(10_000)
  await stream.close()
  return frame?.body[0]
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(one => one.stop()))
})

describe('a node', () => {
  it('speaks with members, counts their bytes, and tells who comes and goes', async () => {
    const { a, b } = await two(true)
    const told: string[] = []
    const idOfB = idOf(b)
    a.onPeer((peer, connected) => told.push(`${peer === idOfB} ${connected}`))
    await b.dial(idOf(a), a.addresses())
    expect(await echo(b, idOf(a), PROTOCOL.catalog)).toBe(42)
    expect(b.traffic(idOf(a))).toMatchObject({ in: 6, out: 6 })
    await b.stop()
    await until(() => told.length === 2)
    expect(told).toEqual(['true true', 'true false'])
  })

  it('S8: refuses strangers before they can open a stream', async () => {
    const { a, b } = await two(false)
    await b.dial(idOf(a), a.addresses()).catch((error: unknown) => expect(error).toMatchObject({ code: 'PEER_UNREACHABLE' }))
    // The dialler may believe in the connection for a moment, until the other side hangs up.
    await until(() => !b.isConnected(idOf(a)))
    await expect(b.open(idOf(a), PROTOCOL.join)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(a.connected()).toEqual([])
  })

  it('lets strangers reach the join protocol only, and only while an invite needs it', async () => {
    const { a, b, ofA } = await two(false)
    ofA.guests = true
    await b.dial(idOf(a), a.addresses())
    expect(await echo(b, idOf(a), PROTOCOL.join)).toBe(42)
    await expect(echo(b, idOf(a), PROTOCOL.catalog)).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    ofA.guests = false
    a.dropStrangers()
    await until(() => !b.isConnected(idOf(a)))
  })

  it('lets few strangers in at once, and not for long', async () => {
    const ofA = new TestAdmission()
    ofA.guests = true
    const a = await started('a', ofA, { guestMs: 700 })
    const guests = await Promise.all(Array.from({ length: 10 }, (_, i) => started(`guest ${i}`, new TestAdmission(), { listen: [] })))
    await Promise.allSettled(guests.map(guest => guest.dial(idOf(a), a.addresses())))
    await until(() => a.connected().length <= 4)
    expect(a.connected().length).toBeGreaterThan(0)
    await until(() => a.connected().length === 0)
  })

  it('S8: hangs up on a member that was removed, and does not serve it again', async () => {
    const { a, b, ofA } = await two(true)
    await b.dial(idOf(a), a.addresses())
    expect(await echo(b, idOf(a), PROTOCOL.catalog)).toBe(42)
    ofA.members.clear()
    await expect(echo(b, idOf(a), PROTOCOL.catalog)).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    a.dropStrangers()
    await until(() => !b.isConnected(idOf(a)))
  })

  it('says what is wrong when a peer is away, has no address, or is somebody else', async () => {
    const { a, b } = await two(true)
    const away = a.addresses()
    const somebody = idOf(a)
    await expect(b.dial(somebody, [])).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await expect(b.dial(somebody, ['/ip4/127.0.0.1/tcp/1', 'nonsense', '/dnsaddr/example.org'])).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await a.stop()
    await expect(b.dial(somebody, away)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    const impostor = await started('impostor', new TestAdmission(), { listen: [away[0]?.split('/p2p/')[0] ?? ''] })
    expect(idOf(impostor)).not.toBe(somebody)
    await expect(b.dial(somebody, away)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('is reached while a host floods it with sockets that say nothing, before those are cut', async () => {
    const { a, b } = await two(true)
    const port = Number(a.addresses()[0]?.split('/')[4])
    const sockets: Socket[] = []
    const flood = setInterval(() => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
      socket.on('error', () => undefined)
      sockets.push(socket)
    }, 10)
    try {
      await until(() => sockets.length > 60)
      const begun = performance.now()
      await b.dial(idOf(a), a.addresses())
      expect(await echo(b, idOf(a), PROTOCOL.catalog)).toBe(42)
      expect(performance.now() - begun).toBeLessThan(UPGRADE_MS)
    } finally {
      clearInterval(flood)
      for (const socket of sockets) socket.destroy()
    }
  })

  it.each(['ip4/127.0.0.1', 'dns4/localhost'])('S1: tells of an address it announces, and is reached there by what forwards it: %s', async host => {
    const port = await freePort()
    const { a, b } = await two(true, { announce: [`/${host}/tcp/${port}`] })
    const inner = Number(/\/tcp\/(\d+)/.exec(a.addresses()[0] ?? '')?.[1])
    const router = createServer(outside => {
      const inside = connect(inner, '127.0.0.1')
      outside.pipe(inside).pipe(outside)
      for (const [one, other] of [[outside, inside], [inside, outside]] as const) one.on('error', () => other.destroy())
    }).listen(port, '127.0.0.1')
    await once(router, 'listening')
    try {
      const announced = a.addresses().filter(address => address.startsWith(`/${host}/tcp/${port}`))
      expect(announced).toHaveLength(1)
      await b.dial(idOf(a), announced)
      expect(await echo(b, idOf(a), PROTOCOL.catalog)).toBe(42)
    } finally {
      router.close()
    }
  })

  it('refuses an address it can not listen on', async () => {
    const a = await started('a', new TestAdmission())
    const second = node('b', new TestAdmission(), { listen: [a.addresses()[0]?.split('/p2p/')[0] ?? ''] })
    await expect(second.start()).rejects.toMatchObject({ code: 'FIELD_INVALID', facts: { field: 'listen' } })
  })

  it('starts and stops many times and leaves nothing behind', async () => {
    const handles = (): number => process.getActiveResourcesInfo().filter(kind => kind.startsWith('TCP') || kind === 'Timeout').length
    const cycle = async (): Promise<void> => {
      const { a, b } = await two(true)
      await b.dial(idOf(a), a.addresses())
      const stream = await b.open(idOf(a), PROTOCOL.catalog)
      await stream.send(encodeFrame(FRAME.tick, Buffer.of(1)))
      await Promise.all([a.stop(), b.stop()])
      running.length = 0
    }
    await cycle()
    await until(() => handles() < 6)
    const before = handles()
    for (let i = 0; i < 4; i++) await cycle()
    await until(() => handles() <= before + 1)
  })
})
