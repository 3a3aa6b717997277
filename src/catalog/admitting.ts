import type { DeviceId } from '../model/index.ts'
import { logName } from '../trust/index.ts'
import type { AdmitResult } from './catalog.ts'
import type { Documents } from './documents.ts'
import type { Kept } from './stored.ts'
import type { Storage } from './storage.ts'
import type { Waiting } from './waiting.ts'

/** What admission works with. */
export interface Admitting {
  readonly storage: Storage
  readonly documents: Documents
  readonly waiting: Waiting
}

type Refusal = AdmitResult['refused'][number]

/** What became of the envelopes at hand. */
export class Tally {
  admitted = 0
  known = 0
  readonly refused: Refusal[] = []

  refuse({ envelope }: Kept, reason: string, forged = false): void {
    this.refused.push({ document: envelope.document, device: logName(envelope.device, envelope.epoch) as DeviceId, seq: envelope.seq, reason, ...forged ? { forged } : {} })
  }

  get result(): AdmitResult { return { admitted: this.admitted, known: this.known, refused: this.refused } }
}

/** Envelopes by log, each log in order of numbers. */
export function byLog(items: readonly Kept[]): ReadonlyMap<string, readonly Kept[]> {
  const logs = new Map<string, Kept[]>()
  for (const item of items) {
    const name = logName(item.envelope.device, item.envelope.epoch)
    const log = logs.get(name)
    if (log === undefined) logs.set(name, [item])
    else log.push(item)
  }
  for (const log of logs.values()) log.sort((a, b) => a.envelope.seq - b.envelope.seq || Buffer.compare(a.envelope.hash, b.envelope.hash))
  return logs
}
