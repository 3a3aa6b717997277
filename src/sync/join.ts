import { fail } from '../errors/index.ts'
import type { Catalog } from '../catalog/index.ts'
import type { DeviceId } from '../model/index.ts'
import { inviteName, proveInvite, type Invites, type JoinStatement } from '../peers/index.ts'
import type { Chance } from '../runtime/index.ts'
import {
  FRAME, HANDSHAKE_MS, PROGRESS_WINDOW_MS, encodeMessage, encodeFrame, joinChallengeMessage, joinProofMessage, joinWelcomeMessage, markMessage, packEnvelopes, unpackEnvelopes,
  type FrameStream, type Hello
} from '../wire/index.ts'
import { greet } from './greeting.ts'
import { ENVELOPES_AT_ONCE, MOST_JOIN_BYTES } from './limits.ts'
import { WORKSPACE_DOCUMENT } from './remote-logs.ts'

/** What a new member gets with its welcome. */
export interface Welcome {
  readonly role: string
  /** The founder's signed genesis. */
  readonly genesis: Uint8Array
  /** Envelopes of the workspace's own document: its members. */
  readonly envelopes: readonly Uint8Array[]
}

export interface JoinServerDeps {
  readonly invites: Invites
  readonly catalog: Catalog
  readonly chance: Chance
  /** What this node says first. */
  readonly hello: Hello
  readonly genesis: Uint8Array
  /** The device is a member now. */
  readonly joined: () => void
}

/** Serves one try to join: challenge, proof, membership, welcome. @throws INVITE_INVALID, INVITE_USED, INVITE_EXPIRED, LIMIT_EXCEEDED, NOT_ALLOWED */
export async function serveJoin(stream: FrameStream, deps: JoinServerDeps, peer: string, host: string): Promise<void> {
  await greet(stream, deps.hello)
  const nonce = deps.chance.bytes(32)
  await stream.sendMessage(FRAME.joinChallenge, joinChallengeMessage, { nonce })
  const { invite, proof, name, addresses } = await stream.expectMessage(FRAME.joinProof, joinProofMessage, HANDSHAKE_MS)
  const said: JoinStatement = { workspace: deps.hello.workspace, inviter: deps.catalog.device, joiner: peer, nonce, name, addresses }
  const role = await deps.invites.redeem(invite, proof, said, host)
  const device = peer as DeviceId
  const known = deps.catalog.members().some(member => member.id === device && !member.removed)
  if (!known) await deps.catalog.addMember({ id: device, name, role, addresses })
  deps.joined()
  await stream.send(encodeFrame(FRAME.joinWelcome, encodeMessage(joinWelcomeMessage, { role, genesis: deps.genesis })))
  await sendMembers(stream, deps.catalog)
  await stream.sendMessage(FRAME.logsDone, markMessage, { id: 0 })
  // The joiner ends: so the last frames have arrived before this side closes.
  await stream.receive(HANDSHAKE_MS)
}

/** Sends all of the workspace's own document. */
async function sendMembers(stream: FrameStream, catalog: Catalog): Promise<void> {
  const heads = (await catalog.logHeads([WORKSPACE_DOCUMENT])).filter(head => head.document === WORKSPACE_DOCUMENT)
  for (const head of heads) {
    for (let [after, isMore] = [0, true]; isMore; after += ENVELOPES_AT_ONCE) {
      const envelopes = await catalog.envelopes(head.document, head.device, after, ENVELOPES_AT_ONCE)
      for (const frame of packEnvelopes(0, envelopes)) await stream.send(frame)
      isMore = envelopes.length === ENVELOPES_AT_ONCE
    }
  }
}

export interface JoinRequest {
  readonly secret: Uint8Array
  /** The inviter's device. */
  readonly inviter: string
  /** Who joins, with the workspace it wants into. */
  readonly hello: Hello
  readonly joiner: string
  readonly signal: AbortSignal
}

/** Joins over an open stream. @throws what `serveJoin` tells, PEER_MISBEHAVED, PEER_UNREACHABLE, TIMED_OUT */
export async function askToJoin(stream: FrameStream, request: JoinRequest): Promise<Welcome> {
  const { hello, signal } = request
  await greet(stream, hello, signal)
  const { nonce } = await stream.expectMessage(FRAME.joinChallenge, joinChallengeMessage, HANDSHAKE_MS, signal)
  const { workspace, name, addresses } = hello
  const proof = proveInvite(request.secret, { workspace, inviter: request.inviter, joiner: request.joiner, nonce, name, addresses })
  await stream.sendMessage(FRAME.joinProof, joinProofMessage, { invite: inviteName(request.secret), proof, name, addresses })
  const { role, genesis } = await stream.expectMessage(FRAME.joinWelcome, joinWelcomeMessage, HANDSHAKE_MS, signal)
  const envelopes: Uint8Array[] = []
  let bytes = 0
  for (;;) {
    const frame = await stream.expect([FRAME.envelopes, FRAME.logsDone], PROGRESS_WINDOW_MS, signal)
    if (frame.type === FRAME.logsDone) return { role, genesis, envelopes }
    bytes += frame.body.byteLength
    if (bytes > MOST_JOIN_BYTES) fail('PEER_MISBEHAVED', `the peer sent more than ${MOST_JOIN_BYTES} bytes of membership`)
    envelopes.push(...unpackEnvelopes(frame.body).envelopes)
  }
}
