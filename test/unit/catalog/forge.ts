import * as A from '@automerge/automerge'
import { blake3 } from '../../../src/chunks/index.ts'
import type { DeviceId, WorkspaceId } from '../../../src/model/index.ts'
import { type Device, type Envelope, type EnvelopeDraft, FIRST_PREVIOUS, readEnvelope, signEnvelope } from '../../../src/trust/index.ts'
import { type Peer, envelopesOf } from './world.ts'

/** What a member that keeps no rules could sign. */

export const actorOf = (workspace: string, device: DeviceId, epoch = 0): string =>
  Buffer.from(blake3(Buffer.from(`shoal/actor/1\0${workspace}\0${device}\0${epoch}`))).toString('hex').slice(0, 32)

/** The next step of a device's log, as its own catalog would number it; `changes` alter it before it is signed. */
export async function nextStep(peer: Peer, document: string, kind: EnvelopeDraft['kind'], body: Uint8Array, changes: Partial<EnvelopeDraft> = {}): Promise<Uint8Array> {
  const own = (await peer.catalog.logHeads([document])).find(head => head.device === peer.device.id)
  const members = (await envelopesOf(peer.catalog, ['workspace'])).map(readEnvelope)
  const followed = members.flatMap(envelope => envelope.seen.map(hash => Buffer.from(hash).toString('hex')))
  const seen = members.map(envelope => envelope.hash).filter(hash => !followed.includes(Buffer.from(hash).toString('hex'))).sort(Buffer.compare)
  return signEnvelope(peer.device, {
    workspace: peer.catalog.workspace, document, epoch: 0, seq: (own?.seq ?? 0) + 1, previous: own?.hash ?? FIRST_PREVIOUS, kind, seen, at: 1_700_000_000_000, body, ...changes
  }).bytes
}

/** The same envelope with something else in it, signed again. */
export function resigned(device: Device, bytes: Uint8Array, changes: Partial<EnvelopeDraft>): Uint8Array {
  const { workspace, document, epoch, seq, previous, kind, seen, at, body }: Envelope = readEnvelope(bytes)
  return signEnvelope(device, { workspace, document, epoch, seq, previous, kind, seen, at, body, ...changes }).bytes
}

/** A dataset's document as `of` made it, for another writer who changes it by hand. */
export async function documentOf(peer: Peer, document: string, of: Peer): Promise<A.Doc<Record<string, unknown>>> {
  const changes = (await envelopesOf(of.catalog, [document])).map(readEnvelope).filter(({ kind, device }) => kind === 'change' && device === of.device.id).map(envelope => envelope.body)
  return A.applyChanges(A.init<Record<string, unknown>>({ actor: actorOf(peer.catalog.workspace, peer.device.id) }), changes)[0]
}

/** One change made by hand; `alter` changes it before it is encoded. */
export function changeOf(doc: A.Doc<Record<string, unknown>>, make: (doc: Record<string, unknown>) => void, alter?: (change: A.DecodedChange) => void): Uint8Array {
  const bytes = A.getLastLocalChange(A.change(A.clone(doc, { actor: A.getActorId(doc) }), { time: 0 }, make))
  if (bytes === undefined) throw new Error('nothing changed')
  if (alter === undefined) return bytes
  const decoded = A.decodeChange(bytes)
  alter(decoded)
  return A.encodeChange(decoded)
}

export const text = (value: string): A.ImmutableString => new A.ImmutableString(value)
export const otherWorkspace = 'x'.repeat(52) as WorkspaceId
