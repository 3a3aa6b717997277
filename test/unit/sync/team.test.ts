import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { PeerNode, inviteName, proveInvite } from '../../../src/peers/index.ts'
import { createLog, silentLog, systemClock } from '../../../src/runtime/index.ts'
import { greet } from '../../../src/sync/greeting.ts'
import { readInvite } from '../../../src/trust/index.ts'
import { FRAME, PROTOCOL, helloOf, joinChallengeMessage, joinProofMessage, joinWelcomeMessage, type FrameStream, type JoinProof } from '../../../src/wire/index.ts'
import { testNode, type TestNode } from './fake-workspace.ts'
import { until } from '../../support/until.ts'

const nodes: TestNode[] = []
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  for (const node of nodes.splice(0).toReversed()) await node.stop()
})

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

/** A node that speaks as it likes. */
async function rogue(): Promise<{ node: PeerNode, id: string }> {
  const seed = randomBytes(32)
  const one = new PeerNode({ seed, listen: ['/ip4/127.0.0.1/tcp/0'], agent: 'rogue', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => true } })
  await one.start()
  stops.push(() => one.stop())
  return { node: one, id: one.addresses()[0]?.split('/').at(-1) ?? '' }
}

describe('an invite', () => {
  it('S1: that was taken back is told apart from others; it is listed with who joined', async () => {
    const a = await online()
    const { id, invite } = await a.network.invite({ uses: 2 })
    const b = await node()
    await b.network.join(invite)
    expect(a.network.invites()).toMatchObject([{ id, state: 'open', uses: 2, joined: [b.device.id] }])
    await a.network.revokeInvite(id)
    expect(a.network.invites()).toMatchObject([{ id, state: 'revoked' }])
    await expect((await node()).network.join(invite)).rejects.toMatchObject({ code: 'INVITE_REVOKED' })
    await expect(a.network.revokeInvite('nonsense')).rejects.toMatchObject({ code: 'INVITE_NOT_FOUND' })
  })

  it('S1: whose proof was overheard lets nobody else in, nor the same device again with it; the log names who tried', async () => {
    const lines: string[] = []
    const a = await online({ log: createLog({ level: 'warn', clock: systemClock, write: line => { lines.push(line) } }) })
    const invite = readInvite((await a.network.invite({ uses: 5 })).invite)
    const { workspace, inviter, secret } = invite
    const hello = helloOf({ workspace, agent: 'rogue', name: 'rogue', addresses: [] })
    const said = { name: hello.name, addresses: hello.addresses }

    /** One try; `proof` makes the answer to the challenge. */
    const attempt = async (from: { node: PeerNode, id: string }, proof: (nonce: Uint8Array) => JoinProof): Promise<FrameStream> => {
      await from.node.dial(inviter, invite.addresses)
      const stream = await from.node.open(inviter, PROTOCOL.join)
      await greet(stream, hello)
      const { nonce } = await stream.expectMessage(FRAME.joinChallenge, joinChallengeMessage, 2_000)
      await stream.sendMessage(FRAME.joinProof, joinProofMessage, proof(nonce))
      return stream
    }

    const first = await rogue()
    let overheard: JoinProof | undefined
    const stream = await attempt(first, nonce => {
      overheard = { invite: inviteName(secret), proof: proveInvite(secret, { workspace, inviter, joiner: first.id, nonce, ...said }), ...said }
      return overheard
    })
    expect((await stream.expectMessage(FRAME.joinWelcome, joinWelcomeMessage, 2_000)).role).toBe('writer')
    await stream.close()
    await until(() => a.catalog.members().length === 2)

    const second = await rogue()
    for (const from of [second, first]) {
      const again = await attempt(from, () => overheard as JoinProof)
      await expect(again.expectMessage(FRAME.joinWelcome, joinWelcomeMessage, 2_000)).rejects.toMatchObject({ code: 'INVITE_INVALID' })
      await again.close()
    }
    expect(a.catalog.members().map(member => member.id)).not.toContain(second.id)
    expect(lines.join('')).toContain(`"offender":"${second.id}","host":"127.0.0.1"`)
    // Honest ones still come in.
    const b = await node()
    await b.network.join((await a.network.invite()).invite)
    await until(() => a.network.peers().some(peer => peer.id === b.device.id && peer.connected))
  })
})

describe('members', () => {
  it('S1: tell each other where one is that only one of them knows', async () => {
    const a = await online()
    const { invite } = await a.network.invite({ uses: 2 })
    const [b, c] = [await node(), await node()]
    await b.network.join(invite)
    await c.network.join(invite)
    // Neither was ever told the other's address, but by `a`.
    await until(() => b.network.peers().some(peer => peer.id === c.device.id && peer.connected))
    expect(b.network.peers().find(peer => peer.id === c.device.id)).toMatchObject({ via: 'direct', name: expect.any(String), inRate: expect.any(Number) })
  })

  it('S8: see why one can not be reached, and when it is tried next', async () => {
    const a = await online()
    const b = await node()
    await b.network.join((await a.network.invite()).invite)
    await until(() => a.network.peers()[0]?.connected === true)
    await b.network.stop()
    await until(() => a.network.peers()[0]?.lastError !== undefined && a.network.peers()[0]?.lastSeen !== undefined)
    const [peer] = a.network.peers()
    expect(peer).toMatchObject({ connected: false, lastError: { code: 'PEER_UNREACHABLE' }, triedAt: expect.any(String), lastSeen: expect.any(String) })
    expect(peer?.attempts).toBeGreaterThan(0)
    await until(() => a.network.peers()[0]?.nextTry !== undefined)
    expect(a.events.since(0)?.some(event => event.topic === 'peer' && event.data['connected'] === false && event.data['error'] !== undefined)).toBe(true)
  })

  it('S8: one that breaks the protocol on a stream it opened is left, and named', async () => {
    const lines: string[] = []
    const a = await online({ log: createLog({ level: 'warn', clock: systemClock, write: line => { lines.push(line) } }) })
    const b = await node()
    await b.network.join((await a.network.invite()).invite)
    await until(() => a.network.peers()[0]?.connected === true)
    const addresses = a.network.addresses()
    await b.network.stop()
    const bad = new PeerNode({ seed: b.device.seed, listen: [], agent: 'rogue', log: silentLog, admission: { isMember: () => true, isBarred: () => false, welcomesGuests: () => true } })
    stops.push(() => bad.stop())
    await bad.start()
    await bad.dial(a.device.id, addresses)
    const stream = await bad.open(a.device.id, PROTOCOL.catalog)
    await greet(stream, helloOf({ workspace: a.catalog.workspace, agent: 'rogue', name: 'b', addresses: [] }))
    await stream.send(Buffer.from([0xff, 0xff, 0xff, 0xff, 1])).catch(() => undefined)
    await until(() => !bad.isConnected(a.device.id))
    expect(lines.join('')).toContain(`"offender":"${b.device.id}"`)
    expect(a.events.since(0)?.some(event => event.topic === 'peer' && event.data['fault'] !== undefined)).toBe(true)
    await bad.dial(a.device.id, addresses).catch(() => undefined)
    await until(() => !bad.isConnected(a.device.id))
  })
})
