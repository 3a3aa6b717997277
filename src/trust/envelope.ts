import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, sameHash, type DeviceId, type Hash, type WorkspaceId } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import type { Device } from './device.ts'
import { MAX_DEVICE_ID } from './device-id.ts'
import { verifyByLater } from './statement.ts'

const DOMAIN = 'shoal/envelope/1'
const FORMAT = 1

/** What a body is: one Automerge change, a publish record, a membership record, a receipt. */
const ENVELOPE_KINDS = ['change', 'publish', 'member', 'receipt'] as const
export type EnvelopeKind = typeof ENVELOPE_KINDS[number]

/** Bytes of a body: thousands of edits fit; memory stays bounded whatever a peer sends. */
export const MAX_BODY_BYTES = 1024 * 1024
/** Membership records an envelope may name as seen: the newest of each admin that wrote apart from the others. */
export const MAX_SEEN = 64
/** Bytes of the signed part: all its fields at their longest, with room. */
const MAX_STATEMENT_BYTES = 4096
/** Bytes of a whole envelope. */
export const MAX_ENVELOPE_BYTES = MAX_BODY_BYTES + MAX_STATEMENT_BYTES + 128
/** Characters of a workspace's or document's id. */
const MAX_ID = 64
/** Times of a device's logs' beginnings anew. */
const MAX_EPOCH = 0xffff_ffff
/** The end of the year 9999: later times have no ISO-8601 form of four digits. Milliseconds since 1970. */
export const MAX_TIME = 253_402_300_799_999

/** One step of one device's log of one document, before it is signed. */
export interface EnvelopeDraft {
  readonly workspace: WorkspaceId
  /** `workspace`, or a dataset's id. */
  readonly document: string
  /** Which of the device's logs: it begins new ones when an old one can't go on (a home came back from a backup, a member came back). */
  readonly epoch: number
  /** From 1, without gaps, within (document, device, epoch). */
  readonly seq: number
  /** Hash of the step before; 32 zero bytes for the first. */
  readonly previous: Hash
  readonly kind: EnvelopeKind
  /** Newest membership records (hashes, rising) its author knew: who may do what is judged by these and what they follow. */
  readonly seen: readonly Hash[]
  /** Milliseconds since 1970, a label: it decides nothing. */
  readonly at: number
  readonly body: Uint8Array
}

export interface Envelope extends EnvelopeDraft {
  readonly device: DeviceId
  readonly signature: Uint8Array
  /** What was signed. */
  readonly statement: Uint8Array
  /** BLAKE3 of what was signed: the envelope's name. */
  readonly hash: Hash
}

export const FIRST_PREVIOUS: Hash = new Uint8Array(HASH_BYTES)

/** The name of a log among those of a document: the device, and from its second epoch on a dot and the epoch. */
export const logName = (device: DeviceId, epoch: number): string => epoch === 0 ? device : `${device}.${epoch}`

/** @returns the envelope's bytes and name @throws LIMIT_EXCEEDED when nobody would take it */
export function signEnvelope(device: Device, draft: EnvelopeDraft): { readonly bytes: Uint8Array, readonly hash: Hash } {
  if (draft.body.length > MAX_BODY_BYTES) fail('LIMIT_EXCEEDED', `the change has ${draft.body.length} bytes; one may have ${MAX_BODY_BYTES}`)
  if (draft.seen.length > MAX_SEEN) fail('LIMIT_EXCEEDED', `the change has seen ${draft.seen.length} membership records; one may name ${MAX_SEEN}`)
  const { workspace, document, epoch, seq, previous, kind, seen, at, body } = draft
  const statement = toCbor([FORMAT, workspace, document, device.id, epoch, seq, previous, kind, seen, Math.floor(at), blake3(body), body.length])
  return { bytes: toCbor([statement, device.sign(DOMAIN, statement), body]), hash: blake3(statement) }
}

/** Reads an envelope's form; its signature is checked by `verifyEnvelopes`. @throws FORMAT_INVALID */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const outer = new Fields('an envelope', bytes, 3)
  const statement = outer.anyBytes(MAX_STATEMENT_BYTES)
  const signature = outer.bytes(64)
  const body = outer.anyBytes(MAX_BODY_BYTES)
  const fields = new Fields('an envelope', statement, 12)
  fields.version(FORMAT)
  const workspace = fields.text(MAX_ID) as WorkspaceId
  const document = fields.matching(DOCUMENT)
  const device = fields.text(MAX_DEVICE_ID) as DeviceId
  const [epoch, seq] = [fields.whole(MAX_EPOCH), fields.whole()]
  const previous = fields.bytes(HASH_BYTES)
  const kind = fields.choice(ENVELOPE_KINDS)
  const seen = fields.hashes(MAX_SEEN, HASH_BYTES)
  const at = fields.whole(MAX_TIME)
  const bodyHash = fields.bytes(HASH_BYTES)
  const isWhole = fields.whole(MAX_BODY_BYTES) === body.length && sameHash(bodyHash, blake3(body))
  if (!isWhole) fields.refuse('its body is not the one it names')
  if (seq === 0) fields.refuse('steps are counted from 1')
  return { workspace, document, device, epoch, seq, previous, kind, seen, at, body, signature, statement, hash: blake3(statement) }
}

/** Ids of datasets (128 bits in base32), and the workspace's own document. */
const DOCUMENT = /^([a-z2-7]{26}|workspace)$/

/** Whether each is signed by the device it names, in the order of `envelopes`; done by other threads, so that thousands keep nobody waiting. */
export const verifyEnvelopes = (envelopes: readonly Envelope[]): Promise<boolean[]> =>
  Promise.all(envelopes.map(envelope => verifyByLater(envelope.device, DOMAIN, envelope.statement, envelope.signature)))
