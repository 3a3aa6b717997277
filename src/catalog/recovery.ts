import { fail } from '../errors/index.ts'
import type { DatasetId } from '../model/index.ts'
import type { Log } from '../runtime/index.ts'
import { Members, readEnvelope } from '../trust/index.ts'
import { type Admitting, Tally } from './admitting.ts'
import { rebuild } from './dataset-admission.ts'
import type { Documents } from './documents.ts'
import { decodeEvidence } from './evidence.ts'
import { ENVELOPES, EVIDENCE, RECORDS, SPARE, SUM_KEY, WORKSPACE_DOCUMENT, envelopeKey, envelopesOf, placeOf } from './keys.ts'
import { foldKept } from './member-admission.ts'
import { type LogState, type DatasetRecord, decodeRecord, emptyRecord, nameOfLog } from './record.ts'
import { type Logs, NO_DOCUMENT, NO_HASH, type State, Staging } from './state.ts'
import type { Kept } from './stored.ts'
import { type Storage, type Write, damaged } from './storage.ts'
import { Waiting } from './waiting.ts'

interface Reading { readonly storage: Storage, readonly documents: Documents, readonly log: Log }

/** Reads what is on the disk into `state`; what is damaged and follows from envelopes is made anew from them. @throws STORE_DAMAGED */
export async function readAll(reading: Reading, state: State): Promise<void> {
  await readMembers(reading, state)
  const { broken, isWhole } = await readRecords(reading, state)
  if (isWhole) return
  const admitting: Admitting = { ...reading, waiting: new Waiting() }
  const staging = new Staging(state)
  for (const id of broken) {
    await rebuild(admitting, staging, id, { ...emptyRecord(NO_DOCUMENT), logs: await endedLogs(reading, id) }, [], new Tally())
    reading.log.warn('a damaged record of the catalog was made anew from its envelopes', { dataset: id })
  }
  await staging.commit(reading.storage)
  await reading.storage.write([{ key: SUM_KEY, value: state.sum.value }])
}

/** Membership records are few and nothing could rebuild them: each is kept twice. */
async function readMembers({ storage, log }: Reading, state: State): Promise<void> {
  const rows = await withSpare(storage, envelopesOf(WORKSPACE_DOCUMENT), log)
  const kept = new Map<string, Kept[]>()
  for (const [key, bytes] of rows) {
    const { log, seq } = placeOf(key)
    const steps = kept.get(log) ?? []
    if (seq !== steps.length + 1) fail('STORE_DAMAGED', `the catalog has lost a membership record: ${key} follows nothing`, { key })
    steps.push({ envelope: readEnvelope(bytes), bytes })
    kept.set(log, steps)
  }
  const evidence = await withSpare(storage, `${EVIDENCE}${WORKSPACE_DOCUMENT}/`, log)
  const ended = Object.fromEntries(evidence.map(([key, bytes]) => endedLog(key, bytes)))
  const { members, logs } = foldKept(new Members(state.genesis), kept, ended)
  state.members = members
  state.workspaceLogs = logs
}

/** Values that are kept twice, by key; where one of the two is damaged, the other takes its place. @throws STORE_DAMAGED */
async function withSpare(storage: Storage, prefix: string, log: Log): Promise<[string, Uint8Array][]> {
  const first = new Map(await storage.range(prefix))
  const second = new Map((await storage.range(SPARE + prefix)).map(([key, value]) => [key.slice(SPARE.length), value]))
  const repairs: Write[] = []
  const rows = [...new Set([...first.keys(), ...second.keys()])].sort().map((key): [string, Uint8Array] => {
    const value = first.get(key) ?? second.get(key) ?? damaged(key)
    if (first.get(key) === undefined) repairs.push({ key, value })
    if (second.get(key) === undefined) repairs.push({ key: SPARE + key, value })
    return [key, value]
  })
  if (repairs.length > 0) log.warn('damaged records of the catalog were replaced by their copies', { records: repairs.length })
  await storage.write(repairs)
  return rows
}

/** A log of which only its end is known yet. */
function endedLog(key: string, bytes: Uint8Array): [string, LogState] {
  const { log } = placeOf(key)
  const { seq, reason, envelopes } = decodeEvidence(bytes)
  const { device, epoch } = readEnvelope(envelopes[0] ?? damaged(key))
  return [log, { device, epoch, seq: 0, stored: 0, hash: NO_HASH, changes: 0, ended: { seq, reason } }]
}

/** Reads the records of datasets; answers which are damaged, of another format, behind their envelopes, or missing though there are some. */
async function readRecords(reading: Reading, state: State): Promise<{ readonly broken: readonly DatasetId[], readonly isWhole: boolean }> {
  const { storage } = reading
  const broken: DatasetId[] = []
  for (const [key, bytes] of await storage.range(RECORDS)) {
    const id = key.slice(RECORDS.length) as DatasetId
    const record: DatasetRecord | undefined = bytes === undefined ? undefined : decodeRecord(bytes)
    if (record === undefined) broken.push(id)
    else state.setRecord(id, record, bytes as Uint8Array)
  }
  const sum = await storage.getWhole(SUM_KEY)
  if (broken.length === 0 && sum !== undefined && Buffer.compare(sum, state.sum.value) === 0) return { broken, isWhole: true }
  const documents = (await storage.namesBelow(ENVELOPES)).filter(document => document !== WORKSPACE_DOCUMENT) as DatasetId[]
  const behind: DatasetId[] = []
  for (const id of documents) if (await isBehind(reading, id, state.records.get(id))) behind.push(id)
  return { broken: [...new Set([...broken, ...behind])], isWhole: false }
}

/** Whether there are envelopes of a dataset, or ends of its logs, that its record does not know. */
async function isBehind(reading: Reading, id: DatasetId, record: DatasetRecord | undefined): Promise<boolean> {
  if (record === undefined) return true
  const ended = Object.keys(await endedLogs(reading, id))
  if (ended.some(log => record.logs[log]?.ended === undefined)) return true
  for (const log of await reading.storage.namesBelow(envelopesOf(id))) {
    const state = record.logs[log]
    if (state === undefined || await reading.storage.getWhole(envelopeKey(id, nameOfLog(state), state.stored + 1)) !== undefined) return true
  }
  return false
}

async function endedLogs({ storage }: Reading, id: DatasetId): Promise<Logs> {
  const rows = await storage.range(`${EVIDENCE}${id}/`)
  return Object.fromEntries(rows.map(([key, bytes]) => endedLog(key, bytes ?? damaged(key))))
}
