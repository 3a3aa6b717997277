import type { yamux } from '@chainsafe/libp2p-yamux'
import { mended } from './muxers.ts'

type Make = ReturnType<typeof yamux>

/** What there is of a multiplexer's streams below its type. */
interface Windowed {
  /** Bytes the peer may send in all before it waits, and those of them it may send now. */
  recvWindow?: number
  recvWindowCapacity?: number
  state?: number
  getRTT?: () => number
  sendWindowUpdate?: () => void
}
interface Multiplexer { _newStream?: (...args: never) => Windowed }

/** The state of a stream both sides have agreed on, that is not held back. */
const ESTABLISHED = 3

/** The least a round trip counts for how large a window should be, milliseconds: on a local network it is measured as 0, and no window would ever grow. */
const LEAST_ROUND_TRIP_MS = 5

/**
 * Yamux that tells a peer how much more it may send once half of that is used up. As it comes (@chainsafe/libp2p-yamux 8), it does so after
 * every piece: each such message is encrypted, written and read on its own, and the pieces get ever smaller; together a third of a transfer's work.
 */
export const withLazyWindows = (make: Make): Make => mended<Multiplexer>(make, inner => {
  const open = inner._newStream
  // Another release may make its streams elsewhere: then they are as they come.
  if (open !== undefined) inner._newStream = (...args) => lazy(open.apply(inner, args))
})

function lazy(stream: Windowed): Windowed {
  const { sendWindowUpdate, getRTT } = stream
  if (sendWindowUpdate === undefined || getRTT === undefined) return stream
  stream.getRTT = () => Math.max(LEAST_ROUND_TRIP_MS, getRTT())
  stream.sendWindowUpdate = () => {
    const { state, recvWindow = 0, recvWindowCapacity = 0 } = stream
    if (state !== ESTABLISHED || 2 * recvWindowCapacity <= recvWindow) sendWindowUpdate.call(stream)
  }
  return stream
}
