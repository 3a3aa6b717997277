import { decode, encode } from 'cborg'
import { fail } from '../errors/index.ts'
import type { DatasetId } from '../model/index.ts'
import { type Envelope, readEnvelope } from '../trust/index.ts'
import type { DocumentState } from './document.ts'
import { envelopeKey, envelopesOf, envelopesOfLog, placeOf, snapshotKey } from './keys.ts'
import { type LogState, nameOfLog } from './record.ts'
import type { Logs, Staging } from './state.ts'
import { damaged, type Storage } from './storage.ts'

/** An envelope with the bytes it came in. */
export interface Kept { readonly envelope: Envelope, readonly bytes: Uint8Array }

/** All envelopes of a document that are kept here, by log, from the first on; what is staged included. @throws STORE_DAMAGED */
export async function keptLogs(storage: Storage, staging: Staging | undefined, document: string): Promise<ReadonlyMap<string, readonly Kept[]>> {
  const rows = new Map(await storage.range(envelopesOf(document)))
  for (const [key, bytes] of staging?.stagedBelow(envelopesOf(document)) ?? []) rows.set(key, bytes)
  const logs = new Map<string, Kept[]>()
  for (const key of [...rows.keys()].sort()) {
    const bytes = rows.get(key) ?? damaged(key)
    const { log, seq } = placeOf(key)
    const kept = logs.get(log) ?? []
    if (seq !== kept.length + 1) fail('STORE_DAMAGED', `the catalog has lost what comes before ${key}`, { key })
    kept.push({ envelope: readEnvelope(bytes), bytes })
    logs.set(log, kept)
  }
  return logs
}

/** The envelope that is kept at a place; undefined where it can not be read. */
export async function readStep(storage: Storage, staging: Staging, document: string, state: LogState, seq: number): Promise<Kept | undefined> {
  const key = envelopeKey(document, nameOfLog(state), seq)
  const bytes = staging.staged(key) ?? await storage.getWhole(key)
  return bytes === undefined ? undefined : { envelope: readEnvelope(bytes), bytes }
}

/** Steps of each log that are in a snapshot, and the document saved. */
type Through = readonly (readonly [log: string, seq: number])[]

export const encodeSnapshot = (logs: Logs, bytes: Uint8Array): Uint8Array => encode([Object.entries(logs).map(([log, state]) => [log, state.seq]), bytes])

/** What a document is made from. A damaged snapshot is left out: the envelopes hold everything. @throws STORE_DAMAGED */
export async function documentState(storage: Storage, id: DatasetId, logs: Logs, options: { readonly snapshot: boolean }): Promise<DocumentState> {
  const snapshot = options.snapshot ? await readSnapshot(storage, id) : undefined
  const through = new Map(snapshot?.through)
  const changes: Uint8Array[] = []
  for (const [log, state] of Object.entries(logs)) {
    for (const [key, bytes] of await storage.range(envelopesOfLog(id, log), envelopeKey(id, log, (through.get(log) ?? 0) + 1))) {
      if (placeOf(key).seq > state.seq) break
      const envelope = readEnvelope(bytes ?? damaged(key))
      if (envelope.kind === 'change') changes.push(envelope.body)
    }
  }
  return { ...snapshot === undefined ? {} : { snapshot: snapshot.bytes }, changes }
}

async function readSnapshot(storage: Storage, id: DatasetId): Promise<{ readonly through: Through, readonly bytes: Uint8Array } | undefined> {
  const row = await storage.getWhole(snapshotKey(id))
  if (row === undefined) return undefined
  const [through, bytes] = decode(row) as [Through, Uint8Array]
  return { through, bytes }
}
