import { afterEach, describe, expect, it } from 'vitest'
import { PeerNode } from '../../../src/peers/index.ts'
import { silentLog } from '../../../src/runtime/index.ts'
import { FRAME, PROTOCOL, encodeFrame } from '../../../src/wire/index.ts'
import { until } from '../../support/until.ts'
import { LOCAL, TestAdmission, idOf, seedOf } from './support.ts'

const running: PeerNode[] = []
afterEach(async () => { await Promise.all(running.splice(0).map(one => one.stop())) })

const everyone = { isMember: () => true, isBarred: () => false, welcomesGuests: () => false }

async function started(name: string, options: { listen?: readonly string[], relay?: boolean, admission?: TestAdmission } = {}): Promise<PeerNode> {
  const node = new PeerNode({ seed: seedOf(name), listen: options.listen ?? [], agent: 'test', admission: options.admission ?? everyone, relay: options.relay === true, log: silentLog })
  node.handle(PROTOCOL.catalog, { guests: false }, async stream => {
    const frame = await stream.receive(10_000)
    if (frame !== undefined) await stream.send(encodeFrame(frame.type, frame.body))
    await stream.receive(10_000)
  })
  await node.start()
  running.push(node)
  return node
}

/** The id of a node that listens nowhere, as another sees it. */
const idSeenBy = (other: PeerNode, known: readonly string[]): string => other.connected().find(peer => !known.includes(peer)) ?? ''

/** Dials until the relay has taken the other side in. */
async function reach(from: PeerNode, to: string): Promise<void> {
  const end = performance.now() + 20_000
  for (;;) {
    try {
      return await from.dial(to, [])
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

describe('a relay', () => {
  it('S1: carries a connection between two that listen nowhere; a direct one takes its place', async () => {
    const relay = await started('relay', { listen: [LOCAL], relay: true })
    const a = await started('a')
    const b = await started('b', { listen: [LOCAL] })
    await a.dial(idOf(relay), relay.addresses())
    await until(() => relay.connected().length === 1)
    const idOfA = idSeenBy(relay, [])
    await b.dial(idOf(relay), relay.addresses())
    await reach(b, idOfA)
    expect(b.link(idOfA)).toMatchObject({ relayed: true, dialled: true })
    const stream = await b.open(idOfA, PROTOCOL.catalog)
    const body = new Uint8Array(300_000).fill(7)
    await stream.send(encodeFrame(FRAME.tick, body))
    expect((await stream.receive(10_000))?.body).toEqual(body)
    await stream.close()
    // Far more than the 128 KiB a relay of strangers would carry.
    for (let i = 0; i < 3; i++) {
      const next = await b.open(idOfA, PROTOCOL.catalog)
      await next.send(encodeFrame(FRAME.tick, body))
      expect((await next.receive(10_000))?.body.byteLength).toBe(body.byteLength)
      await next.close()
    }
    await a.dial(idOf(b), b.addresses())
    expect(a.link(idOf(b))).toMatchObject({ relayed: false })
    await until(() => b.link(idOfA)?.relayed === false)
    await until(() => relay.connected().length === 2)
  })

  it('S8: serves members only, and brings nobody a stranger', async () => {
    const ofRelay = new TestAdmission()
    ofRelay.guests = true
    const relay = await started('relay', { listen: [LOCAL], relay: true, admission: ofRelay })
    const member = await started('member')
    const guest = await started('guest')
    await member.dial(idOf(relay), relay.addresses())
    await until(() => relay.connected().length === 1)
    const idOfMember = idSeenBy(relay, [])
    ofRelay.members.add(idOfMember)
    relay.disconnect(idOfMember, 'meet anew')
    await until(() => !member.isConnected(idOf(relay)))
    await member.dial(idOf(relay), relay.addresses())
    await guest.dial(idOf(relay), relay.addresses())
    await until(() => relay.connected().length === 2)
    for (let i = 0; i < 5; i++) {
      await expect(guest.dial(idOfMember, [])).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    expect(member.connected()).toEqual([idOf(relay)])
  })
})
