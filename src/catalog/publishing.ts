import type { VersionId } from '../model/index.ts'

/** What admission must know of a publish record; hashes as hex. */
export interface PublishFacts {
  readonly version: VersionId
  readonly number: string
  readonly heads: readonly string[]
  readonly after: readonly string[]
}

/** A record that is here, by its name. */
export interface Published extends PublishFacts { readonly record: string }

/**
 * What is wrong with a record, given all it follows; undefined when nothing is. A version is published once and a number given once by
 * whoever knew of it; said apart, both stand.
 */
export function publishProblem(facts: PublishFacts, published: readonly Published[]): string | undefined {
  const past = pastOf(facts.after, published)
  if (past.some(item => item.version === facts.version)) return 'its author knew that the version was published already'
  return past.some(item => item.number === facts.number) ? `its author knew that ${facts.number} was published already` : undefined
}

/** Records that nothing follows yet, rising: what the next one follows. */
export function newestOf(published: readonly Published[]): readonly string[] {
  const followed = new Set(published.flatMap(item => item.after))
  return published.map(item => item.record).filter(record => !followed.has(record)).sort()
}

function pastOf(after: readonly string[], published: readonly Published[]): readonly Published[] {
  const byName = new Map(published.map(item => [item.record, item]))
  const past = new Map<string, Published>()
  const open = [...after]
  for (let record = open.pop(); record !== undefined; record = open.pop()) {
    const item = byName.get(record)
    if (item === undefined || past.has(record)) continue
    past.set(record, item)
    open.push(...item.after)
  }
  return [...past.values()]
}
