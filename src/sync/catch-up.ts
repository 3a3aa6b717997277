import { ShoalError } from '../errors/index.ts'
import { LAG_MS, LAG_LOOK_MS, STALL_MS } from './limits.ts'

/** A member whose catalog is followed. */
export interface Followed {
  /** Envelopes taken in from it so far. */
  readonly admitted: number
  caughtUp(signal: AbortSignal): Promise<void>
}

/**
 * Takes in all that members have at this moment. Nobody is kept waiting by one that moves nothing: not for longer than `LAG_MS` when another
 * member has told all it has, and not for longer than `STALL_MS` when none has.
 * @param failed told why a member could not be caught up with
 * @returns how many told it all
 * @throws what the signal was aborted with
 */
export async function catchUpWith(members: readonly Followed[], signal: AbortSignal, failed: (error: unknown) => void): Promise<number> {
  let told = 0
  await Promise.all(members.map(async member => {
    const lagging = new AbortController()
    let [before, quiet] = [member.admitted, 0]
    const looking = setInterval(() => {
      quiet = member.admitted === before ? quiet + LAG_LOOK_MS : 0
      before = member.admitted
      if (quiet >= (told > 0 ? LAG_MS : STALL_MS)) lagging.abort(new ShoalError('TIMED_OUT', 'the member told nothing new'))
    }, LAG_LOOK_MS)
    try {
      await member.caughtUp(AbortSignal.any([signal, lagging.signal]))
      told++
    } catch (error) {
      failed(error)
    } finally {
      clearInterval(looking)
    }
  }))
  signal.throwIfAborted()
  return told
}
