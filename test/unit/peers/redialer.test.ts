import { afterEach, describe, expect, it } from 'vitest'
import { Redialer, type PeerNode } from '../../../src/peers/index.ts'
import { ShoalError } from '../../../src/errors/index.ts'
import { seededChance, silentLog, systemClock } from '../../../src/runtime/index.ts'
import { until } from '../../support/until.ts'
import { TestAdmission, idOf, node } from './support.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => { await Promise.all(stops.splice(0).map(stop => stop())) })

describe('the redialer', () => {
  it('reaches a member again after it was away', async () => {
    const everyone = new TestAdmission()
    const a = node('a', everyone)
    await a.start()
    everyone.members.add(idOf(a))
    const address = a.addresses()[0] ?? ''
    const id = idOf(a)
    const b: PeerNode = node('b', everyone)
    await b.start()
    everyone.members.add(idOf(b))
    const redialer = new Redialer({ wanted: () => [id], isConnected: peer => b.isConnected(peer), dial: (peer, signal) => b.dial(peer, [address], signal), clock: systemClock, chance: seededChance(1), log: silentLog })
    b.onPeer(() => redialer.refresh())
    stops.push(() => redialer.stop(), () => b.stop())
    redialer.refresh()
    await until(() => b.isConnected(id))
    await a.stop()
    await until(() => !b.isConnected(id))
    const again = node('a', everyone, { listen: [address.split('/p2p/')[0] ?? ''] })
    await again.start()
    stops.push(() => again.stop())
    await until(() => b.isConnected(id), 8_000)
  })

  it('tries less and less often, at once when asked to, and stops', async () => {
    const tries: number[] = []
    const begun = performance.now()
    const redialer = new Redialer({
      wanted: () => ['away'],
      isConnected: () => false,
      dial: () => {
        tries.push(performance.now() - begun)
        return Promise.reject(new ShoalError('PEER_UNREACHABLE', 'away'))
      },
      clock: systemClock,
      chance: seededChance(2),
      log: silentLog
    })
    redialer.refresh()
    await until(() => tries.length === 3)
    const [first = 0, second = 0, third = 0] = tries
    expect(third - second).toBeGreaterThan((second - first) * 1.2)
    await redialer.now()
    expect(tries).toHaveLength(4)
    await redialer.stop()
    redialer.refresh()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(tries).toHaveLength(4)
  })
})
