import { decode, encode } from 'cborg'
import { fail } from '../errors/index.ts'

/** What ended a log: the first step that does not count, why, and the envelopes that show it. */
export interface Evidence { readonly seq: number, readonly reason: string, readonly envelopes: readonly Uint8Array[] }

export const encodeEvidence = ({ seq, reason, envelopes }: Evidence): Uint8Array => encode([seq, reason, envelopes])

/** @throws FORMAT_INVALID */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const [seq, reason, envelopes] = decode(bytes) as [unknown, unknown, unknown]
  if (typeof seq !== 'number' || typeof reason !== 'string' || !Array.isArray(envelopes)) fail('FORMAT_INVALID', 'evidence against a log can not be read')
  return { seq, reason, envelopes: envelopes as Uint8Array[] }
}
