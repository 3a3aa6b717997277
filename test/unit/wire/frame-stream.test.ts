import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stream } from '@libp2p/interface'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ShoalError } from '../../../src/errors/index.ts'
import { FRAME, FrameStream, MAX_FRAME_BYTES, RECEIVE_HIGH_BYTES, SEND_HIGH_BYTES, encodeFrame, headsMessage, type FrameStreamOptions, type RawStream } from '../../../src/wire/index.ts'
import { twoNodes, type TwoNodes } from './two-streams.ts'

const WAIT = 20_000
const MIB = 2 ** 20
let nodes: TwoNodes

beforeAll(async () => { nodes = await twoNodes() })
afterAll(async () => { await nodes.stop() })

const framed = (stream: Stream, options: Partial<FrameStreamOptions> = {}): FrameStream => new FrameStream(stream as RawStream, { peer: 'peer', ...options })

async function pair(options: Partial<FrameStreamOptions> = {}): Promise<{ near: FrameStream, far: FrameStream, raw: { near: Stream, far: Stream } }> {
  const raw = await nodes.open()
  return { near: framed(raw.near, options), far: framed(raw.far, options), raw }
}

describe('a framed stream', () => {
  it('delivers frames of all sizes in order, both ways at once, and ends cleanly', async () => {
    const { near, far } = await pair()
    const sizes = [0, 1, 4, 5, 100, 65_535, 65_536, 256 * 1024, MAX_FRAME_BYTES - 1, 3, MAX_FRAME_BYTES - 1]
    const bodies = sizes.map(size => randomBytes(size))
    const write = async (stream: FrameStream): Promise<void> => {
      await Promise.all(bodies.map(body => stream.send(encodeFrame(FRAME.chunks, body))))
    }
    const read = async (stream: FrameStream): Promise<void> => {
      for (const body of bodies) expect(Buffer.compare((await stream.receive(WAIT))?.body ?? Buffer.of(), body)).toBe(0)
    }
    await Promise.all([write(near), write(far), read(near), read(far)])
    const ends = [near.close(), far.receive(WAIT)]
    expect(await ends[1]).toBeUndefined()
    await Promise.all([...ends, far.close()])
    expect([near.failure, far.failure]).toEqual([undefined, undefined])
  })

  it('delivers what was sent before the other side closed, also to a reader that was stopped', async () => {
    const { near, far } = await pair()
    const sent = (async () => {
      for (let i = 0; i < 24; i++) await near.send(encodeFrame(FRAME.chunks, Buffer.alloc(256 * 1024, i)))
      await near.close()
    })()
    await sleep(200)
    for (let i = 0; i < 24; i++) expect((await far.receive(WAIT))?.body[7]).toBe(i)
    expect(await far.receive(WAIT)).toBeUndefined()
    await Promise.all([sent, far.close()])
  })

  it('makes a fast sender wait for a slow reader: neither side piles up', async () => {
    const { near, far, raw } = await pair()
    let sent = 0
    const writing = (async () => {
      for (let i = 0; i < 256; i++) {
        await near.send(encodeFrame(FRAME.chunks, Buffer.alloc(256 * 1024)))
        sent += 256 * 1024
      }
    })()
    for (let before = -1; sent > before; await sleep(500)) before = sent
    // What is under way at most: what the reader holds, its stream's buffer and the sender's.
    expect(sent).toBeLessThan(RECEIVE_HIGH_BYTES + 4 * MIB + SEND_HIGH_BYTES + 2 * MIB)
    expect(raw.near.writeBufferLength).toBeLessThan(SEND_HIGH_BYTES + MAX_FRAME_BYTES)
    for (let i = 0; i < 256; i++) {
      await far.receive(WAIT)
      if (i % 64 === 0) await sleep(20)
      expect(raw.far.readBufferLength).toBeLessThanOrEqual(4 * MIB)
    }
    await writing
    expect(sent).toBe(64 * MIB)
    await Promise.all([near.close(), far.close()])
  })

  it('gives up a reader that takes nothing', async () => {
    const { near } = await pair({ progress: { bytes: 64 * 1024, windowMs: 300 } })
    const begun = performance.now()
    const writing = async (): Promise<void> => {
      for (;;) await near.send(encodeFrame(FRAME.chunks, Buffer.alloc(MIB)))
    }
    await expect(writing()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(performance.now() - begun).toBeLessThan(WAIT)
  })

  it('gives up a sender that says nothing, and one that drips', async () => {
    const silent = await pair()
    await expect(silent.far.receive(200)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(silent.near.receive(WAIT)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })

    const dripping = await nodes.open()
    const far = framed(dripping.far, { progress: { bytes: 64 * 1024, windowMs: 300 } })
    const frame = encodeFrame(FRAME.chunks, Buffer.alloc(100_000))
    const drip = setInterval(() => { if (dripping.near.writeStatus === 'writable') dripping.near.send(frame.subarray(0, 2)) }, 20)
    const begun = performance.now()
    await expect(far.receive(WAIT)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    clearInterval(drip)
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  it('is not fooled into piling up by a reader that gives windows of a byte', async () => {
    const raw = await nodes.open()
    raw.far.pause()
    const near = framed(raw.near)
    let sent = 0
    const writing = (async () => {
      for (;;) {
        await near.send(encodeFrame(FRAME.chunks, Buffer.alloc(256 * 1024)))
        sent += 256 * 1024
      }
    })()
    const written = expect(writing).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await sleep(300)
    // What a hostile reader's window updates look like to the sender: a drain event each, and next to no room.
    for (let i = 0; i < 200; i++) {
      raw.near.dispatchEvent(new Event('drain'))
      await sleep(1)
    }
    expect(raw.near.status).toBe('open')
    expect(sent).toBeLessThan(16 * MIB)
    expect(raw.near.writeBufferLength).toBeLessThanOrEqual(SEND_HIGH_BYTES + 256 * 1024 + 5)
    raw.far.abort(new Error('done'))
    await written
  })

  it('cuts a sender of too long a frame, of an unknown one, of a bad message, and one that ends within a frame', async () => {
    const attacks: readonly Uint8Array[] = [
      Buffer.from([0xff, 0xff, 0xff, 0xff, FRAME.chunks]),
      Buffer.from([0, 0, 0, 1, 0xee]),
      Buffer.from([0, 0, 0, 9, FRAME.chunks, 1])
    ]
    for (const attack of attacks) {
      const raw = await nodes.open()
      const far = framed(raw.far)
      raw.near.send(attack)
      await raw.near.close()
      await expect(far.receive(WAIT)).rejects.toMatchObject({ code: 'PEER_MISBEHAVED' })
      expect(raw.far.status).toBe('aborted')
    }
    const { near, far } = await pair()
    await near.send(encodeFrame(FRAME.heads, Buffer.from([0x81])))
    await expect(far.expectMessage(FRAME.heads, headsMessage, WAIT)).rejects.toMatchObject({ code: 'PEER_MISBEHAVED' })
    await expect(near.receive(WAIT)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  })

  it('tells the other side why it ends, and hears it', async () => {
    const { near, far } = await pair()
    const told = near.refuse(new ShoalError('INVITE_EXPIRED', 'the invite expired at noon'))
    await expect(far.receive(WAIT)).rejects.toMatchObject({ code: 'INVITE_EXPIRED', message: expect.stringContaining('noon') as string })
    await Promise.all([told, far.close()])
  })

  it('ends every wait when its signal fires or it is cut', async () => {
    const { near, far } = await pair()
    const controller = new AbortController()
    const waiting = near.receive(WAIT, controller.signal)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(far.receive(WAIT)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await expect(near.send(encodeFrame(FRAME.tick, Buffer.of()))).rejects.toMatchObject({ code: 'CANCELLED' })
    await Promise.all([near.close(), far.close(), near.refuse(new Error('late'))])
  })

  it('closes also when the other side never does, within its deadline', async () => {
    const raw = await nodes.open()
    const near = framed(raw.near)
    const begun = performance.now()
    await near.close()
    expect(performance.now() - begun).toBeLessThan(10_000)
    expect(raw.near.status).toBe('aborted')
  })
})
