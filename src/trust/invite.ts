import { decodeFirst } from 'cborg'
import { base32 } from 'multiformats/bases/base32'
import { blake3 } from '../chunks/index.ts'
import { fail, isShoalError } from '../errors/index.ts'
import type { DeviceId, WorkspaceId } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import type { Role } from './membership.ts'

const FORMAT = 1
const PREFIX = 'shoal1'
const CHECKSUM_BYTES = 4
const SECRET_BYTES = 16
const MAX_ADDRESSES = 32
/** Characters: with all addresses a line has some hundred. */
const MAX_LINE = 16_384

/** What a line that `shoal invite` prints holds. */
export interface Invite {
  readonly workspace: WorkspaceId
  readonly inviter: DeviceId
  /** Multiaddrs of the inviter. */
  readonly addresses: readonly string[]
  /** 16 bytes. */
  readonly secret: Uint8Array
  readonly role: Role
  /** Milliseconds since 1970, by the inviter's clock. */
  readonly expiresAt: number
}

/** One line of text that survives mail and chat. */
export function writeInvite(invite: Invite): string {
  const body = toCbor([FORMAT, invite.workspace, invite.inviter, invite.addresses, invite.secret, invite.role, Math.floor(invite.expiresAt)])
  return PREFIX + base32.baseEncode(Buffer.concat([body, blake3(body).subarray(0, CHECKSUM_BYTES)]))
}

/** @throws INVITE_INVALID telling another text, a cut-off line and a mistyped one apart */
export function readInvite(text: string): Invite {
  const line = text.trim().replaceAll(/\s+/g, '')
  if (!line.startsWith(PREFIX) || line.length > MAX_LINE) fail('INVITE_INVALID', `this is not an invite; one starts with "${PREFIX}"`)
  const bytes = decoded(line.slice(PREFIX.length))
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  if (Buffer.compare(blake3(body).subarray(0, CHECKSUM_BYTES), bytes.subarray(body.length)) !== 0) {
    fail('INVITE_INVALID', isCutOff(bytes) ? 'the invite is cut off: its end is missing or mistyped' : 'the invite is damaged: a part is mistyped')
  }
  try {
    return fieldsOf(body)
  } catch (error) {
    // Its checksum is right: it is whole, and of a Shoal that writes invites in another way.
    if (!isShoalError(error, 'FORMAT_INVALID')) throw error
    return fail('INVITE_INVALID', `the invite is of another version of Shoal: ${error.message}`, {}, error)
  }
}

function fieldsOf(body: Uint8Array): Invite {
  const fields = new Fields('the invite', body, 7)
  fields.version(FORMAT)
  return {
    workspace: fields.text(128) as WorkspaceId,
    inviter: fields.text(128) as DeviceId,
    addresses: fields.texts(MAX_ADDRESSES, 256),
    secret: fields.bytes(SECRET_BYTES),
    role: fields.choice(['admin', 'writer', 'reader']),
    expiresAt: fields.time()
  }
}

/** Whether the bytes end before what they begin does. The checksum counts as part of it. */
function isCutOff(bytes: Uint8Array): boolean {
  if (bytes.length <= CHECKSUM_BYTES) return true
  try {
    const [, rest] = decodeFirst(bytes)
    return rest.length < CHECKSUM_BYTES
  } catch (error) {
    return error instanceof Error && /not enough/i.test(error.message)
  }
}

/** A line can be cut anywhere, also within a byte: then what is left of its last group of 8 characters is dropped, and the checksum tells. */
function decoded(text: string): Uint8Array {
  if (!/^[a-z2-7]*$/.test(text)) fail('INVITE_INVALID', 'the invite is damaged: it holds characters no invite has')
  try {
    return base32.baseDecode(text)
  } catch {
    return base32.baseDecode(text.slice(0, text.length - text.length % 8))
  }
}
