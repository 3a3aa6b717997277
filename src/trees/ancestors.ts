import type { ChunkStore } from '../chunks/index.ts'
import { compareHashes, hashKey, type Hash } from '../model/index.ts'
import { missingCommit, readCommitsHere } from './commits.ts'

/** What is known of a commit while two histories are walked. */
interface Place { readonly hash: Hash, parents: readonly Hash[], /** Sides it was reached from: 1, 2 or both (3). */ sides: number, /** Below a commit that both sides have: no longer of interest. */ stale: boolean, /** Not in the store: what lies behind it is unknown. */ isAbsent: boolean }

const BOTH = 3
/** Steps the walk goes on only to tell which of several finds lie below another; what is left then costs a merge without effect. */
const MAX_EXTRA_STEPS = 1000

/**
 * The nearest common ancestors of two sets of commits: commits that both have (a commit counts as its own ancestor) and that no other
 * such commit comes from. Sorted. One in most histories; several when the same commits were merged apart; none for unrelated ones.
 * Walks both histories step by step and stops once everything left lies below what was found (a find far below another, by a short
 * cut through the history, may then be among the answers).
 * @throws CHUNK_MISSING when a part of the history that matters is not here
 */
export async function commonAncestors(store: ChunkStore, left: readonly Hash[], right: readonly Hash[]): Promise<Hash[]> {
  const places = new Map<string, Place>()
  let step: Place[] = []
  const reach = (hash: Hash, sides: number, stale: boolean): void => {
    const key = hashKey(hash)
    const known = places.get(key)
    if (known !== undefined) return mark(places, known, sides, stale)
    const place = { hash, parents: [], sides, stale, isAbsent: false }
    places.set(key, place)
    step.push(place)
  }
  for (const hash of left) reach(hash, 1, false)
  for (const hash of right) reach(hash, 2, false)
  const finds = (): Place[] => [...places.values()].filter(place => place.sides === BOTH && !place.stale)
  for (let extra = 0; step.length > 0;) {
    if (!step.some(place => !place.stale && place.sides !== BOTH) && (finds().length < 2 || ++extra > MAX_EXTRA_STEPS)) break
    const now = step
    step = []
    const commits = await readCommitsHere(store, now.map(place => place.hash))
    for (const [i, place] of now.entries()) {
      place.isAbsent = commits[i] === undefined
      place.parents = commits[i]?.parents ?? []
      for (const parent of place.parents) reach(parent, place.sides, place.stale || place.sides === BOTH)
    }
  }
  // Of what lies behind a published version not every node has the history, and needs none: what is found lies before it.
  const open = [...places.values()].find(place => place.isAbsent && !place.stale)
  if (open !== undefined) missingCommit(open.hash)
  return finds().map(place => place.hash).sort(compareHashes)
}

/** Passes what was learned of a commit on to all of its ancestors that were reached before. */
function mark(places: ReadonlyMap<string, Place>, start: Place, sides: number, stale: boolean): void {
  const waiting = [{ place: start, sides, stale }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { place } = next
    const both = place.sides | next.sides
    const old = place.stale || next.stale
    if (both === place.sides && old === place.stale) continue
    place.sides = both
    place.stale = old
    for (const parent of place.parents) {
      const above = places.get(hashKey(parent))
      if (above !== undefined) waiting.push({ place: above, sides: both, stale: old || both === BOTH })
    }
  }
}
