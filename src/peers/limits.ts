/** Limits of the libp2p node, each with its unit and reason. libp2p's own defaults let one idle host on the LAN keep every honest peer out. */

/** Connections at most; a team has tens of machines, with some reserve for double dials. */
export const MAX_CONNECTIONS = 300

/** Inbound connections whose handshake is not done. The default of 10 is filled by one host that says nothing. */
export const MAX_PENDING_CONNECTIONS = 1_000

/** Milliseconds a new connection may take until it is encrypted and known; with the limit above a flood must bring 300 sockets a second to matter. */
export const UPGRADE_MS = 3_000

/** New connections a second from one address: a floor against loops, above what a node with many test peers behind one address does. */
export const MAX_CONNECTIONS_PER_SECOND = 100

/** Milliseconds for a dial over all of a peer's addresses, and for one of them. */
export const DIAL_MS = 10_000
export const ADDRESS_DIAL_MS = 4_000

/** Milliseconds for agreeing on a stream's protocol. */
export const NEGOTIATE_MS = 5_000

/** Milliseconds between two pings of a connection, and the least a pong may take: a busy event loop (a large document loads) is no dead peer. */
export const PING_EVERY_MS = 10_000
export const PING_MIN_TIMEOUT_MS = 15_000

/** Streams one peer may have open towards this node, over all protocols. */
export const MAX_STREAMS_PER_CONNECTION = 64

/** Streams of one of Shoal's protocols one peer may have open towards this node: what a peer uses is one or two. */
export const MAX_INBOUND_STREAMS = 4

/** Connections of peers that are no members, allowed only while an invite needs them. */
export const MAX_GUESTS = 8

/** Milliseconds a guest may stay connected without having become a member. */
export const GUEST_MS = 30_000

/** Milliseconds between tries to reach a member that is away: first, and at most; doubled each time, and spread by a quarter so that nodes don't meet in step. */
export const REDIAL_FIRST_MS = 500
export const REDIAL_MOST_MS = 60_000

/** Addresses kept for one member. */
export const MAX_KNOWN_ADDRESSES = 16

/** Milliseconds stopping may take before what is open is cut. */
export const STOP_MS = 3_000
