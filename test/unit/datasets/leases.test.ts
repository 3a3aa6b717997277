import { describe, expect, it } from 'vitest'
import { Leases } from '../../../src/datasets/leases.ts'
import { Locks } from '../../../src/datasets/locks.ts'
import { sleep } from '../../../src/runtime/index.ts'

describe('leases', () => {
  it('S10: settling waits for the leases held now and not for later ones', async () => {
    const leases = new Leases()
    const first = leases.hold()
    const second = leases.hold()
    let done = false
    const settled = leases.settled(5000).then(() => { done = true })
    const later = leases.hold()
    first.end()
    first.end()
    await sleep(5)
    expect(done).toBe(false)
    second.end()
    await settled
    expect(leases.held).toBe(1)
    later.end()
    expect(leases.held).toBe(0)
  })

  it('S10: settling ends at its deadline or when cancelled', async () => {
    const leases = new Leases()
    leases.hold()
    await expect(leases.settled(5)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(leases.settled(5000, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('S10: a lease ends also when its work fails', async () => {
    const leases = new Leases()
    await expect(leases.during(async () => { throw new RangeError('planned') })).rejects.toThrow('planned')
    expect(leases.held).toBe(0)
  })
})

describe('locks', () => {
  it('one key never overlaps, different keys do', async () => {
    const locks = new Locks()
    const events: string[] = []
    const work = (key: string, name: string) => locks.run(key, async () => {
      events.push(`${name} begins`)
      await sleep(5)
      events.push(`${name} ends`)
    })
    await Promise.all([work('a', '1'), work('a', '2'), work('b', '3')])
    expect(events.indexOf('1 ends')).toBeLessThan(events.indexOf('2 begins'))
    expect(events.indexOf('3 begins')).toBeLessThan(events.indexOf('1 ends'))
  })

  it('failing work frees its key', async () => {
    const locks = new Locks()
    await expect(locks.run('a', async () => { throw new RangeError('planned') })).rejects.toThrow('planned')
    await expect(locks.run('a', async () => 1)).resolves.toBe(1)
  })
})
