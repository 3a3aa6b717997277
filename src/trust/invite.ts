import { blake3 } from '../chunks/index.ts'
import { fail, isShoalError } from '../errors/index.ts'
import { type DeviceId, type WorkspaceId, toBase32 } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import { MAX_DEVICE_ID } from './device-id.ts'
import { ROLES, type Role } from './member-record.ts'

const FORMAT = 1
const PREFIX = 'shoal1'
const LENGTH_BYTES = 2
const CHECKSUM_BYTES = 4
const SECRET_BYTES = 16
const MAX_WORKSPACE = 64
const MAX_ADDRESSES = 32
/** Characters of a multiaddr. */
const MAX_ADDRESS = 256

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

/** One line of text that survives mail and chat: length, content and a checksum in lower-case base32. */
export function writeInvite(invite: Invite): string {
  const body = toCbor([FORMAT, invite.workspace, invite.inviter, invite.addresses, invite.secret, invite.role, Math.floor(invite.expiresAt)])
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt16BE(body.length)
  return PREFIX + toBase32(Buffer.concat([length, body, checksumOf(body)]))
}

/** @param text as pasted: spaces, line breaks and capitals do no harm @throws INVITE_INVALID telling another text, a cut-off line and a mistyped one apart */
export function readInvite(text: string): Invite {
  const line = text.replaceAll(/\s+/g, '').toLowerCase()
  if (!line.startsWith(PREFIX)) fail('INVITE_INVALID', `this is not an invite: one starts with "${PREFIX}"`)
  const odd = /[^a-z2-7]/.exec(line.slice(PREFIX.length))
  if (odd !== null) fail('INVITE_INVALID', `the invite is mistyped: no invite holds "${odd[0]}", which is its character ${PREFIX.length + odd.index + 1}`)
  const body = bodyOf(line.slice(PREFIX.length))
  try {
    return readBody(body)
  } catch (error) {
    if (!isShoalError(error)) throw error
    return fail('INVITE_INVALID', `the invite is of a form this Shoal does not know: ${error.message}`, {}, error)
  }
}

/** How many characters of base32 some bytes take. */
const charactersOf = (bytes: number): number => Math.ceil(bytes * 8 / 5)

function bodyOf(text: string): Uint8Array {
  const bytes = Buffer.from(base32Bytes(text))
  const whole = bytes.length < LENGTH_BYTES ? Infinity : charactersOf(LENGTH_BYTES + bytes.readUInt16BE() + CHECKSUM_BYTES)
  if (text.length < whole) {
    fail('INVITE_INVALID', `the invite is cut off${whole === Infinity ? '' : `: ${text.length + PREFIX.length} of its ${whole + PREFIX.length} characters are here`}`)
  }
  if (text.length > whole) fail('INVITE_INVALID', 'something else stands behind the invite, or its beginning is mistyped')
  const body = bytes.subarray(LENGTH_BYTES, bytes.length - CHECKSUM_BYTES)
  if (Buffer.compare(checksumOf(body), bytes.subarray(LENGTH_BYTES + body.length)) !== 0) fail('INVITE_INVALID', 'the invite is mistyped: a character in it is not the one that was printed')
  return body
}

/** A cut-off line may end inside a byte: what is whole of it. */
function base32Bytes(text: string): Uint8Array {
  const bytes = Buffer.alloc(Math.floor(text.length * 5 / 8))
  let [value, bits, at] = [0, 0, 0]
  for (const character of text) {
    value = (value << 5 | ALPHABET.indexOf(character)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = value >>> bits & 0xff
  }
  return bytes
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

function readBody(body: Uint8Array): Invite {
  const fields = new Fields('the invite', body, 7)
  fields.version(FORMAT)
  return {
    workspace: fields.text(MAX_WORKSPACE) as WorkspaceId,
    inviter: fields.text(MAX_DEVICE_ID) as DeviceId,
    addresses: fields.texts(MAX_ADDRESSES, MAX_ADDRESS),
    secret: fields.bytes(SECRET_BYTES),
    role: fields.choice(ROLES),
    expiresAt: fields.whole()
  }
}

const checksumOf = (body: Uint8Array): Uint8Array => blake3(body).subarray(0, CHECKSUM_BYTES)
