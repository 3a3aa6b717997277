import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Peer } from '../../src/http/index.ts'
import { Lab, whyNoNamespaces, whyNoTranslation, type Machine } from '../support/namespaces.ts'
import { scratch } from '../support/shoal.ts'
import { untilAnswer } from '../support/until.ts'

const reason = whyNoNamespaces()
if (reason !== undefined) console.warn(`tests of lines between machines are skipped: ${reason}`)
const noTranslation = reason ?? whyNoTranslation()
if (noTranslation !== undefined) console.warn(`the test of two machines behind routers is skipped: ${noTranslation}`)

let place: ReturnType<typeof scratch>
let lab: Lab
beforeEach(() => {
  place = scratch()
  lab = new Lab('one', 'two', 'three')
})
afterEach(async () => {
  await lab.clear()
  place.clear()
})

const machine = (name: string): Machine => lab.machine(name, place.path(name))

/** Starts a machine whose log shows each try to punch a hole. */
async function startTelling(one: Machine, ...args: string[]): Promise<void> {
  process.env['DEBUG'] = 'libp2p:dcutr*'
  try {
    await one.start(...args)
  } finally {
    delete process.env['DEBUG']
  }
}

async function ways(one: Machine): Promise<Record<string, string>> {
  const peers = await one.json<Peer[]>('peers')
  return Object.fromEntries(peers.map(peer => [peer.name, peer.connected ? peer.via ?? 'connected' : 'away']))
}

/** Publishes so many random bytes as `team/<name>`. */
async function publish(one: Machine, name: string, bytes: number): Promise<void> {
  writeFileSync(place.path(`${name}.bin`), randomBytes(bytes))
  await one.json('import', place.path(`${name}.bin`), `team/${name}`)
  await one.json('publish', `team/${name}`)
}

/** Fetches a version whole, and checks every byte of it. @returns seconds the fetching took */
async function fetched(one: Machine, name: string): Promise<number> {
  await untilAnswer(() => one.json<{ ref: string }[]>('dataset', 'list'), found => found.some(dataset => dataset.ref === `team/${name}`))
  const begun = performance.now()
  await one.json('sync', `team/${name}`, '--wait')
  const seconds = (performance.now() - begun) / 1000
  await one.json('verify', `team/${name}`)
  return seconds
}

/** Whether the process listens for multicast DNS, by the table of its network. */
const hearsMulticast = (one: Machine): boolean => /:14E9 /.test(readFileSync(`/proc/${one.node?.process.pid}/net/udp`, 'utf8'))

describe.skipIf(reason !== undefined)('lines between machines', { timeout: 150_000 }, () => {
  it('S2, S4: that lose packets carry everything whole; rates keep to their limits; a cable that is pulled is noticed within ten seconds', async () => {
    const [a, b] = [machine('a'), machine('b')]
    a.plug('one', '10.9.1.1/24')
    b.plug('one', '10.9.1.2/24')
    await Promise.all([a.start(), b.start('--no-mdns')])
    await untilAnswer(async () => hearsMulticast(a), hears => hears)
    await b.json('join', (await a.json<{ invite: string }>('invite')).invite)
    await untilAnswer(() => ways(a), found => found['b'] === 'direct')
    expect(hearsMulticast(b)).toBe(false)

    b.narrow('one', '40mbit')
    await publish(a, 'lossy', 10_000_000)
    await fetched(b, 'lossy')
    expect(b.lost('one')).toBeGreaterThan(50)
    b.narrow('one', '1gbit')

    for (const [one, direction] of [[a, '--up'], [b, '--down']] as const) {
      const name = `limited-${direction.slice(2)}`
      await b.run('limits', '--down', '256KiB')
      await publish(a, name, 40_000_000)
      await untilAnswer(() => b.json<{ ref: string }[]>('dataset', 'list'), found => found.some(dataset => dataset.ref === `team/${name}`))
      const bytesIn = async (): Promise<{ bytes: number, at: number }> => ({ bytes: (await b.json<Peer[]>('peers'))[0]?.bytesIn ?? 0, at: performance.now() })
      // Never without a limit in between: all of it would be here before the next command has begun.
      await one.json('limits', direction, '3MB')
      if (one !== b) await b.json('limits', '--down', 'none')
      // Behind the burst that a pause allows.
      await sleep(2_000)
      const first = await bytesIn()
      await sleep(5_000)
      const second = await bytesIn()
      const rate = (second.bytes - first.bytes) / (second.at - first.at) * 1000
      console.info(`${direction} 3 MB/s: measured ${Math.round(rate / 1000)} kB/s`)
      expect(rate).toBeGreaterThan(3e6 * 0.85)
      expect(rate).toBeLessThan(3e6 * 1.15)
      await one.json('limits', direction, 'none')
      await fetched(b, name)
    }

    b.cable('one', false)
    expect(await untilAnswer(() => ways(a), found => found['b'] === 'away')).toBeLessThan(10_500)
    b.cable('one', true)
    await untilAnswer(() => ways(a), found => found['b'] === 'direct', 30_000)
  })

  it('S1: of a relay bring in who was invited by a machine that nobody else reaches; hole punching is tried, and the relay goes on when it fails', async () => {
    const [relay, inner, outer] = [machine('relay'), machine('inner'), machine('outer')]
    relay.plug('one', '10.9.1.1/24')
    relay.plug('two', '10.9.2.1/24')
    inner.plug('two', '10.9.2.2/24')
    outer.plug('one', '10.9.1.3/24')
    await Promise.all([relay.start('--relay'), startTelling(inner), startTelling(outer)])
    await inner.json('join', (await relay.json<{ invite: string }>('invite', '--role', 'admin')).invite)
    await untilAnswer(() => ways(relay), found => found['inner'] !== undefined && found['inner'] !== 'away')
    await sleep(2_000)
    await outer.json('join', (await inner.json<{ invite: string }>('invite')).invite)
    await untilAnswer(() => ways(outer), found => found['inner'] === 'relay' && found['relay'] !== 'away', 40_000)
    await publish(inner, 'through', 5_000_000)
    await fetched(outer, 'through')
    await untilAnswer(async () => `${inner.node?.log()}${outer.node?.log()}`, log => /dcutr.*(sending connect|attempting unilateral|attempting DCUtR|no public addresses)/i.test(log))
    expect((await ways(outer))['inner']).toBe('relay')
    await publish(inner, 'later', 1_000_000)
    await fetched(outer, 'later')
  })

  it.skipIf(noTranslation !== undefined)('S1: of two behind routers that translate addresses go through a relay, and stay on it: each knows only addresses of its own network, so no hole is punched', async () => {
    const [relay, x, y, routerX, routerY] = ['relay', 'x', 'y', 'rx', 'ry'].map(machine) as [Machine, Machine, Machine, Machine, Machine]
    relay.plug('one', '5.9.1.1/24')
    for (const [router, one, lan, i] of [[routerX, x, 'two', 2], [routerY, y, 'three', 3]] as const) {
      router.plug('one', `5.9.1.${i}/24`)
      router.plug(lan, `192.168.${i}.1/24`)
      router.translate('one')
      one.plug(lan, `192.168.${i}.9/24`)
      one.route(`192.168.${i}.1`)
    }
    await Promise.all([relay.start('--relay'), startTelling(x), startTelling(y)])
    const { invite } = await relay.json<{ invite: string }>('invite', '--uses', '2')
    for (const one of [x, y]) await one.json('join', invite)
    await untilAnswer(() => ways(x), found => found['y'] === 'relay', 40_000)
    await publish(x, 'through', 5_000_000)
    await fetched(y, 'through')
    await untilAnswer(async () => `${x.node?.log()}${y.node?.log()}`, log => /dcutr/i.test(log))
    await sleep(10_000)
    expect((await ways(x))['y']).toBe('relay')
    await publish(y, 'back', 1_000_000)
    await fetched(x, 'back')
  })
})
