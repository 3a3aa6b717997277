import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blake3 } from '../../../src/chunks/index.ts'
import { type DeviceId, hashKey } from '../../../src/model/index.ts'
import { type Genesis, type MemberRecord, type PlacedRecord, foldMembers, readMemberRecord, writeMemberRecord } from '../../../src/trust/index.ts'

const id = (name: string): DeviceId => name as DeviceId
const genesis: Genesis = { founder: id('F'), founderName: 'Founder', at: 1 }

let made = 0
/** A record by `by` on `device`, behind others. */
function placed(by: string, op: MemberRecord['op'], device: string, seen: readonly PlacedRecord[] = [], role: MemberRecord['role'] = 'admin'): PlacedRecord {
  const record: MemberRecord = { op, device: id(device), name: device, role, addresses: [], cuts: [] }
  return { hash: blake3(Buffer.from(`${made++}`)), by: id(by), at: 5, seen: seen.map(item => item.hash), record }
}

const setOf = (records: readonly PlacedRecord[]): Map<string, PlacedRecord> => new Map(records.map(item => [hashKey(item.hash), item]))
const fold = (...records: readonly PlacedRecord[]) => foldMembers(genesis, setOf(records)).members
const standing = (members: ReturnType<typeof fold>): string[] => [...members.values()].filter(member => !member.removed).map(member => `${member.id}:${member.role}`).sort()

describe('members', () => {
  it('are the founder and whom admins added', () => {
    const a = placed('F', 'add', 'A')
    const b = placed('A', 'add', 'B', [a], 'writer')
    expect(standing(fold(a, b))).toEqual(['A:admin', 'B:writer', 'F:admin'])
    expect(foldMembers(genesis, setOf([a, b])).heads).toEqual([b.hash])
    expect(standing(foldMembers(genesis, setOf([a, b]), [a.hash]).members)).toEqual(['A:admin', 'F:admin'])
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
        records.push(placed(by, op, device, before, role))
      }
      const shuffled = records.map(record => ({ record, at: order.next().value as number })).sort((x, y) => x.at - y.at).map(item => item.record)
      expect(foldMembers(genesis, setOf(shuffled))).toEqual(foldMembers(genesis, setOf(records)))
    }), { numRuns: 150 })
  })

  it('records come back as written, and others are refused', () => {
    const record: MemberRecord = { op: 'remove', device: id('A'), name: 'Ann', role: 'writer', addresses: ['/ip4/127.0.0.1/tcp/1'], cuts: [{ document: 'abc', seq: 4 }] }
    expect(readMemberRecord(writeMemberRecord(record))).toEqual(record)
    fc.assert(fc.property(fc.uint8Array(), bytes => { expect(() => readMemberRecord(bytes)).toThrow() }), { numRuns: 100 })
  })
})
