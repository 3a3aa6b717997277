/** Time, injected: rules never ask the machine. No clock decides content; times are labels. */
export interface Clock {
  /** Milliseconds since 1970 UTC, with a fraction where the machine has one. */
  now(): number
  /** Milliseconds since some moment, for how long things take: goes on evenly, whatever anybody sets the clock to. May stand still while the machine sleeps. */
  elapsed(): number
}

/** Milliseconds by which the fine clock may stray from the machine's before it is set anew. */
const STRAY_MS = 1_000

let origin = performance.timeOrigin

/** The fine clock stands still while the machine sleeps (on Linux), and knows nothing of the clock being set: it follows the machine's. */
export const systemClock: Clock = {
  now: () => {
    const stray = Date.now() - (origin + performance.now())
    if (Math.abs(stray) > STRAY_MS) origin += stray
    return origin + performance.now()
  },
  elapsed: () => performance.now()
}

/** A clock for tests that stands still until told. */
export interface ManualClock extends Clock {
  /** Time passes. */
  advance(ms: number): void
  /** Somebody sets the clock by so many milliseconds, back where negative. */
  set(ms: number): void
}

export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let [time, elapsed] = [start, 0]
  return {
    now: () => time,
    elapsed: () => elapsed,
    advance: ms => {
      time += ms
      elapsed += ms
    },
    set: ms => { time += ms }
  }
}

/** ISO-8601 in UTC with microseconds: `2026-01-31T12:00:00.123456Z`. @param now milliseconds since 1970 */
export function isoMicros(now: number): string {
  const micros = Math.floor((now - Math.floor(now)) * 1000)
  return new Date(Math.floor(now)).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`)
}
