import { fail } from '../errors/index.ts'
import { type DeviceId, type Hash, hashKey } from '../model/index.ts'
import { Fields, type Plain, toCbor } from './cbor.ts'
import type { Genesis } from './genesis.ts'

const FORMAT = 1
const ROLES = ['admin', 'writer', 'reader'] as const
export type Role = typeof ROLES[number]
const OPS = ['add', 'role', 'remove'] as const
const MAX_ID = 128
const MAX_NAME = 200
const MAX_ADDRESSES = 32
/** Logs a removal may cut: one a document the device ever changed. */
const MAX_CUTS = 100_000

/** An admin's word on one device. */
export interface MemberRecord {
  readonly op: typeof OPS[number]
  readonly device: DeviceId
  readonly name: string
  readonly role: Role
  /** Where it can be reached: a hint. */
  readonly addresses: readonly string[]
  /** With `remove`: the last step of each of the device's logs that still counts; logs that are not named end at 0. No clock is trusted. */
  readonly cuts: readonly { readonly document: string, readonly seq: number }[]
}

export const writeMemberRecord = (record: MemberRecord): Uint8Array => toCbor([
  FORMAT, record.op, record.device, record.name, record.role, record.addresses, record.cuts.map((cut): Plain => [cut.document, cut.seq])
])

/** @throws FORMAT_INVALID */
export function readMemberRecord(bytes: Uint8Array): MemberRecord {
  const fields = new Fields('a membership record', bytes, 7)
  fields.version(FORMAT)
  const op = fields.choice(OPS)
  const device = fields.text(MAX_ID) as DeviceId
  const name = fields.text(MAX_NAME)
  const role = fields.choice(ROLES)
  const addresses = fields.texts(MAX_ADDRESSES, 256)
  return { op, device, name, role, addresses, cuts: fields.list(MAX_CUTS).map(cutOf) }
}

function cutOf(value: unknown): MemberRecord['cuts'][number] {
  const [document, seq] = Array.isArray(value) && value.length === 2 ? value as unknown[] : []
  if (typeof document !== 'string' || document.length > MAX_ID || !Number.isSafeInteger(seq) || Number(seq) < 0) fail('FORMAT_INVALID', 'a membership record names a cut that can not be read')
  return { document, seq: Number(seq) }
}

export interface Member {
  readonly id: DeviceId
  readonly name: string
  readonly role: Role
  readonly addresses: readonly string[]
  readonly addedAt: number
  readonly addedBy: DeviceId
  readonly removed: boolean
  /** While removed: last step that counts by document. */
  readonly cuts: ReadonlyMap<string, number>
}

/** A membership record with the envelope it came in. */
export interface PlacedRecord { readonly hash: Hash, readonly by: DeviceId, readonly at: number, readonly seen: readonly Hash[], readonly record: MemberRecord }

export interface Membership {
  readonly members: ReadonlyMap<DeviceId, Member>
  /** Records that nothing follows yet: what a new envelope has seen. Sorted. */
  readonly heads: readonly Hash[]
}

/**
 * Who is a member, from the genesis and any set of records that holds all that its records have seen. A pure function of the set: records
 * are taken in the order of what follows what, and by hash where nothing decides. A record counts when its author was an admin in what it
 * has seen; of records made apart, a removal wins over what the removed did meanwhile.
 * @param upTo only these records and what they have seen; default all
 */
export function foldMembers(genesis: Genesis, records: ReadonlyMap<string, PlacedRecord>, upTo?: readonly Hash[]): Membership {
  return fold({ genesis, records, valid: new Map() }, upTo)
}

/** `valid` remembers which records count: each is judged by its own past alone, so once is enough. */
interface Folding { readonly genesis: Genesis, readonly records: ReadonlyMap<string, PlacedRecord>, readonly valid: Map<string, boolean> }

function fold(folding: Folding, upTo: readonly Hash[] | undefined): Membership {
  const order = inOrder(folding.records, upTo)
  const members = new Map<DeviceId, Member>([[folding.genesis.founder, founderOf(folding.genesis)]])
  for (const placed of order) {
    if (isValid(folding, placed) && members.get(placed.by)?.removed !== true) applyRecord(members, placed)
  }
  const followed = new Set(order.flatMap(placed => placed.seen.map(hashKey)))
  return { members, heads: order.map(placed => placed.hash).filter(hash => !followed.has(hashKey(hash))).sort(Buffer.compare) }
}

function isValid(folding: Folding, placed: PlacedRecord): boolean {
  const key = hashKey(placed.hash)
  const known = folding.valid.get(key)
  if (known !== undefined) return known
  const author = fold(folding, placed.seen).members.get(placed.by)
  const valid = author?.role === 'admin' && !author.removed
  folding.valid.set(key, valid)
  return valid
}

const founderOf = (genesis: Genesis): Member => ({
  id: genesis.founder, name: genesis.founderName, role: 'admin', addresses: [], addedAt: genesis.at, addedBy: genesis.founder, removed: false, cuts: new Map()
})

function applyRecord(members: Map<DeviceId, Member>, { record, by, at }: PlacedRecord): void {
  const known = members.get(record.device)
  const { device: id, name, role, addresses } = record
  if (record.op === 'add') members.set(id, { id, name, role, addresses, addedAt: at, addedBy: by, removed: false, cuts: new Map() })
  else if (known !== undefined && record.op === 'role') members.set(id, { ...known, role })
  else if (known !== undefined) members.set(id, { ...known, removed: true, cuts: new Map(record.cuts.map(cut => [cut.document, cut.seq])) })
}

/** Records after all they have seen; among those that could come next, the one with the lowest hash. */
function inOrder(records: ReadonlyMap<string, PlacedRecord>, upTo: readonly Hash[] | undefined): PlacedRecord[] {
  const depths = new Map<string, number>()
  const depthOf = (key: string): number => {
    const known = depths.get(key)
    if (known !== undefined) return known
    const placed = records.get(key) ?? fail('INTERNAL', 'a membership record that was seen is missing')
    const depth = 1 + placed.seen.reduce((most, hash) => Math.max(most, depthOf(hashKey(hash))), 0)
    depths.set(key, depth)
    return depth
  }
  for (const key of upTo?.map(hashKey) ?? records.keys()) depthOf(key)
  return [...depths].sort(([a, depthA], [b, depthB]) => depthA - depthB || (a < b ? -1 : 1)).map(([key]) => records.get(key)).filter(placed => placed !== undefined)
}

/** Whether a removal left a step of a member's log standing. */
export const countsAfterRemoval = (member: Member, document: string, seq: number): boolean => !member.removed || seq <= (member.cuts.get(document) ?? 0)
