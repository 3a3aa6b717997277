import { blake3 } from '../chunks/index.ts'
import type { Hash } from '../model/index.ts'
import { decodeEvidence } from './evidence.ts'
import { envelopeKey, envelopesOfLog, evidenceKey } from './keys.ts'
import { type LogState, nameOfLog } from './record.ts'
import type { Storage } from './storage.ts'

/** Where a log that has ended stands for others: behind everything, so that whoever holds any part of it asks for its end. */
export const ENDED_SEQ = Number.MAX_SAFE_INTEGER

/** Equal on nodes that know the same end of the same steps. @param last hash of the last step that counts, hex */
export const endedHash = (seq: number, last: string): Hash => blake3(Buffer.from(`shoal/ended/1\0${seq}\0${last}`))

/** Steps of a log behind `after`, at most `limit`; behind the last that counts, what shows how the log ended. */
export async function exchangedSteps(storage: Storage, document: string, log: LogState, after: number, limit: number): Promise<readonly Uint8Array[]> {
  const name = nameOfLog(log)
  const wanted = Math.min(limit, log.seq - after)
  const steps = wanted <= 0 ? [] : await storage.page(envelopesOfLog(document, name), envelopeKey(document, name, after + 1), wanted)
  if (log.ended === undefined || steps.length >= limit || steps.length < wanted) return steps
  const evidence = await storage.get(evidenceKey(document, name))
  return evidence === undefined ? steps : [...steps, ...decodeEvidence(evidence).envelopes].slice(0, limit)
}
