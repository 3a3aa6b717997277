import { fail } from '../errors/index.ts'
import { type DeviceId, type Hash, compareHashes, hashKey } from '../model/index.ts'
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
 * has seen and still is where it stands; of records made apart, a removal wins over what the removed did meanwhile, and of two admins who
 * removed each other the one who has been here longer stays.
 * @param upTo only these records and what they have seen; default all
 */
export function foldMembers(genesis: Genesis, records: ReadonlyMap<string, PlacedRecord>, upTo?: readonly Hash[]): Membership {
  const folding: Folding = { genesis, records, valid: new Map(), pasts: new Map() }
  const order = inOrder(records, upTo)
  const followed = new Set(order.flatMap(placed => placed.seen.map(hashKey)))
  return { members: fold(folding, order), heads: order.map(placed => placed.hash).filter(hash => !followed.has(hashKey(hash))).sort(compareHashes) }
}

/** Remembers which records count in their own past (each is judged by that alone, so once is enough), and the pasts. */
interface Folding {
  readonly genesis: Genesis
  readonly records: ReadonlyMap<string, PlacedRecord>
  readonly valid: Map<string, boolean>
  readonly pasts: Map<string, ReadonlySet<string>>
}

type Members = Map<DeviceId, Member>

function fold(folding: Folding, order: readonly PlacedRecord[]): Members {
  const valid = order.filter(placed => isValid(folding, placed))
  const removals: PlacedRecord[] = []
  for (const removal of bySeniority(folding, valid).filter(placed => placed.record.op === 'remove')) {
    const past = pastOf(folding, removal)
    const before = replay(folding, valid.filter(placed => past.has(hashKey(placed.hash))), removals)
    if (isAdmin(before.get(removal.by)) && !isVoid(folding, removal, removals)) removals.push(removal)
  }
  return replay(folding, valid, removals)
}

function replay(folding: Folding, order: readonly PlacedRecord[], removals: readonly PlacedRecord[]): Members {
  const members: Members = new Map([[folding.genesis.founder, founderOf(folding.genesis)]])
  for (const placed of order) {
    const isStanding = placed.record.op === 'remove' ? removals.includes(placed) : !isVoid(folding, placed, removals)
    if (isStanding && isAdmin(members.get(placed.by))) applyRecord(members, placed)
  }
  return members
}

const isAdmin = (member: Member | undefined): boolean => member?.role === 'admin' && !member.removed

/** Whether a removal of its author was made apart from it: neither has seen the other. */
const isVoid = (folding: Folding, placed: PlacedRecord, removals: readonly PlacedRecord[]): boolean => removals.some(removal =>
  removal.record.device === placed.by && removal !== placed &&
  !pastOf(folding, placed).has(hashKey(removal.hash)) && !pastOf(folding, removal).has(hashKey(placed.hash)))

/** Records of those who became members earlier come first. */
function bySeniority({ genesis }: Folding, order: readonly PlacedRecord[]): readonly PlacedRecord[] {
  const ranks = new Map<DeviceId, number>([[genesis.founder, -1]])
  for (const [i, { record }] of order.entries()) if (record.op === 'add' && !ranks.has(record.device)) ranks.set(record.device, i)
  return order.toSorted((a, b) => (ranks.get(a.by) ?? 0) - (ranks.get(b.by) ?? 0))
}

function pastOf(folding: Folding, placed: PlacedRecord): ReadonlySet<string> {
  const key = hashKey(placed.hash)
  const past = folding.pasts.get(key) ?? new Set(inOrder(folding.records, placed.seen).map(record => hashKey(record.hash)))
  folding.pasts.set(key, past)
  return past
}

function isValid(folding: Folding, placed: PlacedRecord): boolean {
  const key = hashKey(placed.hash)
  const known = folding.valid.get(key)
  if (known !== undefined) return known
  const valid = isAdmin(fold(folding, inOrder(folding.records, placed.seen)).get(placed.by))
  folding.valid.set(key, valid)
  return valid
}

const founderOf = (genesis: Genesis): Member => ({
  id: genesis.founder, name: genesis.founderName, role: 'admin', addresses: [], addedAt: genesis.at, addedBy: genesis.founder, removed: false, cuts: new Map()
})

function applyRecord(members: Members, { record, by, at }: PlacedRecord): void {
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
