import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { PeerNode } from '../../../src/peers/index.ts'
import { silentLog, systemClock } from '../../../src/runtime/index.ts'
import { readInvite } from '../../../src/trust/index.ts'
import { PROTOCOL } from '../../../src/wire/index.ts'
import { datasetView, testNode, type TestNode } from './fake-workspace.ts'
import { until } from '../../support/until.ts'

const DAY_MS = 24 * 60 * 60 * 1000

const stops: (() => Promise<void>)[] = []
afterEach(async () => { for (const stop of stops.splice(0).toReversed()) await stop() })

async function node(options: Parameters<typeof testNode>[0] = {}): Promise<TestNode> {
  const one = await testNode(options)
  stops.push(() => one.stop())
  return one
}

/** A relay, and an admin that listens nowhere but has a place on it. */
async function behindRelay(clock = systemClock): Promise<{ relay: TestNode, inviter: TestNode }> {
  const relay = await node({ relay: true })
  await relay.network.start()
  const inviter = await node({ listen: [], clock })
  await inviter.network.join((await relay.network.invite({ role: 'admin' })).invite)
  await until(async () => (await inviter.network.invite().catch(() => undefined)) !== undefined, 10_000)
  for (const invite of [...relay.network.invites(), ...inviter.network.invites()]) if (invite.state === 'open') await (invite.role === 'admin' ? relay : inviter).network.revokeInvite(invite.id)
  return { relay, inviter }
}

/** A device nobody knows, that tries to reach a member through a relay. */
async function stranger(): Promise<PeerNode> {
  const one = new PeerNode({ seed: randomBytes(32), listen: [], agent: 'stranger', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => true } })
  await one.start()
  stops.push(() => one.stop())
  return one
}

describe('an invite of a node that only a relay reaches', () => {
  it('S1: brings the joiner in through it; then all three know each other', async () => {
    const { relay, inviter } = await behindRelay()
    const { invite } = await inviter.network.invite()
    expect(readInvite(invite).addresses).toEqual([expect.stringMatching(new RegExp(`^/ip4/127.0.0.1/tcp/\\d+/p2p/${relay.device.id}/p2p-circuit$`))])
    const c = await node()
    await c.network.join(invite)
    expect(c.catalog.members()).toHaveLength(3)
    await until(() => [relay, inviter, c].every(one => one.network.peers().length === 2 && one.network.peers().every(peer => peer.connected)), 15_000)
    inviter.catalog.put(datasetView('data', inviter.device.id, []))
    await until(() => c.catalog.datasets().length === 1)
  })

  it('S8: lets strangers through the relay no further than to it, and no longer than its invite is good for, or its end is told', async () => {
    let passed = 0
    const { relay, inviter } = await behindRelay({ now: () => systemClock.now() + passed, elapsed: () => systemClock.elapsed() + passed })
    const other = await node({ listen: [] })
    const brought = await relay.network.invite()
    await other.network.join(brought.invite)
    await until(() => relay.network.peers().every(peer => peer.connected))
    const way = (): string => `${relay.network.addresses()[0] ?? ''}/p2p-circuit`
    // Invites that ended are explained for a day; this is about those of others.
    const { invite } = await inviter.network.invite()
    expect(readInvite(invite).addresses[0]).toBe(way())
    const guest = await stranger()
    await guest.dial(inviter.device.id, [way()])
    await expect(guest.open(inviter.device.id, PROTOCOL.chunks).then(stream => stream.receive(10_000))).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    await expect(guest.dial(other.device.id, [way()])).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await expect(guest.open(relay.device.id, PROTOCOL.guests).then(stream => stream.receive(10_000))).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
    // It is open for a day; for one more its holder would hear that it has ended.
    passed = 1.5 * DAY_MS
    await (await stranger()).dial(inviter.device.id, [way()])
    passed = 2 * DAY_MS
    await expect((await stranger()).dial(inviter.device.id, [way()])).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })
})
