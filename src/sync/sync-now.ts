import { fail, ShoalError } from '../errors/index.ts'
import type { Watched } from '../datasets/index.ts'
import { formatDatasetRef, type VersionRef } from '../model/index.ts'
import { deadline, ignoreProgress, sleep, type Clock, type ProgressSink } from '../runtime/index.ts'
import { MEET_MS, REACH_MS, REACH_OTHERS_MS, RETRY_FIRST_MS, RETRY_MOST_MS, STALL_MS } from './limits.ts'
import type { Workspace } from './network.ts'
import type { Online } from './online.ts'
import type { PassReport } from './replicator.ts'
import type { SyncReport } from './service.ts'
import { targetOf, type Target } from './targets.ts'

/**
 * Exchanges with all members that can be reached; with `wait`, until what is wanted is complete here.
 * @throws PEER_UNREACHABLE when no member can be reached, TIMED_OUT when nothing moves any more, and what fetching throws
 */
export async function syncNow(online: Online, workspace: Workspace, ref: VersionRef | undefined, options: Watched & { wait?: boolean }, clock: Clock): Promise<SyncReport> {
  const signal = options.signal ?? new AbortController().signal
  const progress = options.progress ?? ignoreProgress
  const before = online.exchange.envelopes
  const peers = await meet(online, options.wait === true ? MEET_MS : 0, signal, progress, clock)
  const target = ref === undefined ? undefined : wantedOf(workspace, ref)
  const envelopes = online.exchange.envelopes - before
  if (options.wait !== true) {
    online.exchange.replicator.poke()
    return { peers, envelopes, chunks: 0, bytes: 0, missing: online.exchange.replicator.incomplete(target) }
  }
  if (peers === 0 && online.others.length > 0) fail('PEER_UNREACHABLE', `none of the ${online.others.length} other members can be reached`)
  const report = await untilComplete(online, target, signal, progress, clock)
  return { peers: Math.max(peers, online.exchange.peers.length), envelopes: online.exchange.envelopes - before, ...report }
}

/** Reaches the members and takes in what they have. Tries again when none is reached: one may just be starting. @param ms for how long @returns how many were caught up with */
async function meet(online: Online, ms: number, signal: AbortSignal, progress: ProgressSink, clock: Clock): Promise<number> {
  const until = clock.elapsed() + ms
  for (;;) {
    progress({ phase: 'reaching', files: 0, bytes: 0 })
    await online.finder.now(deadline(online.exchange.peers.length > 0 ? REACH_OTHERS_MS : REACH_MS, signal))
    progress({ phase: 'catalog', files: 0, bytes: 0 })
    const peers = await online.exchange.catchUp(signal)
    if (peers > 0 || online.others.length === 0 || clock.elapsed() >= until) return peers
    await sleep(RETRY_FIRST_MS / 2, signal)
  }
}

/** The version a reference names, as something to fetch; undefined when there is nothing in it. */
function wantedOf({ datasets }: Workspace, ref: VersionRef): Target | undefined {
  const { dataset, version } = datasets.resolve(ref)
  return targetOf(dataset, version) ?? fail('VERSION_NOT_READY', `${formatDatasetRef(ref)} holds nothing yet`)
}

async function untilComplete(online: Online, only: Target | undefined, signal: AbortSignal, progress: ProgressSink, clock: Clock): Promise<PassReport> {
  const total = { chunks: 0, bytes: 0 }
  if (only !== undefined && online.exchange.replicator.isComplete(only)) return { ...total, missing: [] }
  let moved = clock.elapsed()
  for (let pause = RETRY_FIRST_MS; ; pause = Math.min(2 * pause, RETRY_MOST_MS)) {
    const report = await online.exchange.replicator.pass({ signal, progress, ...only === undefined ? {} : { only } })
    total.chunks += report.chunks
    total.bytes += report.bytes
    if (report.missing.length === 0) return { ...total, missing: [] }
    if (report.chunks > 0) moved = clock.elapsed()
    else if (online.exchange.peers.length === 0 || clock.elapsed() - moved > STALL_MS) throw stalled(online, report.missing)
    await sleep(pause, signal)
  }
}

function stalled(online: Online, missing: readonly string[]): ShoalError {
  const named = missing.slice(0, 5).join(', ')
  const facts = { missing }
  return online.exchange.peers.length === 0
    ? new ShoalError('PEER_UNREACHABLE', `no member is connected, and ${named} is not complete here`, facts)
    : new ShoalError('TIMED_OUT', `no connected member has all of ${named}`, facts)
}
