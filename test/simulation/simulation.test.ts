import { describe, expect, it } from 'vitest'
import { simulate } from './simulate.ts'

/** `scripts/simulate.mjs` asks for more. */
const EVENTS = Number(process.env['SHOAL_EVENTS'] ?? 2_000)
const SEED = Number(process.env['SHOAL_SEED'] ?? 1)
/** Of one event, milliseconds: plenty on a busy machine. */
const WITHIN_MS = 60

describe(`a team, simulated from seed ${SEED}`, () => {
  it(`S2: after ${EVENTS} events all nodes have the same state, and nothing acknowledged is missing`, async () => {
    const begun = performance.now()
    const { events, programs, files } = await simulate(SEED, EVENTS)
    console.log(`${events} events in ${programs} programs from seed ${SEED}, ${files} acknowledged files found again, ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    expect(events).toBe(EVENTS)
  }, 60_000 + EVENTS * WITHIN_MS)

  // The planted bug: barriers that say they are done and did nothing, so that a commit may be named whose chunks the next crash takes.
  it('finds out a store that acknowledges what is not durable', async () => {
    await expect(simulate(SEED, 3_000, { forgetsBarriers: true })).rejects.toThrow(/^the program of seed \d+ with 300 events: /)
  })
})
