import type { MemberView } from '../catalog/index.ts'
import type { DatasetRef, DeviceId, VersionRef } from '../model/index.ts'
import type { Watched } from '../datasets/index.ts'
import type { InviteView } from '../peers/index.ts'

export type Keep = 'all' | 'published' | 'latest' | 'none'

export interface PeerView {
  readonly id: DeviceId
  readonly name: string
  readonly connected: boolean
  /** How it is reached while connected; `mdns`: directly, on the local network. */
  readonly via?: 'direct' | 'mdns' | 'relay'
  /** Its address while connected. */
  readonly address?: string
  /** Direct addresses, in the order they would be tried. */
  readonly addresses: readonly string[]
  /** Milliseconds; undefined while not connected. */
  readonly roundTripMs?: number
  readonly lastSeen?: string
  readonly bytesIn: number
  readonly bytesOut: number
  /** Bytes a second, over the last ten seconds. */
  readonly inRate: number
  readonly outRate: number
  /** Tries to reach it directly since it was last; missing while it is reached directly. */
  readonly attempts?: number
  /** Why the last try failed. */
  readonly lastError?: { readonly code: string, readonly detail: string }
  /** ISO-8601 UTC. */
  readonly triedAt?: string
  readonly nextTry?: string
}

export interface SyncReport {
  readonly peers: number
  readonly envelopes: number
  readonly chunks: number
  readonly bytes: number
  /** Versions that are wanted and not complete here yet. */
  readonly missing: readonly string[]
}

/** An invite as its maker sees it; `expiresAt` in ISO-8601 UTC. */
export interface InviteItem extends Omit<InviteView, 'expiresAt'> { readonly expiresAt: string }

/** The network side of a node. */
export interface Network {
  /** Multiaddrs this node listens on, with its peer id. */
  addresses(): readonly string[]
  peers(): readonly PeerView[]
  /** One line for another machine. @param expiresMs milliseconds from now */
  invite(options?: { role?: MemberView['role'], uses?: number, expiresMs?: number }): Promise<{ id: string, invite: string, role: MemberView['role'], uses: number, expiresAt: string }>
  /** Invites this node made that are open or ended within a day, newest first. */
  invites(): readonly InviteItem[]
  /** @throws INVITE_NOT_FOUND, INVITE_USED, INVITE_EXPIRED */
  revokeInvite(id: string): Promise<void>
  /** Takes this (fresh) home into another workspace. @throws INVITE_INVALID, INVITE_EXPIRED, INVITE_USED, WORKSPACE_TAKEN, PEER_UNREACHABLE */
  join(invite: string, options?: Watched): Promise<{ workspace: string, members: readonly MemberView[] }>
  /** Exchanges with all connected peers; with `wait`, until what this node keeps (or `ref`) is complete. @throws TIMED_OUT, PEER_UNREACHABLE */
  sync(ref: VersionRef | undefined, options?: Watched & { wait?: boolean }): Promise<SyncReport>
  keep(ref: DatasetRef): Keep
  setKeep(ref: DatasetRef, keep: Keep): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}
