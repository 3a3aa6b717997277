import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HashSet, hashKey } from '../../../src/model/index.ts'
import { seededChance } from '../../../src/runtime/index.ts'

/** Hashes that often share their first bytes, so that slots clash. */
const hash = fc.uint8Array({ minLength: 32, maxLength: 32, max: 3 })

describe('a set of hashes', () => {
  it('holds what a plain set holds, in the order added', () => {
    fc.assert(fc.property(fc.array(hash, { maxLength: 300 }), fc.array(hash), (added, others) => {
      const set = new HashSet()
      const plain = new Set<string>()
      for (const hash of added) {
        expect(set.add(hash)).toBe(!plain.has(hashKey(hash)))
        plain.add(hashKey(hash))
      }
      expect(set.size).toBe(plain.size)
      for (const hash of [...added, ...others]) expect(set.has(hash)).toBe(plain.has(hashKey(hash)))
      expect([...set].map(hashKey)).toEqual([...plain])
      expect([...set.batches(7)].flatMap(batch => batch.map(hashKey))).toEqual([...plain])
      expect(hashKey(set.flat())).toBe([...plain].join(''))
    }), { examples: [[[new Uint8Array(32)], []]] })
  })

  it('grows over several blocks', () => {
    const seed = 7
    const bytes = seededChance(seed).bytes(150_000 * 4)
    const set = new HashSet()
    const one = new Uint8Array(32)
    let added = 0
    for (let i = 0; i < 150_000; i++) {
      one.set(bytes.subarray(i * 4, i * 4 + 4))
      new DataView(one.buffer).setUint32(8, i)
      if (set.add(one)) added++
    }
    expect(added).toBe(150_000)
    expect(set.size).toBe(150_000)
    expect(set.flat().length).toBe(150_000 * 32)
    expect(set.flat().subarray(-32)).toEqual(one)
    expect(set.add(one)).toBe(false)
  })
})
