import type { yamux } from '@chainsafe/libp2p-yamux'
import { mended } from './muxers.ts'

type Make = ReturnType<typeof yamux>

/** What there is of a multiplexer below its type. */
interface Sending { sendFrame?: (header: { readonly type: number }, ...rest: never[]) => boolean }

/** Frames that carry what a stream's user sent: he hears that they could not go. */
const DATA = 0

/**
 * Yamux that drops what it has to say about streams of a connection that is closed. As it comes (@chainsafe/libp2p-yamux 8), it answers a
 * stream that a peer opens in a microtask: where the connection was closed in between, that throws where nobody can catch it, and ends the
 * process. Any peer could do that.
 */
export const withoutLateFrames = (make: Make): Make => mended<Sending>(make, (inner, connection) => {
  const { sendFrame } = inner
  // Another release may send elsewhere: then it goes on as it comes.
  if (sendFrame !== undefined) inner.sendFrame = (header, ...rest) => header.type !== DATA && isClosed(connection) ? false : sendFrame.call(inner, header, ...rest)
})

function isClosed(connection: object): boolean {
  const { writeStatus } = connection as { readonly writeStatus?: unknown }
  return writeStatus === 'closing' || writeStatus === 'closed'
}
