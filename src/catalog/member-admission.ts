import { isShoalError } from '../errors/index.ts'
import { type Envelope, Members, type PlacedRecord, readMemberRecord } from '../trust/index.ts'
import { type Admitting, type Tally, byLog } from './admitting.ts'
import { WORKSPACE_DOCUMENT } from './keys.ts'
import { type Ending, LogTail, advanced } from './log-tail.ts'
import { type LogState, nameOfLog } from './record.ts'
import { type Logs, NO_HASH, type Staging } from './state.ts'
import { type Kept, keptLogs, readStep } from './stored.ts'
import type { Storage } from './storage.ts'

/** Takes membership records in. Answers whether records that counted were undone: then everything that was judged by them is judged again. */
export async function admitToWorkspace(admitting: Admitting, staging: Staging, items: readonly Kept[], tally: Tally): Promise<boolean> {
  let [left, wereUndone]: [readonly Kept[], boolean] = [[...items, ...admitting.waiting.take(WORKSPACE_DOCUMENT)], false]
  // Each round may bring what others have seen; one that brings nothing is the last.
  for (let before = -1; before !== tally.admitted && left.length > 0;) {
    before = tally.admitted
    const waiting: Kept[] = []
    for (const log of byLog(left).values()) wereUndone = await takeLog(admitting, staging, log, waiting, tally) || wereUndone
    left = waiting
  }
  for (const item of left) admitting.waiting.add(item)
  return wereUndone
}

async function takeLog(admitting: Admitting, staging: Staging, items: readonly Kept[], waiting: Kept[], tally: Tally): Promise<boolean> {
  const [first] = items
  if (first === undefined) return false
  const { device, epoch } = first.envelope
  let tail = tailOf(admitting.storage, staging, staging.log(WORKSPACE_DOCUMENT, device, epoch))
  let wereUndone = false
  for (const item of items) {
    const place = await tail.place(item)
    if (place === 'known') tally.known++
    else if (place === 'waiting') waiting.push(item)
    else if (place === 'next') takeNext(staging, item, waiting, tally)
    else if ('refused' in place) tally.refuse(item, place.refused)
    else {
      tally.refuse(item, place.ends.reason)
      wereUndone = await endLog(admitting.storage, staging, tail.state, place.ends) || wereUndone
    }
    tail = tailOf(admitting.storage, staging, staging.log(WORKSPACE_DOCUMENT, device, epoch))
  }
  return wereUndone
}

const tailOf = (storage: Storage, staging: Staging, state: LogState): LogTail => new LogTail(state, seq => readStep(storage, staging, WORKSPACE_DOCUMENT, state, seq))

function takeNext(staging: Staging, item: Kept, waiting: Kept[], tally: Tally): void {
  const { envelope, bytes } = item
  if (!envelope.seen.every(hash => staging.members().has(hash))) {
    waiting.push(item)
    return
  }
  const placed = placedRecordOf(envelope)
  const refusal = typeof placed === 'string' ? placed : staging.members().refusalOf(placed)
  const state = staging.log(WORKSPACE_DOCUMENT, envelope.device, envelope.epoch)
  if (refusal !== undefined || typeof placed === 'string') {
    const reason = refusal ?? 'it can not be read'
    tally.refuse(item, reason)
    // Nothing is kept of strangers: anybody can make up any number of them.
    if (!staging.members().wasMember(envelope.device, envelope.seen)) return
    setLog(staging, { ...state, ended: { seq: envelope.seq, reason } })
    staging.addEvidence(WORKSPACE_DOCUMENT, nameOfLog(state), { seq: envelope.seq, reason }, [bytes])
    return
  }
  staging.addPlaced(placed)
  staging.addEnvelope(WORKSPACE_DOCUMENT, nameOfLog(state), envelope.seq, bytes)
  setLog(staging, advanced(state, item))
  tally.admitted++
}

/** A membership record with its place, or why the envelope holds none. */
export function placedRecordOf({ kind, hash, device: by, epoch, at, seen, body }: Envelope): PlacedRecord | string {
  if (kind !== 'member') return 'it stands in the wrong document'
  try {
    return { hash, by, epoch, at, seen, record: readMemberRecord(body) }
  } catch (error) {
    if (!isShoalError(error, 'FORMAT_INVALID')) throw error
    return error.message
  }
}

function setLog(staging: Staging, state: LogState): void {
  staging.setWorkspaceLogs({ ...staging.logs(WORKSPACE_DOCUMENT), [nameOfLog(state)]: state })
}

/** Ends a log; answers whether steps that counted were undone by that. */
async function endLog(storage: Storage, staging: Staging, state: LogState, { seq, reason, envelopes }: Ending): Promise<boolean> {
  if (state.ended !== undefined && state.ended.seq <= seq) return false
  setLog(staging, { ...state, ended: { seq, reason } })
  staging.addEvidence(WORKSPACE_DOCUMENT, nameOfLog(state), { seq, reason }, envelopes)
  if (seq > state.seq) return false
  const { members, logs } = foldKept(new Members(staging.genesis), await keptLogs(storage, staging, WORKSPACE_DOCUMENT), staging.logs(WORKSPACE_DOCUMENT))
  staging.replaceMembers(members)
  staging.setWorkspaceLogs(logs)
  return true
}

/** Members by the envelopes that are kept, and where their logs stand: as far as each log has not ended and what it has seen is here. */
export function foldKept(members: Members, kept: ReadonlyMap<string, readonly Kept[]>, before: Logs): { readonly members: Members, readonly logs: Logs } {
  const logs = new Map<string, LogState>(Object.entries(before).map(([name, state]) => [name, { ...state, seq: 0, hash: NO_HASH, stored: kept.get(name)?.length ?? 0 }]))
  for (const [name, [first]] of kept) {
    if (first !== undefined && !logs.has(name)) logs.set(name, { device: first.envelope.device, epoch: first.envelope.epoch, seq: 0, stored: kept.get(name)?.length ?? 0, hash: NO_HASH, changes: 0 })
  }
  for (let before = -1; before !== members.size;) {
    before = members.size
    for (const [name, steps] of kept) {
      for (let state = logs.get(name); state !== undefined; state = logs.get(name)) {
        const item = steps[state.seq]
        if (item === undefined || state.seq + 1 === state.ended?.seq || !item.envelope.seen.every(hash => members.has(hash))) break
        const placed = placedRecordOf(item.envelope)
        if (typeof placed === 'string' || members.refusalOf(placed) !== undefined) break
        members.add(placed)
        logs.set(name, advanced(state, item))
      }
    }
  }
  return { members, logs: Object.fromEntries(logs) }
}
