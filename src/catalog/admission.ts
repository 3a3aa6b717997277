import { isShoalError } from '../errors/index.ts'
import { type DatasetId, type DeviceId, hashKey, sameHash } from '../model/index.ts'
import { type Envelope, countsAfterRemoval, readEnvelope, readMemberRecord, verifyEnvelope } from '../trust/index.ts'
import type { AdmitResult } from './catalog.ts'
import type { Documents } from './documents.ts'
import { WORKSPACE_DOCUMENT, envelopeKey } from './keys.ts'
import { actorOf, emptyRecord, publishItemOf, withPublished } from './records.ts'
import type { Staging, State } from './state.ts'
import type { Storage } from './storage.ts'

/**
 * Takes foreign envelopes in. Each is judged by itself and by what it follows, never by a clock or the order things came in:
 * form and size → workspace → signature → place in its log → membership and role in what its author had seen → body. One that is bad
 * though its author signed it freezes that log where it stood, with the evidence kept; one whose past is missing waits.
 */
export interface Admitting {
  readonly workspace: string
  readonly state: State
  readonly storage: Storage
  readonly documents: Documents
  readonly waiting: Waiting
}

/** Envelopes whose past is not here: bounded, and not kept over a restart, for whoever sent them has them still. */
const MAX_WAITING = 20_000
const MAX_WAITING_BYTES = 64 * 1024 * 1024

export class Waiting {
  readonly #items = new Map<string, Envelope & { readonly bytes: Uint8Array }>()
  #bytes = 0

  add(envelope: Envelope, bytes: Uint8Array): void {
    const key = hashKey(envelope.hash)
    if (this.#items.has(key) || this.#items.size >= MAX_WAITING || this.#bytes + bytes.length > MAX_WAITING_BYTES) return
    this.#items.set(key, { ...envelope, bytes })
    this.#bytes += bytes.length
  }

  /** All that wait; what can't go on yet is added again. */
  take(): { readonly envelope: Envelope, readonly bytes: Uint8Array }[] {
    const items = [...this.#items.values()].map(({ bytes, ...envelope }) => ({ envelope, bytes }))
    this.#items.clear()
    this.#bytes = 0
    return items
  }

  /** Puts back what was taken, after it came to nothing. */
  restore(items: readonly Item[]): void {
    for (const { envelope, bytes } of items) this.add(envelope, bytes)
  }

  get size(): number { return this.#items.size }
}

interface Item { readonly envelope: Envelope, readonly bytes: Uint8Array }
type Refused = AdmitResult['refused'][number]

interface Tally { admitted: number, known: number, readonly refused: Refused[] }

export async function admitEnvelopes(admitting: Admitting, staging: Staging, all: readonly Uint8Array[]): Promise<AdmitResult> {
  const tally: Tally = { admitted: 0, known: 0, refused: [] }
  const waited = admitting.waiting.take()
  let items = [...read(admitting, all, tally), ...waited]
  try {
    // Each round may bring what others wait for; a round that brings nothing is the last.
    for (let before = -1; before !== tally.admitted && items.length > 0;) {
      before = tally.admitted
      items = await admitRound(admitting, staging, items, tally)
    }
  } catch (error) {
    admitting.waiting.restore(waited)
    throw error
  }
  for (const { envelope, bytes } of items) admitting.waiting.add(envelope, bytes)
  return tally
}

/** Form, workspace and signature. Nothing of this touches a log: a stranger could have made it up. */
function read(admitting: Admitting, all: readonly Uint8Array[], tally: Tally): Item[] {
  const items: Item[] = []
  for (const bytes of all) {
    try {
      const envelope = readEnvelope(bytes)
      const reason = envelope.workspace !== admitting.workspace ? 'it is of another workspace' : verifyEnvelope(envelope) ? undefined : 'its signature is not valid'
      if (reason === undefined) items.push({ envelope, bytes })
      else tally.refused.push(refusal(envelope, reason))
    } catch (error) {
      if (!isShoalError(error)) throw error
      tally.refused.push({ document: '', device: '' as DeviceId, seq: 0, reason: error.message })
    }
  }
  return items
}

const refusal = ({ document, device, seq }: Envelope, reason: string): Refused => ({ document, device, seq, reason })

/** One pass over all documents, members first; answers what still waits. */
async function admitRound(admitting: Admitting, staging: Staging, items: readonly Item[], tally: Tally): Promise<Item[]> {
  const waiting: Item[] = []
  const byDocument = new Map<string, Item[]>()
  for (const item of items) byDocument.set(item.envelope.document, [])
  for (const item of items) byDocument.get(item.envelope.document)?.push(item)
  const documents = [...byDocument.keys()].sort((a, b) => a === WORKSPACE_DOCUMENT ? -1 : b === WORKSPACE_DOCUMENT ? 1 : a < b ? -1 : 1)
  for (const document of documents) {
    const own = (byDocument.get(document) ?? []).sort((a, b) => a.envelope.device < b.envelope.device ? -1 : a.envelope.device > b.envelope.device ? 1 : a.envelope.seq - b.envelope.seq)
    const next: Item[] = []
    for (const item of own) {
      const verdict = await placeInLog(admitting, staging, item, next)
      if (verdict === 'next') next.push(item)
      else if (verdict === 'known') tally.known++
      else if (verdict === 'waiting') waiting.push(item)
      else refuse(staging, item, verdict, tally)
    }
    waiting.push(...await takeBodies(admitting, staging, document, next, tally))
  }
  return waiting
}

interface Bad { readonly reason: string, readonly freezes: boolean }

/** Where an envelope stands in its log, and whether its author may say it. `ahead`: those of this round before it. */
async function placeInLog(admitting: Admitting, staging: Staging, { envelope }: Item, ahead: readonly Item[]): Promise<'next' | 'known' | 'waiting' | Bad> {
  const { document, device, seq } = envelope
  const head = staging.head(document, device)
  const last = ahead.findLast(item => item.envelope.device === device)?.envelope
  const at = last?.seq ?? head?.seq ?? 0
  if (seq <= at) {
    const there = seq === last?.seq ? last.hash : await hashAt(admitting.storage, ahead, envelope)
    if (there === undefined || sameHash(there, envelope.hash)) return 'known'
    return { reason: 'its author signed two different steps with one number', freezes: head?.frozen === undefined }
  }
  if (head?.frozen !== undefined) return { reason: `its log is frozen: ${head.frozen}`, freezes: false }
  if (seq > at + 1) return 'waiting'
  if (envelope.epoch !== 0) return { reason: 'it is of an epoch that was not begun', freezes: false }
  const placed = staging.placed()
  if (envelope.seen.some(hash => !placed.has(hashKey(hash)))) return 'waiting'
  const previous = last?.hash ?? head?.hash ?? new Uint8Array(32)
  return mayAuthor(staging, envelope) ?? (sameHash(previous, envelope.previous) ? 'next' : { reason: 'it does not follow the step before it', freezes: true })
}

async function hashAt(storage: Storage, ahead: readonly Item[], envelope: Envelope): Promise<Uint8Array | undefined> {
  const own = ahead.find(item => item.envelope.device === envelope.device && item.envelope.seq === envelope.seq)
  if (own !== undefined) return own.envelope.hash
  const bytes = await storage.get(envelopeKey(envelope.document, envelope.device, envelope.seq))
  return bytes === undefined ? undefined : readEnvelope(bytes).hash
}

function mayAuthor(staging: Staging, envelope: Envelope): Bad | undefined {
  const then = staging.membershipAt(envelope.seen).members.get(envelope.device)
  // No log is begun for a stranger: anybody can make up any number of them.
  if (then === undefined || then.removed) return { reason: 'its author was no member in what it had seen', freezes: false }
  if (envelope.kind === 'member' ? then.role !== 'admin' : envelope.kind !== 'receipt' && then.role === 'reader') return { reason: `its author is ${then.role === 'reader' ? 'a reader' : 'no admin'}`, freezes: true }
  if ((envelope.kind === 'member') !== (envelope.document === WORKSPACE_DOCUMENT)) return { reason: 'it stands in the wrong document', freezes: true }
  // Membership records are taken even then: others may have seen them. The fold leaves out what does not count.
  if (envelope.kind === 'member') return undefined
  const now = staging.membership().members.get(envelope.device)
  if (now !== undefined && !countsAfterRemoval(now, envelope.document, envelope.seq)) return { reason: 'its author was removed before it', freezes: false }
  return undefined
}

function refuse(staging: Staging, { envelope, bytes }: Item, bad: Bad, tally: Tally): void {
  if (bad.freezes) staging.freeze(envelope.document, envelope.device, { seq: envelope.seq, bytes }, bad.reason)
  tally.refused.push(refusal(envelope, bad.reason))
}

/** Takes bodies in, in the order of their logs; answers those that wait for other logs. */
async function takeBodies(admitting: Admitting, staging: Staging, document: string, items: readonly Item[], tally: Tally): Promise<Item[]> {
  if (items.length === 0) return []
  if (document === WORKSPACE_DOCUMENT) return takeMembers(staging, items, tally)
  const id = document as DatasetId
  const bad = new Map(items.map(item => [item, badStatement(item)]))
  const firstBad = new Map<DeviceId, number>()
  for (const [{ envelope }, reason] of bad) if (reason !== undefined && !firstBad.has(envelope.device)) firstBad.set(envelope.device, envelope.seq)
  // What stands behind a bad step must not get into the document.
  const changes = items.filter(item => item.envelope.seq < (firstBad.get(item.envelope.device) ?? Infinity)).filter(item => item.envelope.kind === 'change')
  const result = changes.length === 0 ? undefined : await admitting.documents.admit({
    document: id,
    changes: changes.map(({ envelope }) => ({ bytes: envelope.body, actor: actorOf(admitting.workspace, envelope.device, envelope.epoch) }))
  })
  const verdicts = new Map(changes.map((item, i) => [item, result?.verdicts[i] ?? 'waiting']))
  const waiting: Item[] = []
  /** Logs in which a step was not taken: what follows it can't be either. */
  const stopped = new Set<DeviceId>()
  let record = staging.record(id) ?? emptyRecord(id)
  if (result !== undefined) record = { ...record, document: result.view, heads: result.heads }
  for (const item of items) {
    const { device } = item.envelope
    const verdict = stopped.has(device) ? 'waiting' : takeOne(item, bad.get(item), verdicts.get(item))
    if (verdict === 'taken') {
      if (item.envelope.kind === 'publish') record = withPublished(record, publishItemOf(item.envelope))
      record = { ...record, sinceSnapshot: record.sinceSnapshot + 1 }
      advance(staging, item, tally)
      continue
    }
    stopped.add(device)
    if (verdict === 'waiting') waiting.push(item)
    else refuse(staging, item, { reason: verdict.refused, freezes: true }, tally)
  }
  if (record.sinceSnapshot !== (staging.record(id)?.sinceSnapshot ?? 0)) staging.addRecord(id, record)
  return waiting
}

type Taken = 'taken' | 'waiting' | { readonly refused: string }

const takeOne = ({ envelope }: Item, bad: string | undefined, verdict: Taken | undefined): Taken =>
  bad !== undefined ? { refused: bad } : envelope.kind === 'change' ? verdict ?? 'waiting' : 'taken'

/** What is wrong with a publish record by itself. */
function badStatement({ envelope }: Item): string | undefined {
  if (envelope.kind !== 'publish') return undefined
  try {
    publishItemOf(envelope)
    return undefined
  } catch (error) {
    if (!isShoalError(error)) throw error
    return error.message
  }
}

function takeMembers(staging: Staging, items: readonly Item[], tally: Tally): Item[] {
  const waiting: Item[] = []
  const stopped = new Set<DeviceId>()
  for (const item of items) {
    if (stopped.has(item.envelope.device)) {
      waiting.push(item)
      continue
    }
    const { envelope } = item
    try {
      const record = readMemberRecord(envelope.body)
      staging.addPlaced({ hash: envelope.hash, by: envelope.device, at: envelope.at, seen: envelope.seen, record })
      advance(staging, item, tally)
    } catch (error) {
      if (!isShoalError(error)) throw error
      refuse(staging, item, { reason: error.message, freezes: true }, tally)
      stopped.add(item.envelope.device)
    }
  }
  return waiting
}

function advance(staging: Staging, { envelope, bytes }: Item, tally: Tally): void {
  const { document, device, seq, hash } = envelope
  staging.addEnvelope({ document, device, seq, hash }, bytes, envelope.kind === 'change' ? envelope.body : undefined)
  tally.admitted++
}
