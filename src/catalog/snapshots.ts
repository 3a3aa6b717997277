import { decode, encode } from 'cborg'
import type { DatasetId, DeviceId } from '../model/index.ts'
import { readEnvelope } from '../trust/index.ts'
import type { DocumentState } from './document-engine.ts'
import { envelopesOf, snapshotKey } from './keys.ts'
import type { Storage } from './storage.ts'
import { fail } from '../errors/index.ts'

/** A document as Automerge saves it, with how much of each device's log is in it. */
export interface Snapshot { readonly through: Readonly<Record<DeviceId, number>>, readonly bytes: Uint8Array }

export const encodeSnapshot = (snapshot: Snapshot): Uint8Array => encode([snapshot.through, snapshot.bytes])

/**
 * What the document worker makes a document from. A damaged snapshot is left out: the envelopes hold everything.
 * @param headOf how far each log counts; rows behind it are of a write that was reported as failed
 * @param staged changes on their way to the disk
 */
export async function documentState(storage: Storage, id: DatasetId, headOf: (device: DeviceId) => number, staged: readonly Uint8Array[]): Promise<DocumentState> {
  const [row] = await storage.range(snapshotKey(id))
  const snapshot = row?.[1] === undefined ? undefined : decodeSnapshot(row[1])
  const changes: { readonly seq: number, readonly at: number, readonly body: Uint8Array }[] = []
  for (const [key, bytes] of await storage.range(envelopesOf(id))) {
    const envelope = readEnvelope(bytes ?? fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key }))
    if (envelope.kind === 'change' && envelope.seq <= headOf(envelope.device) && envelope.seq > (snapshot?.through[envelope.device] ?? 0)) changes.push(envelope)
  }
  return { ...snapshot === undefined ? {} : { snapshot: snapshot.bytes }, changes: [...changes.map(change => change.body), ...staged] }
}

function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const [through, saved] = decode(bytes) as [Snapshot['through'], Uint8Array]
  return { through, bytes: saved }
}
