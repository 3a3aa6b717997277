import { fail } from '../errors/index.ts'
import { compareHashes, hashKey, type DeviceId, type Hash } from '../model/index.ts'
import type { EnvelopeKind } from './envelope.ts'
import type { Genesis } from './genesis.ts'
import { type MemberRecord, type Role, cutName } from './member-record.ts'

export interface Member {
  readonly id: DeviceId
  readonly name: string
  readonly role: Role
  readonly addresses: readonly string[]
  readonly epoch: number
  /** Milliseconds since 1970, a label. */
  readonly addedAt: number
  readonly addedBy: DeviceId
  readonly removed: boolean
}

/** A membership record with the envelope it came in. */
export interface PlacedRecord { readonly hash: Hash, readonly by: DeviceId, readonly epoch: number, readonly at: number, readonly seen: readonly Hash[], readonly record: MemberRecord }

/** Who is a member, by some set of records. */
export interface Membership {
  readonly members: ReadonlyMap<DeviceId, Member>
  /** Records that nothing follows yet: what a new envelope has seen. Rising. */
  readonly heads: readonly Hash[]
  /** Records that took rights away, by the device they are about. */
  readonly cuts: ReadonlyMap<DeviceId, readonly PlacedRecord[]>
}

/** What an envelope's author must be allowed to: all that admission asks of it. */
export interface Step { readonly document: string, readonly device: DeviceId, readonly epoch: number, readonly seq: number, readonly kind: EnvelopeKind, readonly seen: readonly Hash[] }

/**
 * Membership records of one workspace, and who is a member by all or some of them: a pure function of the set of records, whatever order
 * they came in. A record counts when its author was an admin in what it had seen, unless somebody took that right away meanwhile; of
 * admins who take each other's rights, the one who has been there longer is heard first.
 */
export class Members {
  readonly #genesis: Genesis
  readonly #records = new Map<string, PlacedRecord>()
  readonly #depths = new Map<string, number>()
  /** Everything a record follows, itself included. */
  readonly #pasts = new Map<string, ReadonlySet<string>>()
  /** Who was a member by what somebody had seen: never changes, as the past of a record does not. */
  readonly #byPast = new Map<string, Membership>()
  #now: Membership | undefined

  constructor(genesis: Genesis) {
    this.#genesis = genesis
  }

  has(hash: Hash): boolean {
    return this.#records.has(hashKey(hash))
  }

  get size(): number { return this.#records.size }

  /** A copy that grows on its own. */
  fork(): Members {
    const copy = new Members(this.#genesis)
    for (const [key, record] of this.#records) copy.#records.set(key, record)
    for (const [key, depth] of this.#depths) copy.#depths.set(key, depth)
    for (const [key, past] of this.#pasts) copy.#pasts.set(key, past)
    for (const [key, membership] of this.#byPast) copy.#byPast.set(key, membership)
    copy.#now = this.#now
    return copy
  }

  /** Adds a record whose past is here. */
  add(placed: PlacedRecord): void {
    const key = hashKey(placed.hash)
    const past = new Set([key])
    let depth = 1
    for (const seen of placed.seen.map(hashKey)) {
      depth = Math.max(depth, 1 + (this.#depths.get(seen) ?? fail('INTERNAL', 'a membership record was added before what it follows')))
      for (const earlier of this.#pasts.get(seen) ?? []) past.add(earlier)
    }
    this.#records.set(key, placed)
    this.#depths.set(key, depth)
    this.#pasts.set(key, past)
    this.#now = undefined
  }

  /** By all records. */
  now(): Membership {
    this.#now ??= this.#fold([...this.#records.keys()])
    return this.#now
  }

  /** By these records and what they follow; all must be here. */
  asSeen(seen: readonly Hash[]): Membership {
    const keys = seen.map(hashKey)
    const name = keys.join('')
    const known = this.#byPast.get(name)
    if (known !== undefined) return known
    const membership = this.#fold([...this.#union(keys)])
    this.#byPast.set(name, membership)
    return membership
  }

  /** Whether a device was a member by what somebody had seen. */
  wasMember(device: DeviceId, seen: readonly Hash[]): boolean {
    return this.asSeen(seen).members.get(device)?.removed === false
  }

  /** Why a step does not count by what its author had seen; undefined when it does. Never changes, whatever is learned later. */
  refusal(step: Step): string | undefined {
    const member = this.asSeen(step.seen).members.get(step.device)
    if (member === undefined || member.removed) return 'its author is no member'
    if (member.epoch !== step.epoch) return wrongEpoch(step.epoch, member.epoch)
    return mayDo(member.role, step.kind) ? undefined : `its author is a ${member.role}`
  }

  /** Whether an admin took the right to a step of a dataset's log away, by the whole of what is known now. */
  isCut(step: Step): boolean {
    const cuts = this.now().cuts.get(step.device)
    if (cuts === undefined) return false
    const past = this.#union(step.seen.map(hashKey))
    return cuts.some(({ hash, record }) =>
      !past.has(hashKey(hash)) && (record.op === 'remove' || !mayDo(record.role, step.kind)) && step.seq > cutAt(record, step))
  }

  #union(keys: readonly string[]): ReadonlySet<string> {
    const [first] = keys
    if (keys.length === 1 && first !== undefined) return this.#pastOf(first)
    return new Set(keys.flatMap(key => [...this.#pastOf(key)]))
  }

  #pastOf(key: string): ReadonlySet<string> {
    return this.#pasts.get(key) ?? fail('INTERNAL', 'a membership record that was seen is missing')
  }

  #fold(keys: readonly string[]): Membership {
    const order = [...keys].sort((a, b) => (this.#depths.get(a) ?? 0) - (this.#depths.get(b) ?? 0) || (a < b ? -1 : 1))
    const placed = order.map(key => this.#records.get(key)).filter(record => record !== undefined)
    const valid = placed.filter(record => this.refusalOf(record) === undefined)
    const counting = this.#counting(valid, this.#undone(valid))
    const cuts = new Map<DeviceId, PlacedRecord[]>()
    for (const record of counting) {
      if (takesRights(record)) cuts.set(record.record.device, [...cuts.get(record.record.device) ?? [], record])
    }
    const followed = new Set(placed.flatMap(record => record.seen.map(hashKey)))
    return { members: membersBy(this.#genesis, counting), cuts, heads: placed.map(record => record.hash).filter(hash => !followed.has(hashKey(hash))).sort(compareHashes) }
  }

  /** Why a record does not count by what its author had seen; undefined when it does. */
  refusalOf(placed: PlacedRecord): string | undefined {
    return refusalBy(this.asSeen(placed.seen).members, placed)
  }

  /** Records that somebody's loss of rights undoes: what the device said apart from that. Those of the longest standing are heard first. */
  #undone(valid: readonly PlacedRecord[]): ReadonlySet<PlacedRecord> {
    const standing = standingOf(this.#genesis, valid)
    const undone = new Set<PlacedRecord>()
    const heard = new Set<PlacedRecord>()
    for (const taking of valid.filter(takesRights).sort((a, b) => (standing.get(a.by) ?? 0) - (standing.get(b.by) ?? 0))) {
      if (undone.size > 0 && !this.#counting(valid, undone).includes(taking)) continue
      heard.add(taking)
      for (const other of valid) {
        const isOfLoser = other.by === taking.record.device && (taking.record.op === 'remove' || other.record.op !== 'self')
        if (isOfLoser && !heard.has(other) && this.#areApart(taking, other)) undone.add(other)
      }
    }
    return undone
  }

  /** Records that are not undone and whose authors still had the right without those that are: nobody stays whom the undone let in. */
  #counting(valid: readonly PlacedRecord[], undone: ReadonlySet<PlacedRecord>): readonly PlacedRecord[] {
    if (undone.size === 0) return valid
    const counting: PlacedRecord[] = []
    for (const record of valid) {
      const past = this.#pastOf(hashKey(record.hash))
      const members = membersBy(this.#genesis, counting.filter(earlier => past.has(hashKey(earlier.hash))))
      if (!undone.has(record) && refusalBy(members, record) === undefined) counting.push(record)
    }
    return counting
  }

  #areApart(a: PlacedRecord, b: PlacedRecord): boolean {
    return !this.#pastOf(hashKey(a.hash)).has(hashKey(b.hash)) && !this.#pastOf(hashKey(b.hash)).has(hashKey(a.hash))
  }
}

/** Who has been there longer: the founder, then in the order in which records first named devices. */
function standingOf(genesis: Genesis, order: readonly PlacedRecord[]): ReadonlyMap<DeviceId, number> {
  const standing = new Map<DeviceId, number>([[genesis.founder, 0]])
  for (const { record } of order) if (!standing.has(record.device)) standing.set(record.device, standing.size)
  return standing
}

const founderOf = (genesis: Genesis): Member => ({
  id: genesis.founder, name: genesis.founderName, role: 'admin', addresses: [], epoch: 0, addedAt: genesis.at, addedBy: genesis.founder, removed: false
})

/** Why a record does not count by these members; undefined when it does. */
function refusalBy(members: ReadonlyMap<DeviceId, Member>, { by, epoch, record }: PlacedRecord): string | undefined {
  const author = members.get(by)
  if (author === undefined || author.removed) return 'its author is no member'
  if (record.op === 'self') {
    // A member begins its next epoch by saying so, in the first step of its new log.
    return record.device === by && record.epoch === epoch && epoch >= author.epoch ? undefined : 'a member speaks of itself only, and goes on in its epoch or a later one'
  }
  if (epoch !== author.epoch) return wrongEpoch(epoch, author.epoch)
  return author.role === 'admin' ? undefined : `its author is a ${author.role}, not an admin`
}

/** @param counting in an order in which each follows what it has seen */
function membersBy(genesis: Genesis, counting: readonly PlacedRecord[]): ReadonlyMap<DeviceId, Member> {
  const members = new Map<DeviceId, Member>([[genesis.founder, founderOf(genesis)]])
  for (const record of counting) applyRecord(members, record)
  return members
}

function applyRecord(members: Map<DeviceId, Member>, { record, by, at }: PlacedRecord): void {
  const { device: id, name, role, addresses } = record
  const known = members.get(id)
  const epoch = Math.max(record.epoch, known?.epoch ?? 0)
  if (record.op === 'add') members.set(id, { id, name, role, addresses, epoch, addedAt: known?.addedAt ?? at, addedBy: known?.addedBy ?? by, removed: false })
  else if (known === undefined) return
  else if (record.op === 'role') members.set(id, { ...known, role })
  else if (record.op === 'self') members.set(id, { ...known, name, addresses, epoch })
  else members.set(id, { ...known, removed: true })
}

const wrongEpoch = (epoch: number, now: number): string => `it is of epoch ${epoch}, but its author is in epoch ${now}`

const takesRights = ({ record }: PlacedRecord): boolean => record.op === 'remove' || (record.op === 'role' && record.role !== 'admin')

function cutAt(record: MemberRecord, step: Step): number {
  const name = cutName(step.document, step.epoch)
  return record.cuts.find(([log]) => log === name)?.[1] ?? 0
}

/** What each role may put into logs. Receipts say what a device holds: every member's do. */
function mayDo(role: Role, kind: EnvelopeKind): boolean {
  // Membership records have rules of their own, which look at what they say.
  return kind === 'receipt' || kind === 'member' || role !== 'reader'
}
