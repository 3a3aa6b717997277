import type { DatasetId } from '../model/index.ts'

/** Keys of the catalog's database; FORMAT.md lists them. A log is named by `logName` of trust. */

/** The document of the workspace: who is a member. */
export const WORKSPACE_DOCUMENT = 'workspace'

export const GENESIS_KEY = 'genesis'
/** The copy of what nothing else could rebuild. */
export const SPARE = 'spare/'
const SEQ_DIGITS = 16

const seqText = (seq: number): string => String(seq).padStart(SEQ_DIGITS, '0')

/** Envelopes: all, of a document, of one of its logs, one. */
export const ENVELOPES = 'envelope/'
export const envelopesOf = (document: string): string => `${ENVELOPES}${document}/`
export const envelopesOfLog = (document: string, log: string): string => `${ENVELOPES}${document}/${log}/`
export const envelopeKey = (document: string, log: string, seq: number): string => envelopesOfLog(document, log) + seqText(seq)

/** What an envelope did, for the history. */
export const happeningsOf = (document: string): string => `happening/${document}/`
export const happeningKey = (document: string, log: string, seq: number): string => `${happeningsOf(document)}${log}/${seqText(seq)}`

export const RECORDS = 'record/'
export const recordKey = (dataset: DatasetId): string => `${RECORDS}${dataset}`

/** The sum of all records: one that vanished, or an older one in its place, is noticed. */
export const SUM_KEY = 'records'

export const snapshotKey = (dataset: DatasetId): string => `snapshot/${dataset}`

/** What ended a log. */
export const EVIDENCE = 'evidence/'
export const evidenceKey = (document: string, log: string): string => `${EVIDENCE}${document}/${log}`

/** The log and number at the end of an envelope's or happening's key. */
export function placeOf(key: string): { readonly document: string, readonly log: string, readonly seq: number } {
  const [, document = '', log = '', seq = ''] = key.split('/')
  return { document, log, seq: Number(seq) }
}
