import { createSocket } from 'node:dgram'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import multicastDns from 'multicast-dns'
import { afterEach, describe, expect, it } from 'vitest'
import { AddressBook, Lan, Surroundings, Whereabouts, type OwnAddress } from '../../../src/peers/index.ts'
import { manualClock, silentLog } from '../../../src/runtime/index.ts'
import { until } from '../../support/until.ts'

const stops: (() => unknown)[] = []
afterEach(async () => { for (const stop of stops.splice(0).toReversed()) await stop() })

const HERE: readonly OwnAddress[] = [{ host: '127.0.0.1', family: 'IPv4', internal: true }]

/** A port nobody uses: tests hear only themselves. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, resolve))
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(resolve))
  return port
}

describe('the local network', () => {
  function lan(peer: string, port: number): { heard: [string, readonly string[]][], lan: Lan } {
    const heard: [string, readonly string[]][] = []
    const one = new Lan({ peer, addresses: () => [`/ip4/127.0.0.1/tcp/7/p2p/${peer}`, `/ip4/10.1.1.1/tcp/7/p2p/${peer}`], found: (who, where) => heard.push([who, where]), log: silentLog, port, own: () => HERE })
    stops.push(() => one.stop())
    one.start()
    return { heard, lan: one }
  }

  it('S1: tells nodes of each other, with the addresses of the interface it goes through', async () => {
    const port = await freePort()
    const a = lan('A', port)
    const b = lan('B', port)
    await until(() => {
      b.lan.refresh()
      return b.heard.length > 0
    })
    expect(b.heard[0]).toEqual(['A', ['/ip4/127.0.0.1/tcp/7/p2p/A']])
    expect(a.heard.every(([who]) => who === 'B')).toBe(true)
  })

  it('S8: sends nobody to a third machine, and outlives any packet', async () => {
    const port = await freePort()
    const { heard } = lan('A', port)
    const liar = multicastDns({ port, interface: '127.0.0.1', bind: '0.0.0.0', reuseAddr: true })
    stops.push(() => new Promise<void>(resolve => liar.destroy(resolve)))
    await new Promise<void>(resolve => liar.once('ready', resolve))
    const name = 'x._shoal._udp.local'
    const say = (...data: string[]): void => liar.respond([{ name: '_shoal._udp.local', type: 'PTR', ttl: 1, data: name }, { name, type: 'TXT', ttl: 1, data }])
    say('dnsaddr=/ip4/203.0.113.7/tcp/7/p2p/M')
    say('dnsaddr=/ip4/127.0.0.1/tcp/7', 'nonsense', 'dnsaddr=')
    liar.respond([{ name: '_shoal._udp.local', type: 'PTR', ttl: 1, data: name }])
    const raw = createSocket('udp4')
    stops.push(() => raw.close())
    await new Promise<void>(resolve => raw.send(Buffer.from('00000000ffffffffffff', 'hex'), port, '127.0.0.1', () => resolve()))
    say('dnsaddr=/ip4/127.0.0.1/tcp/9/p2p/M', 'dnsaddr=/ip4/203.0.113.7/tcp/7/p2p/M', 'dnsaddr=/ip4/127.0.0.1/tcp/9/p2p/OTHER')
    await until(() => heard.some(([who]) => who === 'M'))
    expect(heard.filter(([who]) => who !== 'A')).toEqual([['M', ['/ip4/127.0.0.1/tcp/9/p2p/M']]])
  })
})

describe('what is known of where members are', () => {
  it('tells news from old, forgets what was heard long ago, and holds boundedly much', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-where-'))
    stops.push(() => rm(folder, { recursive: true }))
    const clock = manualClock()
    const book = await AddressBook.open(folder)
    const where = new Whereabouts(book, clock)
    await book.note('p', { addresses: ['/ip4/1.1.1.1/tcp/1'], name: 'P' }, 1)
    expect(where.onLan('p', ['/ip4/10.0.0.1/tcp/1'])).toBe(true)
    expect(where.onLan('p', ['/ip4/10.0.0.1/tcp/1'])).toBe(false)
    expect(where.told('p', ['/ip4/1.1.1.1/tcp/1'])).toBe(false)
    expect(where.told('p', ['/ip4/2.2.2.2/tcp/1', 'nonsense'])).toBe(true)
    expect(where.of('p', ['/ip4/3.3.3.3/tcp/1'])).toEqual({ lan: ['/ip4/10.0.0.1/tcp/1'], reached: undefined, said: ['/ip4/1.1.1.1/tcp/1', '/ip4/3.3.3.3/tcp/1'], heard: ['/ip4/2.2.2.2/tcp/1'] })
    clock.advance(60_000)
    expect(where.of('p', []).lan).toEqual([])
    for (let i = 0; i < 100; i++) where.told('p', [`/ip4/9.9.9.${i}/tcp/1`])
    expect(where.of('p', []).heard).toHaveLength(16)
    await book.reached('p', '/ip4/2.2.2.2/tcp/1')
    expect((await AddressBook.open(folder)).get('p')?.reached).toBe('/ip4/2.2.2.2/tcp/1')
    where.keep([])
    expect(where.of('p', []).heard).toEqual([])
  })
})

describe('surroundings', () => {
  it('notices that the machine moved, and that it slept; not that it was given a temporary IPv6 address', async () => {
    const clock = manualClock()
    const told: string[] = []
    let addresses: OwnAddress[] = [{ host: '10.0.0.1', family: 'IPv4', internal: false }]
    const surroundings = new Surroundings({ clock, changed: what => told.push(what), addresses: () => addresses, everyMs: 5 })
    stops.push(() => surroundings.stop())
    surroundings.start()
    addresses = [...addresses, { host: 'fd00:1:2:3::1', family: 'IPv6', internal: false }]
    await until(() => told.length === 1)
    addresses = [...addresses, { host: 'fd00:1:2:3:aaaa::2', family: 'IPv6', internal: false }]
    await sleep(30)
    expect(told).toEqual(['addresses'])
    clock.advance(3_600_000)
    await until(() => told.length === 2)
    expect(told).toEqual(['addresses', 'woke'])
  })
})
