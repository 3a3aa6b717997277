import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dialOrder, isDialable, tellable } from '../../../src/peers/index.ts'

const none = { lan: [], reached: undefined, said: [], heard: [] }

describe('addresses', () => {
  it('are dialled surest first: heard on this network, reached last, near ones, said ones, told ones; those that failed last', () => {
    const known = {
      lan: ['/ip4/10.0.0.7/tcp/1'],
      reached: '/ip4/203.0.113.5/tcp/1/p2p/x',
      said: ['/ip4/172.17.0.1/tcp/1', '/ip4/192.168.1.9/tcp/1', '/ip4/203.0.113.5/tcp/1', '/ip6/fe80::1/tcp/1', '/ip4/203.0.113.9/tcp/1/p2p/r/p2p-circuit'],
      heard: ['/ip4/198.51.100.3/tcp/1']
    }
    const facts = { ownHosts: ['192.168.1.2'], failed: new Set<string>() }
    expect(dialOrder(known, facts)).toEqual(['/ip4/10.0.0.7/tcp/1', '/ip4/203.0.113.5/tcp/1', '/ip4/192.168.1.9/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip4/198.51.100.3/tcp/1'])
    expect(dialOrder(known, { ...facts, failed: new Set(['/ip4/10.0.0.7/tcp/1', '/ip4/203.0.113.5/tcp/1']) }).slice(-2)).toEqual(['/ip4/10.0.0.7/tcp/1', '/ip4/203.0.113.5/tcp/1'])
  })

  it('of loopback are dialled only for a peer on this machine', () => {
    const said = ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1', '/ip4/10.0.0.7/tcp/1']
    expect(dialOrder({ ...none, said }, { ownHosts: ['10.0.0.2'], failed: new Set() })).toEqual(['/ip4/10.0.0.7/tcp/1'])
    expect(dialOrder({ ...none, said }, { ownHosts: ['10.0.0.7'], failed: new Set() })).toHaveLength(3)
    expect(dialOrder({ ...none, said: said.slice(0, 1) }, { ownHosts: ['10.0.0.2'], failed: new Set() })).toEqual(['/ip4/127.0.0.1/tcp/1'])
  })

  it('are told with loopback last, and without ones that are good on one link or through others', () => {
    expect(tellable(['/ip4/127.0.0.1/tcp/1', '/ip6/fe80::1/tcp/1', '/ip4/10.0.0.7/tcp/1', '/ip4/10.0.0.9/tcp/1/p2p/r/p2p-circuit/p2p/x'])).toEqual(['/ip4/10.0.0.7/tcp/1', '/ip4/127.0.0.1/tcp/1'])
  })

  it('others can dial name a host and a TCP port, and nothing else', () => {
    const [good, bad] = [
      ['/ip4/203.0.113.7/tcp/7421', '/ip6/2001:db8::7/tcp/1', '/dns4/lab.example.org/tcp/65535', '/dns/lab/tcp/7421'],
      ['', '7421', '203.0.113.7:7421', '/ip4/203.0.113/tcp/7421', '/ip4/::1/tcp/7421', '/ip6/203.0.113.7/tcp/1', '/dns4//tcp/1', '/ip4/203.0.113.7/udp/7421', '/ip4/203.0.113.7/tcp/0', '/ip4/203.0.113.7/tcp/65536',
        '/ip4/203.0.113.7/tcp', '/ip4/203.0.113.7/tcp/7421/ws', '/ip4/203.0.113.7/tcp/7421/p2p/r/p2p-circuit', ' /ip4/203.0.113.7/tcp/1']
    ]
    expect([...good, ...bad].filter(isDialable)).toEqual(good)
  })

  it('of any text never do more than be left out', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.ipV6().map(host => `/ip6/${host}/tcp/1`), fc.ipV4().map(host => `/ip4/${host}/tcp/1`))), fc.array(fc.ipV6()), (said, ownHosts) => {
      const order = dialOrder({ ...none, said }, { ownHosts, failed: new Set() })
      expect(new Set(order).size).toBe(order.length)
      expect(order.length).toBeLessThanOrEqual(said.length)
    }))
  })
})
