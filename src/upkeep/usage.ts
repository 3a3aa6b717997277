import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { VersionId } from '../model/index.ts'
import type { Clock, Log } from '../runtime/index.ts'

/** K8: what was done with a version on this node on one day. */
export interface UsageDay {
  /** `2026-01-31`, UTC. */
  readonly day: string
  /** Files opened. */
  readonly reads: number
  /** Archives and checkouts. */
  readonly downloads: number
  readonly bytes: number
}

type Counts = { reads: number, downloads: number, bytes: number }

/** Statistics of a minute may be lost with a crash. Milliseconds. */
const WRITE_EVERY_MS = 60_000
/** Days kept: a year, and a month to compare with. */
const KEPT_DAYS = 400

/** Counts the use of versions by day, in one small file of this node. */
export class UsageBook {
  readonly #path: string | undefined
  readonly #clock: Clock
  readonly #log: Log
  readonly #versions = new Map<string, Map<string, Counts>>()
  #writtenAt: number
  #changed = false

  /** @param path of its file; without one it counts in memory only */
  constructor(deps: { readonly path: string | undefined, readonly clock: Clock, readonly log: Log }) {
    this.#path = deps.path
    this.#clock = deps.clock
    this.#log = deps.log
    this.#writtenAt = deps.clock.now()
    this.#load()
  }

  count(version: VersionId, kind: 'reads' | 'downloads', bytes: number): void {
    const day = new Date(this.#clock.now()).toISOString().slice(0, 10)
    const days = this.#versions.get(version) ?? new Map<string, Counts>()
    const counts = days.get(day) ?? { reads: 0, downloads: 0, bytes: 0 }
    counts[kind]++
    counts.bytes += bytes
    days.set(day, counts)
    this.#versions.set(version, days)
    this.#changed = true
    if (this.#clock.now() - this.#writtenAt >= WRITE_EVERY_MS) this.write()
  }

  /** Days with any use, oldest first; of several versions together. */
  days(versions: readonly VersionId[]): readonly UsageDay[] {
    const sums = new Map<string, Counts>()
    for (const version of versions) for (const [day, counts] of this.#versions.get(version) ?? []) {
      const sum = sums.get(day) ?? { reads: 0, downloads: 0, bytes: 0 }
      sums.set(day, { reads: sum.reads + counts.reads, downloads: sum.downloads + counts.downloads, bytes: sum.bytes + counts.bytes })
    }
    return [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([day, counts]) => ({ day, ...counts }))
  }

  /** Statistics are never worth a failure of what they count. */
  write(): void {
    this.#writtenAt = this.#clock.now()
    if (this.#path === undefined || !this.#changed) return
    const oldest = new Date(this.#clock.now() - KEPT_DAYS * 86_400_000).toISOString().slice(0, 10)
    const kept = [...this.#versions].map(([version, days]) => [version, [...days].filter(([day]) => day >= oldest)] as const).filter(([, days]) => days.length > 0)
    try {
      writeFileSync(`${this.#path}.next`, JSON.stringify(kept), { mode: 0o600 })
      renameSync(`${this.#path}.next`, this.#path)
      this.#changed = false
    } catch (error) {
      this.#log.warn('the usage of versions could not be written down', { error })
    }
  }

  #load(): void {
    if (this.#path === undefined || !existsSync(this.#path)) return
    try {
      for (const [version, days] of JSON.parse(readFileSync(this.#path, 'utf8')) as [string, [string, Counts][]][]) this.#versions.set(version, new Map(days))
    } catch (error) {
      this.#log.warn('what was known of the usage of versions can not be read', { error })
    }
  }
}
