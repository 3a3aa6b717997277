import { setImmediate } from 'node:timers/promises'
import { isShoalError } from '../errors/index.ts'
import type { DatasetId, DeviceId, WorkspaceId } from '../model/index.ts'
import { MAX_ENVELOPE_BYTES, readEnvelope, verifyEnvelopes } from '../trust/index.ts'
import { type Admitting, Tally } from './admitting.ts'
import type { AdmitResult } from './catalog.ts'
import { admitToDataset, recheckDatasets } from './dataset-admission.ts'
import { WORKSPACE_DOCUMENT } from './keys.ts'
import { MAX_DOCUMENTS, READ_SLICE } from './limits.ts'
import { admitToWorkspace } from './member-admission.ts'
import type { Staging } from './state.ts'
import type { Kept } from './stored.ts'

/** Envelopes whose signatures hold, with what was said of the others. */
export interface Signed { readonly items: readonly Kept[], readonly tally: Tally }

/**
 * Takes foreign envelopes in that `readSigned` has read. Each is judged by itself and by what it follows, never by a clock or the order things came in:
 * size → form → workspace → signature → place in its log → membership and role in what its author had seen → body. One that is bad though
 * its author signed it ends that log there, with the evidence kept; one whose past is missing waits.
 * @throws STORE_DAMAGED when what is kept here can not be read
 */
export async function admitEnvelopes(admitting: Admitting, staging: Staging, { items, tally }: Signed): Promise<AdmitResult> {
  const membersBefore = staging.membership()
  const sizeBefore = staging.members().size
  const ofWorkspace = items.filter(item => item.envelope.document === WORKSPACE_DOCUMENT)
  const wereUndone = ofWorkspace.length > 0 && await admitToWorkspace(admitting, staging, ofWorkspace, tally)
  const membersChanged = wereUndone || staging.members().size !== sizeBefore
  if (membersChanged) await recheckDatasets(admitting, staging, membersBefore, { all: wereUndone })
  const named = items.map(item => item.envelope.document)
  // More members may be what envelopes of any document wait for.
  const documents = new Set([...named, ...membersChanged ? admitting.waiting.documents() : []])
  documents.delete(WORKSPACE_DOCUMENT)
  for (const document of documents) {
    const own = items.filter(item => item.envelope.document === document)
    if (isOneTooMany(staging, document as DatasetId)) for (const item of own) tally.refuse(item, `the workspace has ${MAX_DOCUMENTS} datasets already`)
    else await admitToDataset(admitting, staging, document as DatasetId, [...own, ...admitting.waiting.take(document)], tally)
  }
  return tally.result
}

/** Size, form, workspace and signature: what needs no log. Nothing of this touches one: a stranger could have made it up. Others get their turn in between. */
export async function readSigned(workspace: WorkspaceId, all: readonly Uint8Array[]): Promise<Signed> {
  const tally = new Tally()
  const items: Kept[] = []
  const checking: Promise<boolean[]>[] = []
  for (let at = 0; at < all.length; at += READ_SLICE) {
    if (at > 0) await setImmediate()
    const read = all.slice(at, at + READ_SLICE).flatMap(bytes => readOne(workspace, bytes, tally))
    checking.push(verifyEnvelopes(read.map(item => item.envelope)))
    items.push(...read)
  }
  const areValid = (await Promise.all(checking)).flat()
  for (const [i, item] of items.entries()) if (areValid[i] !== true) tally.refuse(item, 'its signature is not valid', true)
  return { items: items.filter((_, i) => areValid[i]), tally }
}

/** The envelope, or none when it is refused. */
function readOne(workspace: WorkspaceId, bytes: Uint8Array, tally: Tally): readonly Kept[] {
  const item = readForm(bytes)
  if (!('reason' in item) && item.envelope.workspace === workspace) return [item]
  if ('reason' in item) tally.refused.push({ document: '', device: '' as DeviceId, seq: 0, reason: item.reason, forged: true })
  else tally.refuse(item, 'it is of another workspace')
  return []
}

function readForm(bytes: Uint8Array): Kept | { readonly reason: string } {
  if (bytes.length > MAX_ENVELOPE_BYTES) return { reason: `it has ${bytes.length} bytes; the largest envelope has ${MAX_ENVELOPE_BYTES}` }
  try {
    return { envelope: readEnvelope(bytes), bytes }
  } catch (error) {
    if (!isShoalError(error, 'FORMAT_INVALID')) throw error
    return { reason: error.message }
  }
}

function isOneTooMany(staging: Staging, id: DatasetId): boolean {
  return staging.record(id) === undefined && staging.documents().length >= MAX_DOCUMENTS
}
