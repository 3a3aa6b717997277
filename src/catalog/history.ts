import type { DatasetId } from '../model/index.ts'
import { readEnvelope } from '../trust/index.ts'
import type { Documents } from './documents.ts'
import { type Happening, happeningsOf as happeningsOfEdits, publishHappening } from './happenings.ts'
import { envelopeKey, happeningKey, happeningsOf } from './keys.ts'
import { type DatasetRecord, publishItemOf } from './record.ts'
import { type Storage, type Write, damaged } from './storage.ts'
import type { HistoryItem } from './views.ts'

/** What one step did. */
export interface Told {
  /** When its author says it was; milliseconds since 1970. */
  readonly at: number
  /** Higher than that of every change it follows; 0 for a step that is no change. */
  readonly order: number
  readonly items: readonly Happening[]
}

export const encodeTold = ({ at, order, items }: Told): Uint8Array => Buffer.from(JSON.stringify([at, order, items]))

function decodeTold(bytes: Uint8Array): Told {
  const [at, order, items] = JSON.parse(Buffer.from(bytes).toString('utf8')) as [number, number, Happening[]]
  return { at, order, items }
}

/**
 * Who did what with a dataset, newest last: by the times people's clocks gave, but each device's steps in their own order, and of one
 * moment by what follows what. What is damaged or lost of it is told anew by the envelopes.
 * @throws STORE_DAMAGED
 */
export async function historyOf(storage: Storage, documents: Documents, dataset: DatasetId, record: DatasetRecord): Promise<readonly HistoryItem[]> {
  const told = new Map((await storage.range(happeningsOf(dataset))).flatMap(([key, bytes]): [string, Told][] => bytes === undefined ? [] : [[key, decodeTold(bytes)]]))
  await tellAgain(storage, documents, dataset, record, told)
  const steps: { readonly at: number, readonly order: number, readonly items: readonly HistoryItem[] }[] = []
  for (const [log, state] of Object.entries(record.logs).sort(([a], [b]) => a < b ? -1 : 1)) {
    let [latest, last] = [0, 0]
    for (let seq = 1; seq <= state.seq; seq++) {
      const { at, order, items } = told.get(happeningKey(dataset, log, seq)) ?? damaged(happeningKey(dataset, log, seq))
      latest = Math.max(at, latest)
      last = Math.max(order, last)
      steps.push({ at: latest, order: last, items: items.map(item => ({ at: new Date(at).toISOString(), by: state.device, ...item })) })
    }
  }
  return steps.sort((a, b) => a.at - b.at || a.order - b.order).flatMap(({ items }) => items)
}

/** Fills in what is missing in `told`, and on the disk. */
async function tellAgain(storage: Storage, documents: Documents, dataset: DatasetId, record: DatasetRecord, told: Map<string, Told>): Promise<void> {
  const writes: Write[] = []
  for (const [log, state] of Object.entries(record.logs)) {
    for (let seq = 1; seq <= state.seq; seq++) {
      const key = happeningKey(dataset, log, seq)
      if (told.has(key)) continue
      const again = await toldBy(documents, await storage.get(envelopeKey(dataset, log, seq)) ?? damaged(envelopeKey(dataset, log, seq)))
      told.set(key, again)
      writes.push({ key, value: encodeTold(again) })
    }
  }
  await storage.write(writes)
}

async function toldBy(documents: Documents, bytes: Uint8Array): Promise<Told> {
  const envelope = readEnvelope(bytes)
  if (envelope.kind !== 'change') return { at: envelope.at, order: 0, items: envelope.kind === 'publish' ? [publishHappening(publishItemOf(envelope))] : [] }
  const [done] = await documents.describe([envelope.body])
  return { at: envelope.at, order: done?.order ?? 0, items: happeningsOfEdits(done?.edits ?? []) }
}
