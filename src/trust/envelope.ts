import { blake3 } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { HASH_BYTES, type DeviceId, type Hash, type WorkspaceId } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import { type Device, verifyBy } from './device.ts'

const DOMAIN = 'shoal/envelope/1'
const FORMAT = 1

/** What a body is: one Automerge change, a publish record, a membership record, a receipt. */
export const ENVELOPE_KINDS = ['change', 'publish', 'member', 'receipt'] as const
export type EnvelopeKind = typeof ENVELOPE_KINDS[number]

/** Bytes of a body: thousands of edits fit; memory stays bounded whatever a peer sends. */
export const MAX_BODY_BYTES = 1024 * 1024
/** Characters of a note: what history shows. */
const MAX_NOTE = 16 * 1024
const MAX_ID = 128
const DOCUMENT = /^[a-z0-9]+$/
/** Membership records an envelope may name as seen: the newest of each admin. */
const MAX_SEEN = 64

/** One signed step of one device's log of one document. */
export interface EnvelopeDraft {
  readonly workspace: WorkspaceId
  /** `workspace`, or a dataset's id: lower-case letters and digits only, for it becomes part of keys. */
  readonly document: string
  /** Rises when a device starts its logs anew, after its home came back from a backup. */
  readonly epoch: number
  /** From 1, without gaps, within (document, device, epoch). */
  readonly seq: number
  /** Hash of the step before; 32 zero bytes for the first. */
  readonly previous: Hash
  readonly kind: EnvelopeKind
  /** Membership records (hashes) its author knew: who may do what is judged by these and what they follow. Sorted. */
  readonly seen: readonly Hash[]
  /** Milliseconds since 1970, a label. */
  readonly at: number
  /** What happened, for the history: JSON. */
  readonly note: string
  readonly body: Uint8Array
}

export interface Envelope extends EnvelopeDraft {
  readonly device: DeviceId
  readonly signature: Uint8Array
  /** BLAKE3 of what is signed: the envelope's name. */
  readonly hash: Hash
}

/** @returns the envelope's bytes and name. @throws LIMIT_EXCEEDED when nobody would take it */
export function signEnvelope(device: Device, draft: EnvelopeDraft): { bytes: Uint8Array, hash: Hash } {
  if (draft.body.length > MAX_BODY_BYTES) fail('LIMIT_EXCEEDED', `the change has ${draft.body.length} bytes; one may have ${MAX_BODY_BYTES}`)
  if (draft.seen.length > MAX_SEEN || draft.note.length > MAX_NOTE) fail('LIMIT_EXCEEDED', 'the change has seen or tells more than one may')
  const statement = statementOf(draft, device.id)
  return { bytes: toCbor([statement, draft.body, device.sign(DOMAIN, statement)]), hash: blake3(statement) }
}

const statementOf = (draft: EnvelopeDraft, device: DeviceId): Uint8Array => toCbor([
  FORMAT, draft.workspace, draft.document, device, draft.epoch, draft.seq, draft.previous, draft.kind, draft.seen, Math.floor(draft.at), draft.note,
  blake3(draft.body), draft.body.length
])

/** Reads an envelope's form; its signature is checked by `verifyEnvelope`. @throws FORMAT_INVALID */
export function readEnvelope(bytes: Uint8Array): Envelope {
  const what = 'an envelope'
  const outer = new Fields(what, bytes, 3)
  const statement = outer.anyBytes(MAX_NOTE * 4 + 8192)
  const body = outer.anyBytes(MAX_BODY_BYTES)
  const signature = outer.bytes(64)
  const fields = new Fields(what, statement, 13)
  fields.version(FORMAT)
  const workspace = fields.text(MAX_ID) as WorkspaceId
  const document = fields.text(MAX_ID)
  const device = fields.text(MAX_ID) as DeviceId
  const [epoch, seq] = [fields.whole(), fields.whole()]
  const previous = fields.bytes(HASH_BYTES)
  const kind = fields.choice(ENVELOPE_KINDS)
  const seen = fields.list(MAX_SEEN) as readonly Uint8Array[]
  const at = fields.time()
  const note = fields.text(MAX_NOTE)
  const bodyHash = fields.bytes(HASH_BYTES)
  const length = fields.whole(MAX_BODY_BYTES)
  const draft = { workspace, document, epoch, seq, previous, kind, seen, at, note, body }
  // Written again, it must be the same: this also catches a body that is not the one that was signed, and odd items in `seen`.
  const isWhole = length === body.length && Buffer.compare(bodyHash, blake3(body)) === 0 && seen.every(hash => hash instanceof Uint8Array && hash.length === HASH_BYTES)
  if (!DOCUMENT.test(document)) fail('FORMAT_INVALID', 'an envelope names a document that no document is named like')
  if (!isWhole || seq === 0) fail('FORMAT_INVALID', 'an envelope\'s body or past is not the one it names')
  return { ...draft, device, signature, hash: blake3(statement) }
}

export const verifyEnvelope = (envelope: Envelope): boolean => verifyBy(envelope.device, DOMAIN, statementOf(envelope, envelope.device), envelope.signature)
