import { fail, isShoalError } from '../errors/index.ts'
import { type Hash, HashSet, hashToHex } from '../model/index.ts'
import type { SweepResult } from '../chunks/index.ts'
import { type Roots, type Watched, walkTrees } from '../datasets/index.ts'
import type { UpkeepDeps } from './deps.ts'
import { MAX_GRACE_MS, type Marks, type Moment } from './marks.ts'
import type { CollectReport } from './service.ts'

export interface CollectOptions extends Watched {
  readonly dryRun?: boolean
  /** Milliseconds. */
  readonly graceMs?: number
}

/** So long collection waits for imports and downloads under way; who has larger ones collects later. Milliseconds. */
const LEASE_WAIT_MS = 10 * 60_000

/**
 * Removes what nothing needs. Why nothing is lost while others work: chunks put since `moment` stay whatever the marking says. What was
 * put before it and is to be named by a change still under way is put under a lease held now; those are waited for, and their changes
 * are in the second roots. Who begins later can only build on versions of the first or second roots, or on what came in after `moment`.
 */
export async function collectGarbage(deps: UpkeepDeps, marks: Marks, options: CollectOptions): Promise<CollectReport> {
  const { signal, progress, dryRun = false, graceMs = MAX_GRACE_MS } = options
  if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS)) {
    fail('FIELD_INVALID', `the graceMs must be 0 to ${MAX_GRACE_MS} milliseconds, not ${graceMs}`, { field: 'graceMs' })
  }
  progress?.({ phase: 'waiting', files: 0, bytes: 0 })
  const moment = await marks.before(graceMs)
  const live = new HashSet()
  const first = await rootsNow(deps)
  await settleLeases(deps, signal)
  // Before the second roots: what is no longer pinned is named by them.
  for await (const hashes of deps.pinned?.() ?? []) for (const hash of hashes) live.add(hash)
  const second = await rootsNow(deps)
  progress?.({ phase: 'marking', files: 0, bytes: 0 })
  await markLive(deps, [first, second], live, signal)
  signal?.throwIfAborted()
  progress?.({ phase: 'removing', files: 0, bytes: 0 })
  const swept = await sweep(deps, moment, live, { dryRun, ...signal === undefined ? {} : { signal } })
  if (swept === undefined) {
    marks.forget()
    return collectGarbage(deps, marks, options)
  }
  const { chunks: left } = await deps.store.stats()
  deps.log.info('collected', { ...swept, dryRun, live: live.size })
  return { ...swept, dryRun, kept: dryRun ? left - swept.chunks : left }
}

async function rootsNow({ datasets }: UpkeepDeps): Promise<Roots> {
  try {
    return await datasets.roots()
  } catch (error) {
    if (!isShoalError(error, 'CHUNK_DAMAGED')) throw error
    return fail('STORE_DAMAGED', `a commit is damaged, so it is not known what is needed and nothing was removed: ${error.message}`,
      error.facts,
      error)
  }
}

async function settleLeases({ datasets: { leases } }: UpkeepDeps, signal: AbortSignal | undefined): Promise<void> {
  try {
    await leases.settled(LEASE_WAIT_MS, signal)
  } catch (error) {
    if (!isShoalError(error, 'TIMED_OUT')) throw error
    fail('TIMED_OUT', `an import, upload or download has been under way for ${LEASE_WAIT_MS / 60_000} minutes; nothing was removed`,
      { leases: leases.held },
      error)
  }
}

/** Adds every chunk some version needs. @throws STORE_DAMAGED when that can't be told */
async function markLive(deps: UpkeepDeps, roots: readonly Roots[], live: HashSet, signal: AbortSignal | undefined): Promise<void> {
  const seen = new HashSet()
  const lost: Hash[] = []
  const mark = (whole: boolean) => ({
    node: (hash: Hash) => { live.add(hash) },
    data: (hash: Hash) => { live.add(hash) },
    problem: (hash: Hash, problem: string) => {
      live.add(hash)
      // What another node published may be here in parts only, and what was never a node has nothing below it.
      if (problem === 'damaged' || (problem === 'missing' && whole)) lost.push(hash)
    }
  })
  for (const { commits } of roots) for (const commit of commits) live.add(commit)
  await walkTrees(deps.store, roots.flatMap(({ whole }) => whole), mark(true), signal, seen)
  await walkTrees(deps.store, roots.flatMap(({ trees }) => trees), mark(false), signal, seen)
  const [example] = lost
  if (example !== undefined) {
    fail('STORE_DAMAGED',
      `${lost.length} parts of trees can not be read, e.g. ${hashToHex(example)}, so it is not known what is needed; nothing was removed`,
      { hashes: lost.slice(0, 20).map(hashToHex) })
  }
}

interface SweepOptions { readonly dryRun: boolean, readonly signal?: AbortSignal }

/** @returns undefined when the store was opened anew since the moment and knows nothing of it */
async function sweep({ store }: UpkeepDeps, { token, reuse }: Moment, live: HashSet, options: SweepOptions): Promise<SweepResult | undefined> {
  try {
    return await store.sweep(token, { hashes: live.flat() }, { ...options, reuse })
  } catch (error) {
    if (isShoalError(error, 'INTERNAL') && error.facts['token'] === token) return undefined
    throw error
  }
}
