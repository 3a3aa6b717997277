import '../runtime/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { MAX_STREAM_BUFFER_BYTES, MAX_STREAM_WINDOW_BYTES } from '../wire/index.ts'
import {
  ADDRESS_DIAL_MS, DIAL_MS, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_SECOND, MAX_PENDING_CONNECTIONS, MAX_STREAMS_PER_CONNECTION, NEGOTIATE_MS,
  PING_EVERY_MS, PING_MIN_TIMEOUT_MS, UPGRADE_MS
} from './limits.ts'

export interface Libp2pOptions {
  /** The device's Ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  readonly agent: string
  readonly gater: ConnectionGater
}

/** What a stream's window starts with; the multiplexer's specification fixes it. Bytes. */
const FIRST_WINDOW_BYTES = 256 * 1024

/** Bytes of a stream that wait below the framed stream before it is cut: above what a framed stream lets wait, so only a fault gets there. */
const MAX_WRITE_BUFFER_BYTES = 16 * 1024 * 1024

/**
 * A libp2p node as Shoal needs it: TCP, Noise, Yamux, identify, ping. Not started. This module is loaded only when a node goes online
 * (libp2p takes a quarter of a second to load).
 */
export async function createNode(options: Libp2pOptions): Promise<Libp2p> {
  return createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', options.seed),
    nodeInfo: { name: 'shoal', userAgent: options.agent },
    addresses: { listen: [...options.listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({
      maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
      maxOutboundStreams: MAX_STREAMS_PER_CONNECTION,
      streamOptions: {
        initialStreamWindowSize: FIRST_WINDOW_BYTES,
        maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
        maxReadBufferLength: MAX_STREAM_BUFFER_BYTES,
        maxWriteBufferLength: MAX_WRITE_BUFFER_BYTES
      }
    })],
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
    connectionMonitor: { pingInterval: PING_EVERY_MS, pingTimeout: { minTimeout: PING_MIN_TIMEOUT_MS } },
    services: {
      identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: 4, maxOutboundStreams: 4 })
    }
  })
}

/** A peer's addresses in the form libp2p dials, each with the peer's id; ones that can't be read or name another peer stay out. */
export function dialTargets(peer: string, addresses: readonly string[]): Multiaddr[] {
  return [...new Set(addresses)].flatMap(text => {
    try {
      const address = multiaddr(text)
      const named = address.getComponents().findLast(part => part.name === 'p2p')?.value
      if (named !== undefined) return named === peer ? [address] : []
      return [address.encapsulate(`/p2p/${peer}`)]
    } catch {
      // An address of a kind this version can't read is no use to it; others may do.
      return []
    }
  })
}
