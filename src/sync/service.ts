import type { MemberView } from '../catalog/index.ts'
import type { Chunk } from '../chunks/index.ts'
import type { DatasetId, DatasetRef, DeviceId, Hash, VersionRef } from '../model/index.ts'
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

/** How far one version is that this node wants and does not have all of. */
export interface TransferView {
  readonly dataset: DatasetId
  /** A reference. */
  readonly version: string
  readonly phase: 'waiting' | 'fetching'
  /** Bytes of its files that are here. */
  readonly bytes: number
  readonly totalBytes?: number
  readonly bytesPerSecond: number
  readonly secondsLeft?: number
}

/** On which machines a published version is safe. */
export interface ReplicationView {
  readonly dataset: DatasetId
  /** A reference. */
  readonly version: string
  /** Its publish record, hex. */
  readonly record: string
  /** Members that hold and have verified all of it. */
  readonly holders: readonly DeviceId[]
  /** Members that may see it: "safe on 3 of 4". */
  readonly members: number
  /** Devices that must keep it. */
  readonly registry: readonly DeviceId[]
  /** Those of the registry that don't have it yet. */
  readonly shortfall: readonly DeviceId[]
}

/** What one peer gave of chunks since it was connected. */
export interface SourceView { readonly peer: DeviceId, readonly chunks: number, readonly bytes: number, readonly bytesPerSecond: number }

/** Bytes a second to and from all peers together; without one there is no limit. */
export interface Limits { readonly upload?: number, readonly download?: number }

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
  /** All where the dataset's registry names this node, whatever was chosen. */
  keep(ref: DatasetRef): Keep
  /** @throws NOT_ALLOWED for less than all where the registry demands it */
  setKeep(ref: DatasetRef, keep: Keep): Promise<void>
  /** What is being fetched, and from whom. */
  transfers(): { readonly versions: readonly TransferView[], readonly sources: readonly SourceView[] }
  /** Of the published versions of one dataset, or of all. @throws DATASET_NOT_FOUND */
  replication(ref?: DatasetRef): readonly ReplicationView[]
  /** Brings chunks of a dataset into the store, as far as connected members have them. @throws DISK_FULL, CANCELLED, TIMED_OUT */
  bring(dataset: DatasetId, hashes: readonly Hash[], signal?: AbortSignal): Promise<void>
  /** Makes a version complete here as far as connected members have it, whatever is kept. */
  hold(ref: VersionRef, options?: Watched): Promise<void>
  /** Asks the connected members for the right bytes of chunks, whether they are in the store or not; yields those somebody has, checked. */
  collect(hashes: readonly Hash[], signal?: AbortSignal): AsyncIterable<Chunk>
  limits(): Limits
  /** What is left out stays; null takes a limit away. @throws FIELD_INVALID */
  setLimits(limits: { readonly upload?: number | null | undefined, readonly download?: number | null | undefined }): Promise<Limits>
  start(): Promise<void>
  stop(): Promise<void>
}
