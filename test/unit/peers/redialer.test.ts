import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Redialer, type PeerNode } from '../../../src/peers/index.ts'
import { ShoalError } from '../../../src/errors/index.ts'
import { type Chance, seededChance, silentLog, systemClock } from '../../../src/runtime/index.ts'
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
    await until(() => b.isConnected(id))
  })
})

describe('the pauses of the redialer', () => {
  const going: Redialer[] = []
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(async () => {
    await Promise.all(going.splice(0).map(redialer => redialer.stop()))
    vi.useRealTimers()
  })

  /** It wants one member; `dial` plays that. */
  function redialing(dial: () => Promise<void>, isConnected = () => false, chance: Chance = seededChance(2)): Redialer {
    const redialer = new Redialer({ wanted: () => ['away'], isConnected, dial, clock: systemClock, chance, log: silentLog })
    going.push(redialer)
    redialer.refresh()
    return redialer
  }

  const nobody = (): Promise<void> => Promise.reject(new ShoalError('PEER_UNREACHABLE', 'away'))

  it('grow with each try; it tries at once when asked to, and stops', async () => {
    const tries: number[] = []
    const redialer = redialing(() => {
      tries.push(performance.now())
      return nobody()
    })
    await vi.advanceTimersByTimeAsync(3_000)
    const [first = 0, second = 0, third = 0] = tries
    expect(tries).toHaveLength(3)
    expect(third - second).toBeGreaterThan((second - first) * 1.2)
    await redialer.now()
    expect(tries).toHaveLength(4)
    await redialer.stop()
    redialer.refresh()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(tries).toHaveLength(4)
  })

  it('grow also when the other side takes the call and hangs up at once, which it says', async () => {
    let connected = false
    let tries = 0
    const redialer = redialing(async () => {
      tries++
      connected = true
      setImmediate(() => {
        connected = false
        redialer.refresh()
      })
      redialer.refresh()
    }, () => connected)
    await vi.advanceTimersByTimeAsync(1_200)
    expect(tries).toBeGreaterThan(1)
    expect(tries).toBeLessThanOrEqual(3)
    expect(redialer.away('away')?.error?.message).toContain('hung up')
  })

  it('end when something new is heard of a member, but not before two seconds, whatever is heard', async () => {
    let tries = 0
    // The longest pauses: the third is longer than two seconds.
    const redialer = redialing(() => {
      tries++
      return nobody()
    }, undefined, { bytes: () => Uint8Array.of(255) })
    while (tries < 3) await vi.advanceTimersByTimeAsync(10)
    let waited = 0
    for (; tries === 3 && waited < 5_000; waited += 10) {
      redialer.nudge('away')
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(waited).toBeGreaterThan(1_900)
    expect(waited).toBeLessThan(2_100)
    expect(redialer.away('away')).toMatchObject({ attempts: 4, error: { code: 'PEER_UNREACHABLE' } })
  })
})
