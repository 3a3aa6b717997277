import { setTimeout as sleep } from 'node:timers/promises'
import { yamux } from '@chainsafe/libp2p-yamux'
import { expect, it } from 'vitest'
import { withoutLateFrames } from '../../../src/peers/late-frames.ts'

type Make = ReturnType<typeof yamux>

const quiet = Object.assign(() => undefined, { trace: () => undefined, error: () => undefined, enabled: false, newScope: () => quiet })

/** A connection as far as a multiplexer needs it; it tells what kinds of frames it is given to send, before it is closed and after. */
class Connection extends EventTarget {
  readonly direction = 'outbound'
  readonly log: unknown = quiet
  writeStatus = 'writable'
  readonly sent: string[] = []

  send(data: { subarray(): Uint8Array }): boolean {
    this.sent.push(`${this.writeStatus} ${data.subarray()[1] === 0 ? 'data' : 'other'}`)
    return true
  }

  abort(): void { this.writeStatus = 'closed' }
}

function muxed(make: Make) {
  const connection = new Connection()
  return { connection, muxer: make().createStreamMuxer(connection as unknown as Parameters<ReturnType<Make>['createStreamMuxer']>[0]) }
}

const PLAIN: Make = yamux({ enableKeepAlive: false })

/** A stream is opened, and the connection begins to close before the multiplexer says so: on a real one that throws where nobody can catch it. */
async function sentWhenItGoes(make: Make): Promise<readonly string[]> {
  const { connection, muxer } = muxed(make)
  const opening = muxer.createStream()
  connection.writeStatus = 'closing'
  await opening
  await sleep(0)
  return connection.sent
}

it('a stream that is opened as its connection closes is not announced any more', async () => {
  expect(await sentWhenItGoes(PLAIN)).toEqual(['closing other'])
  expect(await sentWhenItGoes(withoutLateFrames(PLAIN))).toEqual([])
})

it('an open connection is told all, and what a stream\'s user sends is never dropped in silence', async () => {
  const { connection, muxer } = muxed(withoutLateFrames(PLAIN))
  const stream = await muxer.createStream()
  await sleep(0)
  expect(connection.sent).toEqual(['writable other'])
  stream.send(Uint8Array.of(1, 2, 3))
  connection.writeStatus = 'closing'
  stream.send(Uint8Array.of(4, 5, 6))
  expect(connection.sent).toEqual(['writable other', 'writable data', 'closing data'])
})
