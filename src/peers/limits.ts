/** Limits of the libp2p node, each with its unit and reason. libp2p's own defaults let one idle host on the LAN keep every honest peer out. */

/** Connections at most; a team has tens of machines, with some reserve for double dials. */
export const MAX_CONNECTIONS = 300

/** Inbound connections whose handshake is not done. The default of 10 is filled by one host that says nothing. */
export const MAX_PENDING_CONNECTIONS = 1_000

/** Milliseconds a new connection may take until it is encrypted and known; with the limit above a flood must bring 300 sockets a second to matter. */
export const UPGRADE_MS = 3_000

/** New connections a second from one address: a floor against loops, above what a node with many test peers behind one address does. */
export const MAX_CONNECTIONS_PER_SECOND = 100

/** Milliseconds for a dial over all of a peer's addresses, and for one of them: addresses of other networks answer nothing, and must not hide a good one. */
export const DIAL_MS = 20_000
export const ADDRESS_DIAL_MS = 3_000

/** Connections of one host that have not said who they are: many test nodes behind one address dial at once; a sixteenth of all such places. */
export const MAX_PENDING_PER_HOST = 64

/** Refused strangers of one host in a window, milliseconds, after which it is left outside until the window ends: a handshake costs a millisecond or two of work. */
export const MAX_STRANGERS_PER_HOST = 50
export const STRANGERS_WINDOW_MS = 10_000

/** Hosts remembered at once; about 100 bytes each. */
export const MAX_HOSTS = 10_000

/** Offenders the log knows at once, and milliseconds in which one is named once. */
export const MAX_OFFENDERS = 1_000
export const OFFENCE_WINDOW_MS = 60_000

/** Milliseconds for agreeing on a stream's protocol. */
export const NEGOTIATE_MS = 5_000

/** Milliseconds between two signs of life of a connection, and those one may take: a dead peer is noticed within nine seconds; one whose event loop stands longer is as good as dead. */
export const PING_EVERY_MS = 3_000
export const PING_MS = 6_000

/** Bytes that leave in that time for a connection to count as moving: more than a live change, less than a slow line carries. */
export const MOVING_BYTES = 64 * 1024

/** Streams one peer may have open towards this node, over all protocols. */
export const MAX_STREAMS_PER_CONNECTION = 64

/** Connections of one peer at once: two that dial each other at once have two, one that came back without a farewell one more. */
export const MAX_CONNECTIONS_PER_PEER = 8

/** Streams of one of Shoal's protocols one peer may have open towards this node, over all its connections: what a peer uses is one or two. */
export const MAX_INBOUND_STREAMS = 4

/** Connections of peers that are no members, allowed only while an invite needs them. */
export const MAX_GUESTS = 8

/** Those of one host at once (IPv6: of one /64), so that one host can not keep everybody else from joining. */
export const MAX_GUESTS_PER_HOST = 4

/** Milliseconds a guest may stay connected without having become a member. */
export const GUEST_MS = 30_000

/** Milliseconds between tries to reach a member that is away: first, and at most; doubled each time, and spread by a quarter so that nodes don't meet in step. */
export const REDIAL_FIRST_MS = 500
export const REDIAL_MOST_MS = 60_000

/** Milliseconds a connection must have lasted to count as one: a member that refuses this device hangs up at once, and is tried less and less often. */
export const STEADY_MS = 10_000

/** Milliseconds between two tries of one peer at least, also when something new is heard of it: multicast is anybody's. */
export const NUDGE_MS = 2_000

/** Milliseconds between two looks at this machine's own addresses; a gap above the second means that it slept. */
export const LOOK_EVERY_MS = 3_000
export const SLEPT_MS = 15_000

/** Milliseconds a connection may take to answer after the machine moved or slept, until it is cut. */
export const PROBE_MS = 4_000

/** Port of multicast DNS (RFC 6762). */
export const LAN_PORT = 5353

/** Milliseconds between two questions to the network, between two answers on one interface at least, and until what was heard is old (four questions without an answer). */
export const LAN_ASK_MS = 10_000
export const LAN_ANSWER_MS = 1_000
export const LAN_FRESH_MS = 45_000

/** Addresses of one answer that are looked at; a node has one on each network. */
export const MAX_LAN_ADDRESSES = 4

/** Milliseconds a rate looks back. */
export const RATE_WINDOW_MS = 10_000

/** Nodes one relay takes in, and relays one node asks: two, so that one may be away. */
export const MAX_RELAYED = 128
export const RELAYS_WANTED = 2

/** Relayed connections through one node at once: two ends each. */
export const MAX_RELAY_STREAMS = 300

/** Addresses kept for one member. */
export const MAX_KNOWN_ADDRESSES = 16

/** Milliseconds stopping may take before what is open is cut. */
export const STOP_MS = 3_000
