import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isShoalError } from '../../../src/errors/index.ts'
import { ByteQueue } from '../../../src/wire/bytes.ts'
import { FRAME, encodeFrame, takeFrame, type Frame } from '../../../src/wire/frame.ts'
import { MAX_FRAME_BYTES } from '../../../src/wire/limits.ts'

/** Cuts bytes into pieces at the given places (as fractions). */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map(place => Math.floor(place * bytes.byteLength)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.slice(from, at[i] ?? bytes.byteLength))
}

const types = fc.constantFrom(...Object.values(FRAME))
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })

describe('frames', () => {
  it('come out as they went in, however their bytes are cut', () => {
    fc.assert(fc.property(fc.array(fc.record({ type: types, body: fc.uint8Array({ maxLength: 200 }) }), { maxLength: 20 }), places, (frames, places) => {
      const queue = new ByteQueue()
      const seen: Frame[] = []
      for (const piece of cut(Buffer.concat(frames.map(frame => encodeFrame(frame.type, frame.body))), places)) {
        queue.push(piece)
        for (let frame = takeFrame(queue); frame !== undefined; frame = takeFrame(queue)) seen.push(frame)
      }
      expect(seen.map(frame => [frame.type, [...frame.body]])).toEqual(frames.map(frame => [frame.type, [...frame.body]]))
      expect(queue.length).toBe(0)
    }))
  })

  it('of any bytes are frames, incomplete, or a broken protocol; never anything else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), places, (bytes, places) => {
      const queue = new ByteQueue()
      try {
        for (const piece of cut(bytes, places)) {
          queue.push(piece)
          while (takeFrame(queue) !== undefined);
        }
      } catch (error) {
        expect(isShoalError(error, 'PEER_MISBEHAVED')).toBe(true)
      }
    }), { numRuns: 5_000 })
  })

  it('too long are refused before their bytes arrive', () => {
    for (const length of [MAX_FRAME_BYTES + 1, 0x7fffffff, 0x80000000, 0xffffffff, 0]) {
      const queue = new ByteQueue()
      const header = Buffer.alloc(4)
      header.writeUInt32BE(length)
      queue.push(header)
      expect(() => takeFrame(queue)).toThrow(expect.objectContaining({ code: 'PEER_MISBEHAVED' }))
    }
    expect(() => encodeFrame(FRAME.chunks, new Uint8Array(MAX_FRAME_BYTES))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    const queue = new ByteQueue()
    queue.push(encodeFrame(FRAME.chunks, new Uint8Array(MAX_FRAME_BYTES - 1)))
    expect(takeFrame(queue)?.body.byteLength).toBe(MAX_FRAME_BYTES - 1)
  })

  it('taken from many small pieces cost no more than their bytes', () => {
    const queue = new ByteQueue()
    const frame = encodeFrame(FRAME.chunks, new Uint8Array(MAX_FRAME_BYTES - 1).fill(7))
    const begun = performance.now()
    for (let at = 0; at < frame.byteLength; at += 16) queue.push(frame.subarray(at, at + 16))
    expect(takeFrame(queue)?.body.every(byte => byte === 7)).toBe(true)
    expect(queue.length).toBe(0)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
