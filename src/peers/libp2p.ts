import '../runtime/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { dcutr } from '@libp2p/dcutr'
import { identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p } from '@libp2p/interface'
import { ping, type Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { MAX_STREAM_BUFFER_BYTES, MAX_STREAM_WINDOW_BYTES } from '../wire/index.ts'
import { isRelayed } from './addresses.ts'
import {
  ADDRESS_DIAL_MS, DIAL_MS, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_SECOND, MAX_PENDING_CONNECTIONS, MAX_RELAYED, MAX_RELAY_STREAMS, MAX_STREAMS_PER_CONNECTION,
  NEGOTIATE_MS, RELAYS_WANTED, UPGRADE_MS
} from './limits.ts'
import { withoutLateFrames } from './late-frames.ts'
import { withLazyWindows } from './lazy-windows.ts'
import { withWholeWrites } from './whole-writes.ts'

export interface Libp2pOptions {
  /** The device's Ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array
  /** Multiaddrs to listen on; none for a node that only dials. */
  readonly listen: readonly string[]
  /** Multiaddrs at which others reach it, too: a port that a router forwards here. */
  readonly announce?: readonly string[]
  /** Program and version. */
  readonly agent: string
  readonly gater: ConnectionGater
  /** Carries connections between members that can't reach each other. */
  readonly relay: boolean
}

/** The services of a node that Shoal calls itself. */
export type Node = Libp2p<{ ping: Ping, ownAddresses: OwnAddresses }>

/** The part of libp2p's address manager that is not on its node. */
interface AddressManager {
  getAddressesWithMetadata(): readonly { readonly multiaddr: Multiaddr, readonly type: string, readonly verified: boolean }[]
  confirmObservedAddr(address: Multiaddr, options: { type: 'transport' }): void
}

/**
 * libp2p tells others of a public address only once strangers have confirmed it (autonat), which a small team without a server never
 * gets. An address of one of this machine's own interfaces needs no confirming.
 */
class OwnAddresses {
  readonly #manager: AddressManager

  constructor(manager: AddressManager) {
    this.#manager = manager
  }

  confirm(): void {
    for (const { multiaddr: address, type, verified } of this.#manager.getAddressesWithMetadata()) {
      if (type === 'transport' && !verified) this.#manager.confirmObservedAddr(address, { type: 'transport' })
    }
  }
}

/** What a stream's window starts with; the multiplexer's specification fixes it. Bytes. */
const FIRST_WINDOW_BYTES = 256 * 1024

/** Bytes of a stream that wait below the framed stream before it is cut: above what a framed stream lets wait, so only a fault gets there. */
const MAX_WRITE_BUFFER_BYTES = 16 * 1024 * 1024

/**
 * A libp2p node as Shoal needs it: TCP, relays through members and the way from there to a direct connection (PROTOCOL.md says where there is one), Noise,
 * Yamux, identify, ping. Not started. This module is loaded only when a node goes online (libp2p takes a quarter of a second to load).
 */
export async function createNode(options: Libp2pOptions): Promise<Node> {
  return createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', options.seed),
    nodeInfo: { name: 'shoal', userAgent: options.agent },
    addresses: { listen: [...options.listen, ...Array.from({ length: RELAYS_WANTED }, () => '/p2p-circuit')], appendAnnounce: [...options.announce ?? []] },
    transports: [withWholeWrites(tcp()), circuitRelayTransport({ maxInboundStopStreams: MAX_RELAY_STREAMS })],
    connectionEncrypters: [noise()],
    streamMuxers: [withLazyWindows(withoutLateFrames(streams()))],
    connectionGater: options.gater,
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
      inboundConnectionThreshold: MAX_CONNECTIONS_PER_SECOND,
      inboundUpgradeTimeout: UPGRADE_MS,
      dialTimeout: DIAL_MS,
      addressDialTimeout: ADDRESS_DIAL_MS,
      inboundStreamProtocolNegotiationTimeout: NEGOTIATE_MS,
      outboundStreamProtocolNegotiationTimeout: NEGOTIATE_MS,
      // Members' addresses are hosts and ports; anything that must be looked up elsewhere is refused.
      resolvers: {}
    },
    // `Pulse` does this, and knows when data moves.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: 4, maxOutboundStreams: 4 }),
      ownAddresses: (components: { addressManager: AddressManager }) => new OwnAddresses(components.addressManager),
      dcutr: dcutr(),
      // Members trust each other with their lines: no limit of bytes or time.
      ...options.relay ? { relay: circuitRelayServer({ maxInboundHopStreams: MAX_RELAY_STREAMS, reservations: { applyDefaultLimit: false, maxReservations: MAX_RELAYED } }) } : {}
    }
  })
}

/** Many streams over one connection, each bounded. */
const streams = (): ReturnType<typeof yamux> => yamux({
  maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
  maxOutboundStreams: MAX_STREAMS_PER_CONNECTION,
  streamOptions: {
    initialStreamWindowSize: FIRST_WINDOW_BYTES,
    maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
    maxReadBufferLength: MAX_STREAM_BUFFER_BYTES,
    maxWriteBufferLength: MAX_WRITE_BUFFER_BYTES
  }
})

/** An address in the form libp2p dials, with the peer's id; undefined for one that can't be read or names another peer. */
export function dialTarget(peer: string, address: string): Multiaddr | undefined {
  try {
    const target = multiaddr(address)
    const named = target.getComponents().findLast(part => part.name === 'p2p')?.value
    if (named !== undefined && !isRelayed(address)) return named === peer ? target : undefined
    return target.encapsulate(`/p2p/${peer}`)
  } catch {
    // An address of a kind this version can't read is no use to it; others may do.
    return undefined
  }
}

/** The way to a peer through a relay this node is connected to. */
export const throughRelay = (relay: string): string => `/p2p/${relay}/p2p-circuit`

/** The protocol a relay serves. */
export { RELAY_V2_HOP_CODEC as RELAY_PROTOCOL } from '@libp2p/circuit-relay-v2'

export { peerIdFromString } from '@libp2p/peer-id'
