import type { ConnectionGater } from '@libp2p/interface'
import { hostOf, isRelayed, networkOf } from './addresses.ts'
import type { Door } from './door.ts'
import { MAX_GUESTS, MAX_GUESTS_PER_HOST } from './limits.ts'

/** Who may connect, asked anew each time. */
export interface Admission {
  /** A member of the workspace that was not removed. */
  isMember(device: string): boolean
  /** A device that was removed: not even a guest any more. */
  isBarred(device: string): boolean
  /** Whether an invite needs strangers to reach the join protocol, here or at a member this node relays for. */
  welcomesGuests(): boolean
  /** Whether strangers may go on to a member through this node. Default: to none. */
  isAwaitedBy?(device: string): boolean
}

/**
 * Decides about a peer as soon as encryption has proved who it is, before it can open a stream: members come in; strangers only while
 * an invite needs them, as guests, and few at a time.
 */
export class Gate {
  readonly #admission: Admission
  readonly #door: Door
  /** Strangers that are connected, with their hosts. */
  readonly #guests = new Map<string, string>()

  constructor(admission: Admission, door: Door) {
    this.#admission = admission
    this.#door = door
  }

  /** What libp2p asks. A relay serves members, and strangers only on their way to a member that awaits them. */
  get gater(): ConnectionGater {
    return {
      denyInboundConnection: connection => !isRelayed(connection.remoteAddr.toString()) && !this.#door.knock(connection),
      denyInboundEncryptedConnection: (peer, connection) => {
        const admitted = this.admits(peer.toString(), connection.remoteAddr.toString())
        // Behind a relay there are many: what one of them does must not shut the relay out.
        if (!isRelayed(connection.remoteAddr.toString())) this.#door.known(connection, peer.toString(), admitted, this.#admission.isBarred(peer.toString()))
        return !admitted
      },
      denyInboundRelayReservation: source => !this.isMember(source.toString()),
      denyOutboundRelayedConnection: (source, destination) => !this.#mayPass(source.toString(), destination.toString()),
      denyInboundRelayedConnection: (relay, peer) => !this.isMember(relay.toString()) || !this.admits(peer.toString())
    }
  }

  isMember(device: string): boolean { return this.#admission.isMember(device) }

  #mayPass(from: string, to: string): boolean {
    return this.isMember(to) && (this.isMember(from) || (this.admits(from) && this.#admission.isAwaitedBy?.(to) === true))
  }

  /** @param address where a stranger comes from, when it is new */
  admits(device: string, address = ''): boolean {
    if (this.isMember(device)) return true
    if (this.#admission.isBarred(device) || !this.#admission.welcomesGuests()) return false
    return this.#guests.has(device) || (this.#guests.size < MAX_GUESTS && this.#guestsOf(networkOf(hostOf(address))) < MAX_GUESTS_PER_HOST)
  }

  /** Notes that a stranger is connected. @returns whether there was room */
  enter(device: string, address: string): boolean {
    if (!this.admits(device, address)) return false
    this.#guests.set(device, networkOf(hostOf(address)))
    return true
  }

  #guestsOf(host: string): number {
    return [...this.#guests.values()].filter(one => one === host).length
  }

  leave(device: string): void {
    this.#guests.delete(device)
  }
}
