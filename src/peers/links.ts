import type { Connection } from '@libp2p/interface'
import { isRelayed } from './addresses.ts'

/** How a peer is reached now. */
export interface LinkView {
  readonly relayed: boolean
  /** The other side's address. */
  readonly address: string
  readonly dialled: boolean
  /** Milliseconds; undefined while it is not known. */
  readonly roundTripMs?: number
}

/** Milliseconds since a connection opened count for little: of several, the newest is the one the other side still has. Direct ones first. */
export const bestFirst = (connections: readonly Connection[]): readonly Connection[] =>
  connections.filter(connection => connection.status === 'open').sort((a, b) => Number(overRelay(a)) - Number(overRelay(b)) || b.timeline.open - a.timeline.open)

export const overRelay = (connection: Connection): boolean => isRelayed(connection.remoteAddr.toString())

export function linkView(connection: Connection): LinkView {
  const { rtt, direction } = connection
  return { relayed: overRelay(connection), address: connection.remoteAddr.toString(), dialled: direction === 'outbound', ...rtt === undefined ? {} : { roundTripMs: rtt } }
}
