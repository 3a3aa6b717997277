import type { Connection } from '@libp2p/interface'
import { ShoalError } from '../errors/index.ts'
import { deadline } from '../runtime/index.ts'
import { isRelayed } from './addresses.ts'
import { PROBE_MS } from './limits.ts'

/** How a peer is reached now. */
export interface LinkView {
  readonly relayed: boolean
  /** The other side's address. */
  readonly address: string
  readonly dialled: boolean
  /** Milliseconds; undefined while it is not known. */
  readonly roundTripMs?: number
}

/** The same protocol libp2p measures round trips with; every node serves it. */
const PING_PROTOCOL = '/ipfs/ping/1.0.0'

/** Milliseconds since a connection opened count for little: of several, the newest is the one the other side still has. Direct ones first. */
export const bestFirst = (connections: readonly Connection[]): readonly Connection[] =>
  connections.filter(connection => connection.status === 'open').sort((a, b) => Number(overRelay(a)) - Number(overRelay(b)) || b.timeline.open - a.timeline.open)

export const overRelay = (connection: Connection): boolean => isRelayed(connection.remoteAddr.toString())

export function linkView(connection: Connection): LinkView {
  const { rtt, direction } = connection
  return { relayed: overRelay(connection), address: connection.remoteAddr.toString(), dialled: direction === 'outbound', ...rtt === undefined ? {} : { roundTripMs: rtt } }
}

/** Asks the other side for a sign of life, and notes how long it took; cuts the connection when none comes. */
export async function probe(connection: Connection): Promise<void> {
  const begun = performance.now()
  try {
    const stream = await connection.newStream(PING_PROTOCOL, { signal: deadline(PROBE_MS), runOnLimitedConnection: true })
    // Agreeing on a protocol takes two round trips.
    connection.rtt ??= (performance.now() - begun) / 2
    stream.abort(new ShoalError('CANCELLED', 'only a sign of life was asked for'))
  } catch (error) {
    if (connection.status === 'open') connection.abort(new ShoalError('PEER_UNREACHABLE', 'it gives no sign of life', {}, { cause: error }))
  }
}
