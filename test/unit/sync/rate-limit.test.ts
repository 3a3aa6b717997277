import { describe, expect, it } from 'vitest'
import { manualClock, systemClock } from '../../../src/runtime/index.ts'
import { SHUN_FIRST_MS } from '../../../src/sync/limits.ts'
import { Shunned } from '../../../src/sync/shunned.ts'
import { Rate } from '../../../src/sync/rate.ts'
import { RateLimit } from '../../../src/sync/rate-limit.ts'

const YEAR_MS = 365 * 86_400_000

describe('a rate limit', () => {
  it('lets bytes go no faster than it says, all takers together', async () => {
    const limit = new RateLimit(systemClock, 1_000_000)
    const begun = performance.now()
    await Promise.all(Array.from({ length: 30 }, () => limit.take(50_000)))
    // A second's worth may go at once.
    expect(performance.now() - begun).toBeGreaterThan(490)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  it('costs nothing while there is none; those who wait go on when it is taken away', async () => {
    const limit = new RateLimit(systemClock)
    await limit.take(1e12)
    limit.set(300_000)
    await limit.take(300_000)
    const waiting = limit.take(100_000_000)
    limit.set(undefined)
    await waiting
  })

  it('waits as long as ever when somebody sets the clock ten years back or on', async () => {
    let setBy = 0
    const limit = new RateLimit({ now: () => systemClock.now() + setBy, elapsed: systemClock.elapsed }, 1_000_000)
    for (const years of [-10, 10]) {
      const begun = performance.now()
      await limit.take(1_000_000)
      setBy = years * YEAR_MS
      await limit.take(100_000)
      expect(performance.now() - begun).toBeGreaterThan(90)
      expect(performance.now() - begun).toBeLessThan(5_000)
    }
  })
})

describe('a rate', () => {
  it.each([0, 10])('is of the last seconds: it rises, stands and falls to nothing, also while somebody sets the clock by %i years', years => {
    const clock = manualClock()
    const rate = new Rate(clock)
    for (let i = 0; i < 40; i++) {
      rate.add(1_000)
      clock.advance(100)
      clock.set((i % 3 - 1) * years * YEAR_MS)
    }
    expect(rate.perSecond).toBeGreaterThan(8_000)
    expect(rate.perSecond).toBeLessThan(12_000)
    expect(rate.total).toBe(40_000)
    clock.advance(10_000)
    expect(rate.perSecond).toBe(0)
  })
})

describe('a member that broke the protocol', () => {
  it('stays away as long as it should, whatever the clock is set to', () => {
    const clock = manualClock()
    const shunned = new Shunned(clock, () => undefined)
    shunned.add('rogue')
    for (const years of [-10, 20, -20]) {
      clock.set(years * YEAR_MS)
      expect(shunned.has('rogue')).toBe(true)
    }
    clock.advance(SHUN_FIRST_MS)
    expect(shunned.has('rogue')).toBe(false)
    shunned.stop()
  })
})
