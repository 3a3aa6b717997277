import type { DatasetId, DeviceId, VersionId } from '../model/index.ts'
import { type Envelope, readEnvelope } from '../trust/index.ts'
import { fail } from '../errors/index.ts'
import { envelopesOf } from './keys.ts'
import type { Storage } from './storage.ts'
import type { HistoryItem, Json } from './views.ts'

/** Who did what with a dataset: read off the notes of its envelopes, newest last. @param headOf how far each log counts. @throws STORE_DAMAGED */
export async function historyOf(storage: Storage, dataset: DatasetId, headOf: (device: DeviceId) => number): Promise<readonly HistoryItem[]> {
  const items: HistoryItem[] = []
  for (const [key, bytes] of await storage.range(envelopesOf(dataset))) {
    const envelope = readEnvelope(bytes ?? fail('STORE_DAMAGED', `the catalog's record ${key} is damaged`, { key }))
    if (envelope.seq <= headOf(envelope.device)) items.push(...itemsOf(envelope))
  }
  return items.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0)
}

function itemsOf(envelope: Envelope): HistoryItem[] {
  const at = new Date(envelope.at).toISOString()
  return notesOf(envelope.note).map(note => ({ at, by: envelope.device, ...note }))
}

/** A note is what its author wrote: anything that is not of the form is left out. */
function notesOf(text: string): Omit<HistoryItem, 'at' | 'by'>[] {
  let notes: unknown
  try {
    notes = JSON.parse(text)
  } catch {
    return [] // Not from a Shoal that keeps the rules.
  }
  return (Array.isArray(notes) ? notes as unknown[] : []).flatMap(note => {
    if (typeof note !== 'object' || note === null || !('change' in note) || typeof note.change !== 'string') return []
    const version = 'version' in note && typeof note.version === 'string' ? { version: note.version as VersionId } : {}
    const detail = 'detail' in note && typeof note.detail === 'object' && note.detail !== null ? note.detail as { readonly [key: string]: Json } : {}
    return [{ change: note.change, ...version, detail }]
  })
}
