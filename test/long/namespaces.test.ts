import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Peer } from '../../src/http/index.ts'
import { Lab, whyNoNamespaces, type Machine } from '../support/namespaces.ts'
import { scratch } from '../support/shoal.ts'
import { untilAnswer } from '../support/until.ts'

const reason = whyNoNamespaces()
if (reason !== undefined) console.warn(`tests of machines on real networks are skipped: ${reason}`)

/** How a machine reaches the others: `b: mdns`. */
async function ways(machine: Machine): Promise<Record<string, string>> {
  const peers = await machine.json<Peer[]>('peers')
  return Object.fromEntries(peers.map(peer => [peer.name, peer.connected ? peer.via ?? 'connected' : 'away']))
}

const isDirect = (way: string): boolean => way === 'mdns' || way === 'direct'
const datasets = async (machine: Machine): Promise<string[]> => (await machine.json<{ ref: string }[]>('dataset', 'list')).map(dataset => dataset.ref).sort()
const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

describe.skipIf(reason !== undefined)('machines on a network without internet', { timeout: 120_000 }, () => {
  const place = scratch()
  let lab: Lab
  let [a, b, c]: Machine[] = []
  const all = (): Machine[] => [a, b, c].filter(machine => machine !== undefined)

  beforeAll(async () => {
    lab = new Lab('one', 'two')
    const [first, second, third] = ['a', 'b', 'c'].map(name => lab.machine(name, place.path(name)))
    a = first
    b = second
    c = third
    a?.plug('one', '10.9.1.1/24')
    b?.plug('one', '10.9.1.2/24')
    c?.plug('one', '10.9.1.3/24')
    await Promise.all(all().map((machine, i) => machine.start(...i === 0 ? ['--relay'] : [])))
  })
  afterAll(async () => {
    await lab.clear()
    place.clear()
  })

  it('S1: join with an invite and list each other by name within seconds', async () => {
    if (a === undefined || b === undefined || c === undefined) throw new Error('no lab')
    const { invite } = await a.json<{ invite: string }>('invite', '--uses', '2')
    await b.json('join', invite)
    await c.json('join', invite)
    await Promise.all(all().map(machine => untilAnswer(() => ways(machine), found => Object.keys(found).length === 2 && Object.values(found).every(isDirect), 5_000)))
    await Promise.all(all().map(machine => untilAnswer(() => ways(machine), found => Object.values(found).every(way => way === 'mdns'))))
  })

  it('S2: go on apart when the network splits, and are one again after it', async () => {
    if (a === undefined || b === undefined || c === undefined) throw new Error('no lab')
    c.cable('one', false)
    await a.json('dataset', 'create', 'team/by-a')
    await c.json('dataset', 'create', 'team/by-c')
    await untilAnswer(() => datasets(b as Machine), found => equal(found, ['team/by-a']))
    expect(await datasets(c)).toEqual(['team/by-c'])
    c.cable('one', true)
    await Promise.all(all().map(machine => untilAnswer(() => datasets(machine), found => equal(found, ['team/by-a', 'team/by-c']))))
  })

  it('S1: find each other again when both moved to other addresses while they were apart', async () => {
    if (a === undefined || b === undefined || c === undefined) throw new Error('no lab')
    b.cable('one', false)
    c.cable('one', false)
    b.move('one', '10.9.1.22/24')
    c.move('one', '10.9.1.33/24')
    await untilAnswer(() => ways(b as Machine), found => equal(found, { a: 'away', c: 'away' }))
    await untilAnswer(async () => (await b?.json<Peer[]>('peers'))?.find(peer => peer.name === 'c'), away => away?.lastError?.code === 'PEER_UNREACHABLE' && (away.attempts ?? 0) > 0)
    const table = await b.run('peers')
    expect(table.stdout).toMatch(/c +away/)
    expect(table.stdout).toMatch(/tr(y|ies), (next try|trying now)/)
    b.cable('one', true)
    c.cable('one', true)
    await Promise.all([b, a].map(machine => untilAnswer(() => ways(machine), found => Object.values(found).every(isDirect))))
    expect((await a.json<Peer[]>('peers')).map(peer => peer.address?.split('/')[2]).sort()).toEqual(['10.9.1.22', '10.9.1.33'])
  })

  it('S1: a member that offers it relays between two that can not reach each other; they go direct once they can', async () => {
    if (a === undefined || b === undefined || c === undefined) throw new Error('no lab')
    a.plug('two', '10.9.2.1/24')
    c.plug('two', '10.9.2.3/24')
    c.cable('one', false)
    c.move('one', '10.9.3.3/24')
    // A machine that moved looks at once which of its connections still live.
    b.move('one', '10.9.1.44/24')
    await untilAnswer(() => ways(b as Machine), found => found['c'] === 'relay' && isDirect(found['a'] ?? ''), 40_000)
    await c.json('dataset', 'create', 'team/through')
    await untilAnswer(() => datasets(b as Machine), found => found.includes('team/through'))
    b.plug('two', '10.9.2.2/24')
    await untilAnswer(() => ways(b as Machine), found => Object.values(found).every(isDirect), 40_000)
  })

  it('S8: a removed member is cut off by every node, hears nothing new, and is refused where it calls', async () => {
    if (a === undefined || b === undefined || c === undefined) throw new Error('no lab')
    await a.json('members', 'remove', 'c')
    await Promise.all([a, b].map(machine => untilAnswer(() => ways(machine), found => found['c'] === undefined && Object.values(found).every(isDirect))))
    await untilAnswer(() => ways(c as Machine), found => equal(found, { a: 'away', b: 'away' }))
    await a.json('dataset', 'create', 'team/later')
    await untilAnswer(() => datasets(b as Machine), found => found.includes('team/later'))
    expect(await datasets(c)).not.toContain('team/later')
    // The removed one comes again, after a pause of up to 75 s, to whom it knows where to call.
    const logs = (): string[] => [a, b].map(machine => machine?.node?.log() ?? '')
    await untilAnswer(logs, all => all.some(log => /a device that was removed, or broke the rules lately, was refused .*"offender":"12D3/.test(log)), 80_000)
  }, 150_000)
})
