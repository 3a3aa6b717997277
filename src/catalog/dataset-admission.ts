import { isShoalError } from '../errors/index.ts'
import { type DatasetId, type DeviceId, hashKey, hashToHex } from '../model/index.ts'
import { type Envelope, type Membership, readReceipt } from '../trust/index.ts'
import { type Admitting, Tally, byLog } from './admitting.ts'
import type { AdmitResult, ForeignLog, ForeignStep, LogResult } from './document-engine.ts'
import type { Done } from './document-index.ts'
import { happeningsOf, publishHappening, versionsIn } from './happenings.ts'
import { type Ending, LogTail, advanced } from './log-tail.ts'
import { NO_DOCUMENT, NO_HASH, type Staging, withStaged } from './state.ts'
import { type DatasetRecord, type LogState, type PublishItem, actorOf, nameOfLog, publishItemOf, withPublished, withReceipt, withTime } from './record.ts'
import { type Kept, documentState, keptLogs, readStep } from './stored.ts'

/** A log with the steps that could continue it. */
interface Continued { readonly state: LogState, readonly steps: readonly Kept[], readonly ending?: Ending }

/** Takes envelopes of one dataset in; those that must wait are put with the others that wait. */
export async function admitToDataset(admitting: Admitting, staging: Staging, id: DatasetId, items: readonly Kept[], tally: Tally): Promise<void> {
  const waiting: Kept[] = []
  const continued: Continued[] = []
  for (const log of byLog(items).values()) continued.push(await placeLog(admitting, staging, id, log, waiting, tally))
  const record = endLogs(staging, id, continued)
  // A log that ends before where it stands takes back what counted: the dataset is made anew without it.
  const isUndone = continued.some(({ state, ending }) => ending !== undefined && ending.seq <= state.seq)
  const left = isUndone
    ? await rebuild(admitting, staging, id, record, continued.flatMap(({ steps }) => steps), tally)
    : await takeSteps(admitting, staging, id, record, continued.map(({ state, steps }) => ({ state: { ...state, ...endOf(record, state) }, steps })), tally)
  for (const item of [...waiting, ...left]) admitting.waiting.add(item)
}

const endOf = (record: DatasetRecord, state: LogState): Pick<LogState, 'ended'> => {
  const ended = record.logs[nameOfLog(state)]?.ended
  return ended === undefined ? {} : { ended }
}

async function placeLog(admitting: Admitting, staging: Staging, id: DatasetId, items: readonly Kept[], waiting: Kept[], tally: Tally): Promise<Continued> {
  const [first] = items as [Kept]
  const state = staging.log(id, first.envelope.device, first.envelope.epoch)
  const tail = new LogTail(state, seq => readStep(admitting.storage, staging, id, state, seq))
  for (const item of items) {
    const place = await tail.place(item)
    const verdict = place === 'next' ? judge(staging, item.envelope) : place
    if (verdict === 'known') tally.known++
    else if (verdict === 'waiting') waiting.push(item)
    else if (verdict === 'next') tail.continue(item)
    else {
      tally.refuse(item, 'ends' in verdict ? verdict.ends.reason : 'bad' in verdict ? verdict.bad : verdict.refused)
      if ('ends' in verdict) tail.end(verdict.ends)
      if ('bad' in verdict) tail.end({ seq: item.envelope.seq, reason: verdict.bad, envelopes: [item.bytes] })
    }
  }
  return { state, steps: tail.continuing, ...tail.ending === undefined ? {} : { ending: tail.ending } }
}

/** What is to be said of the next step of a log, before its body is looked at with what it follows. `bad` ends the log. */
function judge(staging: Staging, envelope: Envelope): 'next' | 'waiting' | { readonly refused: string } | { readonly bad: string } {
  const members = staging.members()
  if (!envelope.seen.every(hash => members.has(hash))) return 'waiting'
  // Nothing is kept of strangers: anybody can make up any number of them.
  if (!members.wasMember(envelope.device, envelope.seen)) return { refused: 'its author is no member' }
  const refusal = members.refusal(envelope) ?? bodyProblem(envelope)
  if (refusal !== undefined) return { bad: refusal }
  return members.isCut(envelope) ? { refused: 'its author had lost the right to it, and did not know' } : 'next'
}

function bodyProblem(envelope: Envelope): string | undefined {
  try {
    if (envelope.kind === 'member') return 'it stands in the wrong document'
    if (envelope.kind === 'receipt') readReceipt(envelope.body)
    if (envelope.kind === 'publish' && publishItemOf(envelope).dataset !== envelope.document) return 'it publishes a version of another dataset'
    return undefined
  } catch (error) {
    if (!isShoalError(error, 'FORMAT_INVALID')) throw error
    return error.message
  }
}

/** Notes which logs have ended, with the evidence. */
function endLogs(staging: Staging, id: DatasetId, continued: readonly Continued[]): DatasetRecord {
  const record = staging.recordOrEmpty(id)
  const ended = continued.filter(({ ending }) => ending !== undefined)
  if (ended.length === 0) return record
  const logs: Record<string, LogState> = { ...record.logs }
  for (const { state, ending } of ended) {
    if (ending === undefined) continue
    const { seq, reason, envelopes } = ending
    logs[nameOfLog(state)] = { ...state, ended: { seq, reason } }
    staging.addEvidence(id, nameOfLog(state), { seq, reason }, envelopes)
  }
  const after = { ...record, logs }
  staging.setRecord(id, after)
  return after
}

/** A log with the steps behind where it stands. */
interface Steps { readonly state: LogState, readonly steps: readonly Kept[] }

/** Takes steps into the document as far as what they follow is here; answers the others. */
async function takeSteps(admitting: Admitting, staging: Staging, id: DatasetId, record: DatasetRecord, logs: readonly Steps[], tally: Tally): Promise<readonly Kept[]> {
  const moving = logs.filter(({ steps }) => steps.length > 0)
  if (moving.length === 0) return []
  const result = await admitting.documents.admit(
    { document: id, heads: record.heads, published: record.published, logs: moving.map(({ state, steps }) => foreignLog(staging.workspace, state, steps)) },
    options => withStaged(staging, id, () => documentState(admitting.storage, id, staging.recordOrEmpty(id).logs, options))
  )
  staging.addChanges(id, changesTaken(moving, result))
  return settle(staging, id, record, moving, result, tally)
}

function foreignLog(workspace: string, state: LogState, steps: readonly Kept[]): ForeignLog {
  return { log: nameOfLog(state), actor: actorOf(workspace, state.device, state.epoch), changes: state.changes, steps: steps.map(({ envelope }) => foreignStep(envelope)) }
}

function foreignStep(envelope: Envelope): ForeignStep {
  if (envelope.kind === 'change') return { kind: 'change', bytes: envelope.body }
  if (envelope.kind === 'receipt') return { kind: 'receipt', record: hashToHex(readReceipt(envelope.body).record) }
  const { record, version, number, heads, after } = publishItemOf(envelope)
  return { kind: 'publish', record, facts: { version, number, heads, after } }
}

const changesTaken = (logs: readonly Steps[], result: AdmitResult): Uint8Array[] =>
  logs.flatMap(({ steps }, i) => steps.slice(0, result.logs[i]?.taken).filter(({ envelope }) => envelope.kind === 'change').map(({ envelope }) => envelope.body))

/** Writes down what the worker said; answers the steps that still wait. */
function settle(staging: Staging, id: DatasetId, before: DatasetRecord, logs: readonly Steps[], result: AdmitResult, tally: Tally): readonly Kept[] {
  let record: DatasetRecord = { ...before, document: result.view, heads: result.heads }
  const left: Kept[] = []
  logs.forEach(({ state, steps }, i) => {
    const log = result.logs[i]
    if (log === undefined) return
    let now = state
    steps.slice(0, log.taken).forEach((item, step) => {
      if (item.envelope.seq > now.stored) tally.admitted++
      record = withStep(staging, id, record, item, log.done[step])
      now = advanced(now, item)
    })
    left.push(...steps.slice(log.taken + (log.refused === undefined ? 0 : 1)))
    if (log.refused !== undefined) now = endAt(staging, id, now, steps[log.taken], log, tally)
    record = { ...record, logs: { ...record.logs, [nameOfLog(now)]: now } }
  })
  staging.setRecord(id, record)
  return left
}

/** A step that counts: kept, with what it did. */
function withStep(staging: Staging, id: DatasetId, record: DatasetRecord, { envelope, bytes }: Kept, done: Done | undefined): DatasetRecord {
  const log = nameOfLog(envelope)
  const item: PublishItem | undefined = envelope.kind === 'publish' ? publishItemOf(envelope) : undefined
  staging.addEnvelope(id, log, envelope.seq, bytes)
  staging.addTold(id, log, envelope.seq, { at: envelope.at, order: done?.order ?? 0, items: item === undefined ? happeningsOf(done?.edits ?? []) : [publishHappening(item)] })
  const isSilent = envelope.kind === 'receipt'
  const updated = isSilent ? record.updated : withTime(record.updated, envelope.at, item === undefined ? versionsIn(done?.edits ?? []) : [item.version])
  const next = { ...record, updated, sinceSnapshot: record.sinceSnapshot + 1 }
  if (envelope.kind === 'receipt') return withReceipt(next, hashToHex(readReceipt(envelope.body).record), envelope.device)
  return item === undefined ? next : withPublished(next, item)
}

function endAt(staging: Staging, id: DatasetId, state: LogState, item: Kept | undefined, { refused }: LogResult, tally: Tally): LogState {
  if (item === undefined || refused === undefined) return state
  const ended = { seq: item.envelope.seq, reason: refused }
  tally.refuse(item, refused)
  staging.addEvidence(id, nameOfLog(state), ended, [item.bytes])
  return { ...state, ended }
}

/** Makes a dataset anew from all steps that are kept and may count now, and `more` that came. */
export async function rebuild(admitting: Admitting, staging: Staging, id: DatasetId, record: DatasetRecord, more: readonly Kept[], tally: Tally): Promise<readonly Kept[]> {
  const kept = await keptLogs(admitting.storage, staging, id)
  const logs: Steps[] = []
  const names = new Set([...Object.keys(record.logs), ...kept.keys()])
  const moreByLog = byLog(more)
  for (const name of names) {
    const own = [...kept.get(name) ?? [], ...(moreByLog.get(name) ?? []).filter(item => item.envelope.seq > (kept.get(name)?.length ?? 0))]
    const [first] = own
    const before = record.logs[name]
    const base = before ?? (first === undefined ? undefined : { device: first.envelope.device, epoch: first.envelope.epoch })
    if (base === undefined) continue
    const state = { ...base, seq: 0, hash: NO_HASH, changes: 0, stored: kept.get(name)?.length ?? 0 }
    logs.push({ state, steps: standing(staging, own, state) })
  }
  const fresh = [...moreByLog].filter(([name]) => !names.has(name)).map(([, steps]): Steps => ({ state: staging.log(id, (steps[0] as Kept).envelope.device, (steps[0] as Kept).envelope.epoch), steps }))
  const all = [...logs, ...fresh]
  staging.replaceChanges(id, [])
  const empty: DatasetRecord = { ...record, document: NO_DOCUMENT, heads: [], published: [], receipts: {}, updated: { dataset: 0, versions: {} }, sinceSnapshot: 0, logs: Object.fromEntries(all.map(({ state }) => [nameOfLog(state), state])) }
  staging.setRecord(id, empty)
  const left = await takeSteps(admitting, staging, id, empty, all, tally)
  return left.filter(item => more.includes(item))
}

/** The steps of a log up to the first that does not count by what is known now. */
function standing(staging: Staging, steps: readonly Kept[], state: LogState): readonly Kept[] {
  const end = steps.findIndex(({ envelope }) => envelope.seq === state.ended?.seq || judge(staging, envelope) !== 'next')
  return end < 0 ? steps : steps.slice(0, end)
}

/** After members changed: datasets in which steps lost or won their right to count are made anew. */
export async function recheckDatasets(admitting: Admitting, staging: Staging, before: Membership, options: { readonly all: boolean }): Promise<void> {
  const now = staging.membership()
  const devices = new Set([...before.cuts.keys(), ...now.cuts.keys()].filter(device => options.all || cutsOf(before, device) !== cutsOf(now, device)))
  if (devices.size === 0 && !options.all) return
  for (const id of staging.documents()) {
    const record = staging.recordOrEmpty(id)
    const isConcerned = options.all || Object.values(record.logs).some(log => devices.has(log.device))
    if (isConcerned && await standsOtherwise(admitting, staging, id, record)) await rebuild(admitting, staging, id, record, [], new Tally())
  }
}

const cutsOf = (membership: Membership, device: DeviceId): string => (membership.cuts.get(device) ?? []).map(record => hashKey(record.hash)).join('')

/** Whether any log would stand elsewhere than it does, by what is known now. */
async function standsOtherwise(admitting: Admitting, staging: Staging, id: DatasetId, record: DatasetRecord): Promise<boolean> {
  const kept = await keptLogs(admitting.storage, staging, id)
  return Object.entries(record.logs).some(([name, state]) => {
    const end = standing(staging, kept.get(name) ?? [], state).length
    return end < state.seq || (end > state.seq && state.stored > state.seq)
  })
}
