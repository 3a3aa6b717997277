import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blake3 } from '../../../src/chunks/index.ts'
import type { DeviceId } from '../../../src/model/index.ts'
import { type Genesis, type MemberRecord, type PlacedRecord, type Step, Members, readMemberRecord, writeMemberRecord } from '../../../src/trust/index.ts'

const id = (name: string): DeviceId => name as DeviceId
const genesis: Genesis = { founder: id('F'), founderName: 'Founder', at: 1 }

let made = 0
/** A record by `by` on `device`, behind others. */
function placed(by: string, op: MemberRecord['op'], device: string, seen: readonly PlacedRecord[] = [], role: MemberRecord['role'] = 'admin', more: Partial<MemberRecord & { at: number }> = {}): PlacedRecord {
  const record: MemberRecord = { op, device: id(device), name: device, role, addresses: [], epoch: 0, cuts: [], ...more }
  return { hash: blake3(Buffer.from(`${made++}`)), by: id(by), epoch: 0, at: 5, seen: seen.map(item => item.hash), record }
}

/** Members of these records, each added as soon as what it follows is there. */
function membersOf(records: readonly PlacedRecord[]): Members {
  const members = new Members(genesis)
  for (let left = records; left.length > 0;) {
    const ready = left.filter(record => record.seen.every(hash => members.has(hash)))
    for (const record of ready) members.add(record)
    left = left.filter(record => !ready.includes(record))
  }
  return members
}
const fold = (...records: readonly PlacedRecord[]) => membersOf(records).now().members
const standing = (members: ReturnType<typeof fold>): string[] => [...members.values()].filter(member => !member.removed).map(member => `${member.id}:${member.role}`).sort()

describe('members', () => {
  it('are the founder and whom admins added', () => {
    const a = placed('F', 'add', 'A')
    const b = placed('A', 'add', 'B', [a], 'writer')
    expect(standing(fold(a, b))).toEqual(['A:admin', 'B:writer', 'F:admin'])
    expect(membersOf([a, b]).now().heads).toEqual([b.hash])
    expect(standing(membersOf([a, b]).asSeen([a.hash]).members)).toEqual(['A:admin', 'F:admin'])
  })

  it('are not added by writers, readers, strangers or people in what the record had not seen', () => {
    const w = placed('F', 'add', 'W', [], 'writer')
    const r = placed('F', 'add', 'R', [], 'reader')
    const a = placed('F', 'add', 'A')
    const bad = [placed('W', 'add', 'X', [w]), placed('R', 'add', 'X', [r]), placed('N', 'add', 'X', [a]), placed('A', 'add', 'X', [])]
    expect(standing(fold(w, r, a, ...bad))).toEqual(['A:admin', 'F:admin', 'R:reader', 'W:writer'])
  })

  it('change their role, are removed and come back', () => {
    const a = placed('F', 'add', 'A')
    const role = placed('F', 'role', 'A', [a], 'reader')
    const removed = placed('F', 'remove', 'A', [role])
    const again = placed('F', 'add', 'A', [removed], 'writer')
    expect(standing(fold(a, role))).toEqual(['A:reader', 'F:admin'])
    expect(standing(fold(a, role, removed))).toEqual(['F:admin'])
    expect(standing(fold(a, role, removed, again))).toEqual(['A:writer', 'F:admin'])
  })

  it('who were removed did nothing meanwhile, whatever the hashes are; nor did those they let in', () => {
    for (let i = 0; i < 30; i++) {
      const a = placed('F', 'add', 'A')
      const removed = placed('F', 'remove', 'A', [a])
      const friend = placed('A', 'add', 'X', [a])
      const revenge = placed('X', 'remove', 'F', [friend])
      const before = placed('A', 'add', 'B', [a], 'writer')
      const seenRemoved = placed('F', 'remove', 'A', [before])
      expect(standing(fold(a, removed, friend, revenge))).toEqual(['F:admin'])
      expect(standing(fold(a, before, seenRemoved))).toEqual(['B:writer', 'F:admin'])
    }
  })

  it('who remove each other: the one who has been here longer stays', () => {
    for (let i = 0; i < 20; i++) {
      const a = placed('F', 'add', 'A')
      const b = placed('F', 'add', 'B', [a])
      // B pretends to have seen little; that brings it nothing.
      expect(standing(fold(a, b, placed('A', 'remove', 'B', [b]), placed('B', 'remove', 'A', [b])))).toEqual(['A:admin', 'F:admin'])
    }
  })

  it('are the same in whatever order records are kept', () => {
    const names = ['A', 'B', 'C', 'D']
    const step = fc.record({ by: fc.constantFrom('F', ...names), op: fc.constantFrom('add', 'role', 'remove'), device: fc.constantFrom(...names), role: fc.constantFrom('admin', 'writer', 'reader'), seen: fc.array(fc.nat(), { maxLength: 2 }) })
    fc.assert(fc.property(fc.array(step, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (steps, order) => {
      const records: PlacedRecord[] = []
      for (const { by, op, device, role, seen } of steps) {
        const before = records.length === 0 ? [] : seen.map(n => records[n % records.length]).filter(item => item !== undefined)
        records.push(placed(by, op as MemberRecord['op'], device, before, role as MemberRecord['role']))
      }
      const shuffled = records.map(record => ({ record, at: order.next().value as number })).sort((x, y) => x.at - y.at).map(item => item.record)
      expect(membersOf(shuffled).now()).toEqual(membersOf(records).now())
    }), { numRuns: 150 })
  })

  it('records come back as written, and others are refused', () => {
    const record: MemberRecord = { op: 'remove', device: id('A'), name: 'Ann', role: 'writer', addresses: ['/ip4/127.0.0.1/tcp/1'], epoch: 2, cuts: [['abc', 4], ['def.1', 7]] }
    expect(readMemberRecord(writeMemberRecord(record))).toEqual(record)
    fc.assert(fc.property(fc.uint8Array(), bytes => { expect(() => readMemberRecord(bytes)).toThrow() }), { numRuns: 100 })
  })

  it('speak of themselves, in their epoch or a later one, and never of others', () => {
    const w = placed('F', 'add', 'W', [], 'writer')
    const self = { ...placed('W', 'self', 'W', [w], 'writer', { name: 'Wanda', addresses: ['/ip4/1.2.3.4/tcp/1'] }) }
    expect(membersOf([w, self]).now().members.get(id('W'))).toMatchObject({ name: 'Wanda', role: 'writer', addresses: ['/ip4/1.2.3.4/tcp/1'], epoch: 0 })
    const grabs = placed('W', 'self', 'W', [w], 'admin')
    expect(standing(fold(w, grabs))).toEqual(['F:admin', 'W:writer'])
    expect(membersOf([w]).refusalOf(placed('W', 'self', 'F', [w]))).toContain('itself')
    const next = { ...placed('W', 'self', 'W', [w], 'writer', { epoch: 1 }), epoch: 1 }
    expect(membersOf([w, next]).now().members.get(id('W'))?.epoch).toBe(1)
    expect(membersOf([w, next]).refusalOf({ ...placed('W', 'self', 'W', [next], 'writer'), epoch: 0 })).toContain('epoch')
  })

  it('count up to where they were when somebody took their rights, unless they knew', () => {
    const w = placed('F', 'add', 'W', [], 'writer')
    const removed = placed('F', 'remove', 'W', [w], 'writer', { cuts: [['doc', 3]] })
    const demoted = placed('F', 'role', 'W', [w], 'reader', { cuts: [['doc', 3]] })
    const step = (seq: number, kind: 'change' | 'receipt' = 'change', document = 'doc'): Step => ({ document, device: id('W'), epoch: 0, seq, kind, seen: [w.hash] })
    for (const members of [membersOf([w, removed]), membersOf([w, demoted])]) {
      expect([3, 4].map(seq => members.isCut(step(seq)))).toEqual([false, true])
      expect(members.isCut(step(1, 'change', 'other'))).toBe(true)
      expect(members.refusal(step(4))).toBeUndefined()
    }
    expect(membersOf([w, demoted]).isCut(step(4, 'receipt'))).toBe(false)
    expect(membersOf([w, removed]).isCut(step(4, 'receipt'))).toBe(true)
    expect(membersOf([w, removed]).refusal({ ...step(4), seen: [removed.hash] })).toContain('no member')
    expect(membersOf([w, demoted]).refusal({ ...step(4), seen: [demoted.hash] })).toContain('a reader')
  })
})
