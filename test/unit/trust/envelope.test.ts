import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES, MAX_SEEN, type Envelope, type PublishRecord, deviceFromSeed, makeGenesis, loadOrCreateDevice,
  readEnvelope, readGenesis, readPublishRecord, readReceipt, signEnvelope, verifyBy, verifyEnvelopes, workspaceOf, writePublishRecord, writeReceipt } from '../../../src/trust/index.ts'
import { systemChance } from '../../../src/runtime/index.ts'
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
    const signature = a.sign('shoal/one/1', bytes)
    expect(verifyBy(a.id, 'shoal/one/1', bytes, signature)).toBe(true)
    expect(verifyBy(a.id, 'shoal/two/1', bytes, signature)).toBe(false)
    expect(verifyBy(b.id, 'shoal/one/1', bytes, signature)).toBe(false)
    expect(verifyBy(a.id, 'shoal/one/1', Uint8Array.of(1, 2), signature)).toBe(false)
    expect(verifyBy(a.id, 'shoal/one/1', bytes, signature.subarray(1))).toBe(false)
    expect(verifyBy(nobody, 'shoal/one/1', bytes, signature)).toBe(false)
  })
})

describe('the key file', () => {
  it('is made once, readable by its owner only, and damage is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-key-'))
    try {
      const path = join(folder, 'device.key')
      const made = loadOrCreateDevice(path, systemChance)
      expect(loadOrCreateDevice(path, systemChance).id).toBe(made.id)
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      await chmod(path, 0o644)
      loadOrCreateDevice(path, systemChance)
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      await writeFile(path, 'abc')
      expect(() => loadOrCreateDevice(path, systemChance)).toThrow(expect.objectContaining({ code: 'HOME_INVALID' }))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('publish records and receipts', () => {
  const hash = (n: number): Uint8Array => new Uint8Array(32).fill(n)
  const record: PublishRecord = {
    dataset: 'a'.repeat(26) as PublishRecord['dataset'], version: 'b'.repeat(26) as PublishRecord['version'], number: '1.2.0-rc.1+5', name: 'snapshot', tree: hash(1), commit: hash(2), over: [hash(7)], files: 3,
    links: 0, bytes: 2 ** 45, parents: [hash(1), hash(2)], message: 'done', from: ['c'.repeat(26) as PublishRecord['version']], mode: 'inherit', metadata: '{"a":1}', maskLabels: '{}', heads: [hash(4)], after: []
  }

  it('come back as written', () => {
    expect(readPublishRecord(writePublishRecord(record))).toEqual(record)
    expect(readReceipt(writeReceipt({ record: hash(9) }))).toEqual({ record: hash(9) })
  })

  it.each([
    ['a number that is none', { number: '1.0' }], ['a number with a leading zero', { number: '01.0.0' }], ['a version that is none', { version: 'x' as never }], ['a short tree', { tree: new Uint8Array(31) }],
    ['a parent that is none', { from: ['x' as never] }], ['a mode nobody knows', { mode: 'other' as never }], ['records out of order', { after: [hash(2), hash(1)] }]
  ])('are refused with %s', (_, changes: Partial<PublishRecord>) => {
    expect(() => readPublishRecord(writePublishRecord({ ...record, ...changes }))).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
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

const isSigned = async (envelope: Envelope): Promise<boolean> => (await verifyEnvelopes([envelope]))[0] === true

const isTaken = async (bytes: Uint8Array): Promise<boolean> => {
  let envelope: Envelope
  try {
    envelope = readEnvelope(bytes)
  } catch {
    return false
  }
  return isSigned(envelope)
}

describe('envelopes', () => {
  it('come back as they were signed', async () => {
    const { bytes, hash } = signEnvelope(device(1), draft())
    const envelope = readEnvelope(bytes)
    expect(envelope).toMatchObject({ ...draft(), device: device(1).id, hash })
    expect(await isSigned(envelope)).toBe(true)
  })

  it('are refused with any byte changed, cut off or added', async () => {
    const { bytes } = signEnvelope(device(1), draft())
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => !await isTaken(flipped(bytes, at, mask))), { numRuns: 1500 })
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), async length => !await isTaken(bytes.subarray(0, length))), { numRuns: 100 })
    expect(await isTaken(Uint8Array.of(...bytes, 0))).toBe(false)
  })

  it('never break the reader, whatever comes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async bytes => !await isTaken(bytes)), { numRuns: 500 })
    expect(await isTaken(new Uint8Array(200_000).fill(0x81))).toBe(false) // Lists in lists: deeper than any stack.
  })

  it.each([
    ['a time behind the year 9999', { at: 253_402_300_800_000 }], ['step 0', { seq: 0 }], ['a short hash before it', { previous: new Uint8Array(31) }],
    ['a document with a slash', { document: 'abc/def' }], ['a document without a name', { document: '' }], ['a kind nobody knows', { kind: 'other' as never }],
    ['what it has seen out of order', { seen: [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)] }], ['something seen twice', { seen: [new Uint8Array(32), new Uint8Array(32)] }],
    ['a short hash seen', { seen: [new Uint8Array(3)] }]
  ])('are refused with %s', (_, changes) => {
    expect(() => readEnvelope(signEnvelope(device(1), draft(changes)).bytes)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
  })

  it('are not signed beyond their limits', () => {
    expect(() => signEnvelope(device(1), draft({ body: new Uint8Array(MAX_BODY_BYTES + 1) }))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    expect(() => signEnvelope(device(1), draft({ seen: Array.from({ length: MAX_SEEN + 1 }, () => new Uint8Array(32)) }))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})
