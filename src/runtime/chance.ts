/** Randomness, injected so that tests can repeat it. */
export interface Chance {
  bytes(length: number): Uint8Array
}

// Loaded when it is first asked: most commands leave chance to the node they speak with.
export const systemChance: Chance = { bytes: length => new Uint8Array(process.getBuiltinModule('node:crypto').randomBytes(length)) }

/** Repeatable bytes from a seed (mulberry32); for tests, samples and invented data, never for secrets. */
export function seededChance(seed: number): Chance & { next(): number } {
  let state = seed >>> 0
  /** A number in [0, 1). */
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    bytes: length => Uint8Array.from({ length }, () => Math.floor(next() * 256))
  }
}
