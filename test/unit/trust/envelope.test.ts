import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES, type Envelope, deviceFromSeed, makeGenesis, readEnvelope, readGenesis, signEnvelope, verifyBy, verifyEnvelope, workspaceOf } from '../../../src/trust/index.ts'
import { device, draft, nobody } from './world.ts'

describe('devices', () => {
  it('have the id libp2p gives the same key', async () => {
    for (const n of [0, 1, 255]) {
      const seed = new Uint8Array(32).fill(n)
      const key = await generateKeyPairFromSeed('Ed25519', seed)
      expect(deviceFromSeed(seed).id).toBe(peerIdFromPrivateKey(key).toString())
    }
  })

  it('sign for one domain, one text and one key only', () => {
    const [a, b] = [device(1), device(2)]
    const bytes = Uint8Array.of(1, 2, 3)
    const signature = a.sign('one', bytes)
    expect(verifyBy(a.id, 'one', bytes, signature)).toBe(true)
    expect(verifyBy(a.id, 'two', bytes, signature)).toBe(false)
    expect(verifyBy(b.id, 'one', bytes, signature)).toBe(false)
    expect(verifyBy(a.id, 'one', Uint8Array.of(1, 2), signature)).toBe(false)
    expect(verifyBy(a.id, 'one', bytes, signature.subarray(1))).toBe(false)
    expect(verifyBy(nobody, 'one', bytes, signature)).toBe(false)
  })
})

describe('the genesis', () => {
  it('names its workspace and its founder; any flipped byte is refused', () => {
    const bytes = makeGenesis(device(1), 'Ann', 1000.5, new Uint8Array(16))
    expect(readGenesis(bytes)).toEqual({ founder: device(1).id, founderName: 'Ann', at: 1000 })
    expect(workspaceOf(bytes)).toMatch(/^[a-z2-7]{52}$/)
    expect(workspaceOf(makeGenesis(device(1), 'Ann', 1000, new Uint8Array(16).fill(1)))).not.toBe(workspaceOf(bytes))
    for (let i = 0; i < bytes.length; i++) expect(() => readGenesis(flipped(bytes, i, 1)), `byte ${i}`).toThrow()
  })
})

const flipped = (bytes: Uint8Array, at: number, mask: number): Uint8Array => bytes.map((byte, i) => i === at ? byte ^ mask : byte)

const isTaken = (bytes: Uint8Array): boolean => {
  let envelope: Envelope
  try {
    envelope = readEnvelope(bytes)
  } catch {
    return false
  }
  return verifyEnvelope(envelope)
}

describe('envelopes', () => {
  it('come back as they were signed', () => {
    const { bytes, hash } = signEnvelope(device(1), draft())
    const envelope = readEnvelope(bytes)
    expect(envelope).toMatchObject({ ...draft(), device: device(1).id, hash })
    expect(verifyEnvelope(envelope)).toBe(true)
  })

  it('are refused with any byte changed, cut off or added', () => {
    const { bytes } = signEnvelope(device(1), draft({ note: '[{"change":"dataset.edit"}]' }))
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => !isTaken(flipped(bytes, at, mask))), { numRuns: 1500 })
    fc.assert(fc.property(fc.nat(bytes.length - 1), length => !isTaken(bytes.subarray(0, length))), { numRuns: 100 })
    expect(isTaken(Uint8Array.of(...bytes, 0))).toBe(false)
  })

  it('never break the reader, whatever comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), bytes => !isTaken(bytes)), { numRuns: 500 })
    expect(isTaken(new Uint8Array(200_000).fill(0x81))).toBe(false) // Lists in lists: deeper than any stack.
  })

  it('may hold half a surrogate pair in their note, and are still read', () => {
    expect(isTaken(signEnvelope(device(1), draft({ note: 'a\ud800' })).bytes)).toBe(true)
  })

  it.each([
    ['a time without a date', { at: 8_640_000_000_000_001 }], ['step 0', { seq: 0 }], ['a short hash before it', { previous: new Uint8Array(31) }],
    ['a document with a slash', { document: 'abc/def' }], ['a document without a name', { document: '' }], ['a long note seen as text', { kind: 'other' as never }],
    ['a short hash seen', { seen: [new Uint8Array(3)] }]
  ])('are refused with %s', (_, changes) => {
    expect(() => readEnvelope(signEnvelope(device(1), draft(changes)).bytes)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
  })

  it('are not signed beyond their limits', () => {
    expect(() => signEnvelope(device(1), draft({ body: new Uint8Array(MAX_BODY_BYTES + 1) }))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    expect(() => signEnvelope(device(1), draft({ note: 'x'.repeat(20_000) }))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})
