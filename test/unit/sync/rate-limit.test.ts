import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../src/runtime/index.ts'
import { Rate } from '../../../src/sync/rate.ts'
import { RateLimit } from '../../../src/sync/rate-limit.ts'
import { systemClock } from '../../../src/runtime/index.ts'

describe('a rate limit', () => {
  it('lets bytes go no faster than it says, all takers together', async () => {
    const limit = new RateLimit(systemClock, 1_000_000)
    await limit.take(1_000_000)
    const begun = performance.now()
    await Promise.all(Array.from({ length: 30 }, () => limit.take(10_000)))
    expect(performance.now() - begun).toBeGreaterThan(250)
    expect(performance.now() - begun).toBeLessThan(1_500)
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
})

describe('a rate', () => {
  it('is of the last seconds: it rises, stands and falls to nothing', () => {
    const clock = manualClock()
    const rate = new Rate(clock)
    for (let i = 0; i < 40; i++) {
      rate.add(1_000)
      clock.advance(100)
    }
    expect(rate.perSecond).toBeGreaterThan(8_000)
    expect(rate.perSecond).toBeLessThan(12_000)
    expect(rate.total).toBe(40_000)
    clock.advance(10_000)
    expect(rate.perSecond).toBe(0)
  })
})
