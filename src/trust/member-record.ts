import type { DeviceId } from '../model/index.ts'
import { Fields, toCbor } from './cbor.ts'
import { MAX_DEVICE_ID } from './device-id.ts'

const FORMAT = 1

/** Admins add members and change what they may do; writers change datasets; readers look. */
export const ROLES = ['admin', 'writer', 'reader'] as const
export type Role = typeof ROLES[number]

/** `self` is a member's own word about itself: its name, where it can be reached, its epoch. The others are an admin's. */
const OPS = ['add', 'role', 'remove', 'self'] as const

/** Characters of a device's name. */
const MAX_NAME = 200
const MAX_ADDRESSES = 32
/** Characters of a multiaddr: relayed ones hold two peer ids. */
const MAX_ADDRESS = 256
/** Logs a removal may cut: one a document the device ever changed. */
const MAX_CUTS = 20_000
/** Characters: a document's id and an epoch. */
const MAX_CUT_NAME = 40
const MAX_EPOCH = 0xffff_ffff

/** A word on one device and what it may do. */
export interface MemberRecord {
  readonly op: typeof OPS[number]
  readonly device: DeviceId
  readonly name: string
  readonly role: Role
  /** Where it can be reached: a hint. */
  readonly addresses: readonly string[]
  /** Which logs it writes from then on; never lower than before. */
  readonly epoch: number
  /**
   * With `remove` and `role`: by `cutName`, the last step of each of the device's logs that its author knew; logs that are not named end
   * at 0. Later steps whose author did not know of this record count only where the new role allows them. No clock is trusted.
   */
  readonly cuts: readonly (readonly [log: string, seq: number])[]
}

/** The name of one device's log in a list of cuts. */
export const cutName = (document: string, epoch: number): string => epoch === 0 ? document : `${document}.${epoch}`

export const writeMemberRecord = (record: MemberRecord): Uint8Array => toCbor([
  FORMAT, record.op, record.device, record.name.slice(0, MAX_NAME), record.role, record.addresses.filter(address => address.length <= MAX_ADDRESS).slice(0, MAX_ADDRESSES), record.epoch,
  record.cuts
])

/** @throws FORMAT_INVALID */
export function readMemberRecord(bytes: Uint8Array): MemberRecord {
  const fields = new Fields('a membership record', bytes, 8)
  fields.version(FORMAT)
  return {
    op: fields.choice(OPS),
    device: fields.text(MAX_DEVICE_ID) as DeviceId,
    name: fields.text(MAX_NAME),
    role: fields.choice(ROLES),
    addresses: fields.texts(MAX_ADDRESSES, MAX_ADDRESS),
    epoch: fields.whole(MAX_EPOCH),
    cuts: fields.pairs(MAX_CUTS, MAX_CUT_NAME)
  }
}
