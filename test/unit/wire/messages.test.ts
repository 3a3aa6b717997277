import { encode } from 'cborg'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FAILURES, ShoalError, isShoalError, type FailureCode } from '../../../src/errors/index.ts'
import {
  agree, decodeMessage, encodeMessage, failureMessage, fromFailureMessage, headsMessage, helloMessage, helloOf, joinChallengeMessage, joinProofMessage,
  joinWelcomeMessage, markMessage, packChunks, placesMessage, whereMessage, packEnvelopes, packWant, toFailureMessage, unpackChunks, unpackEnvelopes, unpackWant, wantLogsMessage,
  MAX_FRAME_BYTES, MAX_HEADS, MAX_MESSAGE_BYTES, MAX_WANTED_CHUNKS, type ChunkAnswer, type HeadRow, type Message
} from '../../../src/wire/index.ts'

const KINDS: readonly Message<unknown>[] = [
  failureMessage, headsMessage, helloMessage, joinChallengeMessage, joinProofMessage, joinWelcomeMessage, markMessage, placesMessage, wantLogsMessage, whereMessage
] as Message<unknown>[]

const HEADER = 5
const bodyOf = (frame: Uint8Array): Uint8Array => frame.subarray(HEADER)
const hello = helloOf({ workspace: 'w', agent: 'shoal/0', name: 'Ada', addresses: ['/ip4/1.2.3.4/tcp/1'] })

/** Runs a decoder on bytes a peer could send; anything but a value or a broken protocol is a fault. */
function survives(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    if (!isShoalError(error, 'PEER_MISBEHAVED')) throw error
  }
}

describe('messages', () => {
  it('of random bytes and of random CBOR never do more than break the protocol', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      for (const kind of KINDS) survives(() => decodeMessage(kind, bytes))
      survives(() => unpackEnvelopes(bytes))
      survives(() => unpackChunks(bytes))
      survives(() => unpackWant(bytes))
    }), { numRuns: 3_000 })
    fc.assert(fc.property(fc.object({ maxDepth: 3, key: fc.constantFrom('code', 'detail', 'id', 'logs', 'heads', '__proto__', 'nonce', 'workspace'), withNullPrototype: false }), value => {
      for (const kind of KINDS) survives(() => decodeMessage(kind, encode(JSON.parse(JSON.stringify(value)))))
    }), { numRuns: 1_000 })
  })

  it('with every byte of them changed never do more than break the protocol', () => {
    const real = [
      [helloMessage, encodeMessage(helloMessage, hello)],
      [headsMessage, encodeMessage(headsMessage, { heads: [['doc', 'dev', 0, 3, new Uint8Array(32)]] as HeadRow[] })]
    ] as const
    for (const [kind, bytes] of real) {
      for (let at = 0; at < bytes.byteLength; at++) {
        for (const value of [0, 1, 0x1a, 0x1b, 0x5b, 0x7f, 0x9b, 0x9f, 0xbb, 0xbf, 0xd8, 0xfb, 0xff]) {
          const changed = bytes.slice()
          changed[at] = value
          survives(() => decodeMessage(kind as Message<unknown>, changed))
        }
      }
    }
  })

  it('that announce more than they hold, or nest without end, are refused at once', () => {
    const bombs = [
      Buffer.from([0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x5b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(MAX_MESSAGE_BYTES, 0x81),
      Buffer.alloc(MAX_MESSAGE_BYTES + 1)
    ]
    const before = process.memoryUsage().arrayBuffers
    for (const bomb of bombs) {
      for (const kind of KINDS) expect(() => decodeMessage(kind, bomb)).toThrow(expect.objectContaining({ code: 'PEER_MISBEHAVED' }))
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
  })

  it('come back as they were; fields of later versions are dropped', () => {
    expect(decodeMessage(helloMessage, encodeMessage(helloMessage, hello))).toEqual(hello)
    expect(decodeMessage(helloMessage, encode({ ...hello, later: [1] }))).toEqual(hello)
    const full = { heads: Array.from({ length: MAX_HEADS }, (_, i): HeadRow => [`document-of-26-characters-${i}`, '12D3KooWAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 0, i + 1, new Uint8Array(32)]) }
    expect(decodeMessage(headsMessage, encodeMessage(headsMessage, full)).heads).toHaveLength(MAX_HEADS)
  })

  it('a hello agrees on a revision and a workspace, or says why not', () => {
    expect(agree('w', hello)).toBe(1)
    expect(agree('w', { ...hello, revision: 7 })).toBe(1)
    expect(() => agree('w', { ...hello, revision: 7, oldest: 2 })).toThrow(expect.objectContaining({ code: 'PEER_INCOMPATIBLE' }))
    expect(() => agree('other', hello)).toThrow(expect.objectContaining({ code: 'NOT_ALLOWED' }))
  })
})

describe('failures', () => {
  it('of every code cross and come back under their code, INTERNAL ones as a broken protocol', () => {
    for (const code of Object.keys(FAILURES) as FailureCode[]) {
      const told = toFailureMessage(new ShoalError(code, `detail of ${code} at /home/ada/secret`))
      const back = fromFailureMessage(decodeMessage(failureMessage, encodeMessage(failureMessage, told)))
      expect(back.code).toBe(code === 'INTERNAL' ? 'PEER_MISBEHAVED' : code)
    }
    expect(fromFailureMessage({ code: 'FROM_THE_FUTURE', detail: 'x' }).code).toBe('PEER_MISBEHAVED')
    expect(fromFailureMessage({ code: '__proto__', detail: 'x' }).code).toBe('PEER_MISBEHAVED')
  })

  it('tell nothing about this machine', () => {
    expect(toFailureMessage(new Error('ENOENT /home/ada/secret')).detail).not.toContain('secret')
    expect(toFailureMessage(new ShoalError('SOURCE_UNREADABLE', '/home/ada/secret')).detail).not.toContain('secret')
    expect(toFailureMessage(new ShoalError('INVITE_USED', 'the invite was used')).detail).toBe('the invite was used')
  })
})

describe('bulk frames', () => {
  it('carry chunks in order, missing and damaged ones too, in frames of bounded size', () => {
    const answer = fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 100 }) }, fc.constantFrom<ChunkAnswer>('missing', 'damaged'))
    fc.assert(fc.property(fc.array(answer, { minLength: 1, maxLength: 50 }), fc.nat(0xffffffff), (answers, id) => {
      const read = [...packChunks(id, answers)].map(frame => unpackChunks(bodyOf(frame)))
      expect(read.every(part => part.id === id)).toBe(true)
      expect(read.flatMap(part => part.answers).map(part => typeof part === 'string' ? part : [...part])).toEqual(answers.map(part => typeof part === 'string' ? part : [...part]))
    }))
    const large = [...packChunks(1, Array.from({ length: 20 }, () => new Uint8Array(100_000)))]
    expect(large.length).toBeGreaterThan(5)
    expect(Math.max(...large.map(frame => frame.byteLength))).toBeLessThan(MAX_FRAME_BYTES)
    expect([...packChunks(1, [new Uint8Array(2 ** 20)])]).toHaveLength(1)
  })

  it('carry envelopes and wants', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { minLength: 1, maxLength: 50 }), envelopes => {
      const read = [...packEnvelopes(9, envelopes)].flatMap(frame => unpackEnvelopes(bodyOf(frame)).envelopes)
      expect(read.map(one => [...one])).toEqual(envelopes.map(one => [...one]))
    }))
    const hashes = Array.from({ length: MAX_WANTED_CHUNKS }, (_, i) => new Uint8Array(32).fill(i))
    expect(unpackWant(bodyOf(packWant({ id: 5, dataset: 'abc', hashes })))).toEqual({ id: 5, dataset: 'abc', hashes })
    expect(() => unpackWant(bodyOf(packWant({ id: 5, dataset: '', hashes })))).toThrow(expect.objectContaining({ code: 'PEER_MISBEHAVED' }))
    expect(() => unpackWant(bodyOf(packWant({ id: 5, dataset: 'abc', hashes: [...hashes, new Uint8Array(32)] })))).toThrow(expect.objectContaining({ code: 'PEER_MISBEHAVED' }))
  })
})
