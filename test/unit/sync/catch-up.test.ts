import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { catchUpWith, type Followed } from '../../../src/sync/catch-up.ts'
import { LAG_MS, STALL_MS } from '../../../src/sync/limits.ts'

const never = (signal: AbortSignal): Promise<void> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

const done: Followed = { admitted: 0, caughtUp: () => Promise.resolve() }
const still: Followed = { admitted: 0, caughtUp: never }

/** Tells one envelope a second until it has told so many. */
function slow(envelopes: number): Followed {
  const follower = {
    admitted: 0,
    caughtUp: (signal: AbortSignal) => new Promise<void>((resolve, reject) => {
      const telling = setInterval(() => {
        if (++follower.admitted < envelopes) return
        clearInterval(telling)
        resolve()
      }, 1_000)
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  }
  return follower
}

/** Milliseconds until it is over, and what it came to. */
async function lasts(members: readonly Followed[], signal = new AbortController().signal): Promise<{ ms: number, told: number, failed: number }> {
  const begun = Date.now()
  let failed = 0
  const over = { told: undefined as number | undefined }
  const waiting = catchUpWith(members, signal, () => { failed++ }).then(told => { over.told = told })
  while (over.told === undefined && Date.now() - begun < 10 * STALL_MS) await vi.advanceTimersByTimeAsync(500)
  await waiting
  return { ms: Date.now() - begun, told: over.told ?? 0, failed }
}

describe('catching up with members', () => {
  beforeEach(() => { vi.useFakeTimers() })
  afterEach(() => { vi.useRealTimers() })

  it('is over when all have told what they have', async () => {
    expect(await lasts([done, slow(30)])).toEqual({ ms: 30_000, told: 2, failed: 0 })
  })

  it('S8: does not wait for one that stands still, once another one has told all', async () => {
    const { ms, told, failed } = await lasts([done, still, slow(20)])
    expect({ told, failed }).toEqual({ told: 2, failed: 1 })
    expect(ms).toBe(20_000)
    expect((await lasts([done, still])).ms).toBeLessThanOrEqual(LAG_MS + 1_000)
  })

  it('waits longer where nobody else has told anything', async () => {
    const { ms, told } = await lasts([still])
    expect(told).toBe(0)
    expect(ms).toBeGreaterThanOrEqual(STALL_MS)
  })

  it('ends when it is cancelled', async () => {
    const ending = new AbortController()
    setTimeout(() => ending.abort(new Error('enough')), 3_000)
    const waiting = expect(catchUpWith([still], ending.signal, () => undefined)).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(3_000)
    await waiting
  })
})
