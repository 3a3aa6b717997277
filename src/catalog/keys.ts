import type { DatasetId, DeviceId } from '../model/index.ts'

/** Keys of the catalog's database. Layout: FORMAT.md. */

/** The document of the workspace: who is a member. */
export const WORKSPACE_DOCUMENT = 'workspace'

export const GENESIS_KEY = 'genesis'
const SEQ_DIGITS = 12

const seqText = (seq: number): string => String(seq).padStart(SEQ_DIGITS, '0')

export const ENVELOPES = 'e/'
/** Envelopes of one document, of one log, one. */
export const envelopesOf = (document: string): string => `e/${document}/`
export const logOf = (document: string, device: DeviceId): string => `e/${document}/${device}/`
export const envelopeKey = (document: string, device: DeviceId, seq: number): string => logOf(document, device) + seqText(seq)

export const HEADS = 'h/'
export const headKey = (document: string, device: DeviceId): string => `${HEADS}${document}/${device}`

export const RECORDS = 'v/'
export const recordKey = (dataset: DatasetId): string => `${RECORDS}${dataset}`

export const snapshotKey = (dataset: DatasetId): string => `s/${dataset}`

/** What froze a log; all of it. */
export const evidenceOf = (document: string, device: DeviceId): string => `x/${document}/${device}/`
export const evidenceKey = (document: string, device: DeviceId, seq: number): string => `x/${document}/${device}/${seqText(seq)}`
