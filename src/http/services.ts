import type { Catalog } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import type { Datasets } from '../datasets/index.ts'
import type { Files, LinkReach } from '../files/index.ts'
import type { DeviceId } from '../model/index.ts'
import type { Clock, Events, Jobs, Log } from '../runtime/index.ts'
import type { Bundles, Network } from '../sync/index.ts'
import type { Upkeep, UsageBook } from '../upkeep/index.ts'
import type { Uploads } from '../uploads/index.ts'

/** Who this node is. Its role and addresses are asked of the catalog and the network, because they change. */
export interface NodeIdentity {
  readonly id: DeviceId
  readonly name: string
  /** Of Shoal. */
  readonly version: string
  /** ISO-8601 UTC. */
  readonly startedAt: string
}

/** What the HTTP API shows: the rooms below it, opened and wired by the daemon. */
export interface Services {
  readonly node: NodeIdentity
  readonly datasets: Datasets
  readonly files: Files
  readonly upkeep: Upkeep
  readonly bundles: Bundles
  readonly uploads: Uploads
  readonly links: LinkReach
  readonly usage: UsageBook
  /** Missing where the node has no network: a command that works on its own. */
  readonly network?: Network | undefined
  readonly catalog: Pick<Catalog, 'workspace' | 'members' | 'datasets' | 'refusals' | 'setRole' | 'removeMember'>
  readonly store: Pick<ChunkStore, 'stats'>
  readonly jobs: Jobs
  readonly events: Events
  readonly clock: Clock
  readonly log: Log
}

export interface AppOptions {
  /** Content of `<home>/api-token`; without it, routes that need it refuse everybody. */
  readonly token?: string | undefined
  /** Host names served besides loopback's, each with or without `:port`. */
  readonly names?: readonly string[] | undefined
  /** Folder of the built page; without it there is none. */
  readonly page?: string | undefined
  /** Between two heartbeats of an event stream. Milliseconds; default 15 s. */
  readonly heartbeatMs?: number | undefined
}
