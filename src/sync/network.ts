import { fail, isShoalError, toShoalError } from '../errors/index.ts'
import type { Catalog, DatasetView, MemberView } from '../catalog/index.ts'
import type { Chunk, ChunkStore } from '../chunks/index.ts'
import type { Datasets, Watched } from '../datasets/index.ts'
import { AddressBook, Invites, relayOf, type AwayView } from '../peers/index.ts'
import { formatDatasetRef, type DatasetId, type DatasetRef, type Hash, type VersionRef } from '../model/index.ts'
import { deadline, ignoreProgress, type Chance, type Clock, type Events, type Log } from '../runtime/index.ts'
import { readInvite, writeInvite, workspaceOf, type Device, type Invite } from '../trust/index.ts'
import { PROTOCOL } from '../wire/index.ts'
import { Completed } from './completed.ts'
import { askToJoin, type Welcome } from './join.ts'
import { KeepSettings, keptOf, mustKeep } from './keep-settings.ts'
import { BRING_MS, JOIN_MS, TICKET_ADDRESSES, TICKET_RELAYED } from './limits.ts'
import { Online } from './online.ts'
import { RateLimits } from './rate-limits.ts'
import type { InviteItem, Keep, Limits, Network, PeerView, ReplicationView, SyncReport } from './service.ts'
import { replicationOf } from './replication.ts'
import { syncNow } from './sync-now.ts'
import { targetOf } from './targets.ts'

/** The workspace a network serves; another one once this home has joined it. */
export interface Workspace {
  readonly catalog: Catalog
  readonly datasets: Datasets
  /** The founder's signed genesis, as `createWorkspace` made it or a welcome brought it. */
  readonly genesis: Uint8Array
}

export interface NetworkDeps extends Workspace {
  readonly store: ChunkStore
  readonly device: Device
  /** This device's name for people. */
  readonly name: string
  /** Program and version, e.g. `shoal/0.1.0`. */
  readonly agent: string
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly events: Events
  /** Holds invites, addresses, and what is kept; made when missing. */
  readonly folder: string
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Instead, where that is taken. */
  readonly listenElse?: readonly string[]
  /** Multiaddrs at which others reach it, too. Default: none. */
  readonly announce?: readonly string[]
  /** Carries connections between members that can't reach each other. Default: no. */
  readonly relay?: boolean
  /** Looks for members on the local network, and tells them where this node is. Default: no. */
  readonly mdns?: boolean
  /** Whether a dataset is as it came with the node: a home that holds only such ones may join another workspace. Default: none is. */
  readonly isUntouched?: (dataset: DatasetView) => boolean
  /** Makes this home one of another workspace, durably, and keeps what it held aside; gives what to work with from now on. */
  readonly adoptWorkspace: (welcome: Welcome) => Promise<Workspace>
}

/** What the network keeps on disk. */
export interface NetworkFiles { readonly invites: Invites, readonly book: AddressBook, readonly keep: KeepSettings, readonly completed: Completed, readonly limits: RateLimits }

/** Opens the network side of a node; its `start` brings the node online, and loads libp2p only then. @throws HOME_INVALID */
export async function createNetwork(deps: NetworkDeps): Promise<Network> {
  const { folder, clock, chance } = deps
  const [invites, book, keep, completed, limits] = await Promise.all([
    Invites.open(folder, clock, chance), AddressBook.open(folder), KeepSettings.open(folder), Completed.open(folder), RateLimits.open(folder, clock)
  ])
  return new ShoalNetwork({ ...deps, log: deps.log.child('network') }, { invites, book, keep, completed, limits })
}

class ShoalNetwork implements Network {
  readonly #deps: NetworkDeps
  readonly #files: NetworkFiles
  #workspace: Workspace
  #online: Online | undefined

  constructor(deps: NetworkDeps, files: NetworkFiles) {
    this.#deps = deps
    this.#files = files
    this.#workspace = deps
  }

  async start(): Promise<void> {
    if (this.#online !== undefined) return
    const online = new Online(this.#deps, this.#files, this.#workspace)
    this.#online = online
    try {
      await online.start()
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#deps.log.info('online', { addresses: online.node.addresses() })
  }

  async stop(): Promise<void> {
    const online = this.#online
    this.#online = undefined
    await online?.stop()
  }

  addresses(): readonly string[] {
    return this.#online?.node.addresses() ?? []
  }

  peers(): readonly PeerView[] {
    const { catalog } = this.#workspace
    return catalog.members().filter(member => !member.removed && member.id !== catalog.device).map(member => this.#peerView(member))
  }

  #peerView(member: MemberView): PeerView {
    const node = this.#online?.node
    const known = this.#files.book.get(member.id)
    const traffic = node?.traffic(member.id)
    const link = node?.link(member.id)
    const via = this.#online?.finder.via(member.id)
    return {
      id: member.id,
      name: member.name,
      connected: node?.isConnected(member.id) ?? false,
      ...via === undefined ? {} : { via },
      ...link === undefined ? {} : { address: link.address },
      addresses: this.#online?.finder.addressesOf(member.id) ?? [...new Set([...known?.addresses ?? [], ...member.addresses])],
      ...link?.roundTripMs === undefined ? {} : { roundTripMs: link.roundTripMs },
      ...known === undefined ? {} : { lastSeen: new Date(known.seenAt).toISOString() },
      bytesIn: traffic?.in ?? 0,
      bytesOut: traffic?.out ?? 0,
      inRate: traffic?.inRate ?? 0,
      outRate: traffic?.outRate ?? 0,
      ...awayView(this.#online?.finder.away(member.id))
    }
  }

  keep(ref: DatasetRef): Keep {
    const { catalog, datasets } = this.#workspace
    return keptOf(this.#files.keep, datasets.find(ref), catalog.device)
  }

  async setKeep(ref: DatasetRef, keep: Keep): Promise<void> {
    const { catalog, datasets } = this.#workspace
    const dataset = datasets.find(ref)
    if (keep !== 'all' && mustKeep(dataset, catalog.device)) {
      fail('NOT_ALLOWED', `the registry of ${formatDatasetRef(dataset)} names this node: it keeps all of it until it is taken out there`, { dataset: formatDatasetRef(dataset) })
    }
    await this.#files.keep.set(dataset.id, keep)
    this.#online?.exchange.replicator.keepChanged(dataset.id)
  }

  transfers(): ReturnType<Network['transfers']> {
    const exchange = this.#online?.exchange
    return { versions: exchange?.replicator.transfers() ?? [], sources: exchange?.sources() ?? [] }
  }

  replication(ref?: DatasetRef): readonly ReplicationView[] {
    const { catalog, datasets } = this.#workspace
    return (ref === undefined ? catalog.datasets() : [datasets.find(ref)]).flatMap(dataset => replicationOf(catalog, dataset))
  }

  async bring(dataset: DatasetId, hashes: readonly Hash[], signal?: AbortSignal): Promise<void> {
    await this.#online?.exchange.bring(dataset, hashes, deadline(BRING_MS, signal))
  }

  async hold(ref: VersionRef, { signal = new AbortController().signal, progress = ignoreProgress }: Watched = {}): Promise<void> {
    const exchange = this.#online?.exchange
    if (exchange === undefined || exchange.peers.length === 0) return
    const { dataset, version } = this.#workspace.datasets.resolve(ref)
    const only = targetOf(dataset, version)
    if (only !== undefined && !exchange.replicator.isComplete(only)) await exchange.replicator.pass({ signal, progress, only })
  }

  async* collect(hashes: readonly Hash[], signal: AbortSignal = new AbortController().signal): AsyncGenerator<Chunk> {
    const exchange = this.#online?.exchange
    if (exchange !== undefined && exchange.peers.length > 0) yield* exchange.collect(hashes, signal)
  }

  limits(): Limits {
    return this.#files.limits.now
  }

  setLimits(limits: Parameters<Network['setLimits']>[0]): Promise<Limits> {
    return this.#files.limits.set(limits)
  }

  sync(ref: VersionRef | undefined, options: Watched & { wait?: boolean } = {}): Promise<SyncReport> {
    return syncNow(this.#needOnline(), this.#workspace, ref, options, this.#deps.clock)
  }

  async invite(options: Parameters<Network['invite']>[0] = {}): ReturnType<Network['invite']> {
    const { catalog } = this.#workspace
    const { node, guests } = this.#needOnline()
    const addresses = [...node.addresses().slice(0, TICKET_ADDRESSES), ...node.relayedAddresses().slice(0, TICKET_RELAYED)]
    if (catalog.members().find(member => member.id === catalog.device)?.role !== 'admin') fail('NOT_ALLOWED', 'only an admin of the workspace may invite')
    if (addresses.length === 0) fail('FIELD_INVALID', 'this node listens on no address, so nobody could reach it with an invite', { field: 'listen' })
    const { id, secret, role, uses, expiresAt } = await this.#files.invites.create(options)
    await guests.refresh()
    const invite = writeInvite({ workspace: catalog.workspace, inviter: catalog.device, addresses, secret, role, expiresAt })
    return { id, invite, role, uses, expiresAt: new Date(expiresAt).toISOString() }
  }

  invites(): readonly InviteItem[] {
    return this.#files.invites.list().map(({ expiresAt, ...invite }) => ({ ...invite, expiresAt: new Date(expiresAt).toISOString() }))
  }

  async revokeInvite(id: string): Promise<void> {
    await this.#files.invites.revoke(id)
    await this.#online?.guests.refresh()
    this.#online?.node.dropStrangers()
  }

  async join(text: string, options: Watched = {}): Promise<{ workspace: string, members: readonly MemberView[] }> {
    const invite = readInvite(text)
    this.#needFresh(invite)
    await this.start()
    const online = this.#needOnline()
    const welcome = await this.#askToJoin(online, invite, deadline(JOIN_MS, options.signal))
    this.#needFresh(invite)
    options.progress?.({ phase: 'joining', files: 0, bytes: 0 })
    await this.#noteWays(invite)
    await online.use(async () => {
      this.#workspace = await this.#deps.adoptWorkspace(welcome)
      return this.#workspace
    })
    const { catalog } = this.#workspace
    return { workspace: catalog.workspace, members: catalog.members() }
  }

  /** The inviter's addresses, and those of members that relay for it: this node meets them as a member next. */
  async #noteWays({ inviter, addresses }: Invite): Promise<void> {
    const now = this.#deps.clock.now()
    const ways = addresses.flatMap(address => relayOf(address) ?? [])
    await this.#files.book.note(inviter, { addresses: addresses.filter(address => relayOf(address) === undefined), name: '' }, now)
    for (const { relay, address } of ways) await this.#files.book.note(relay, { addresses: [address], name: '' }, now)
  }

  async #askToJoin(online: Online, invite: Invite, signal: AbortSignal): Promise<Welcome> {
    const { node } = online
    const { inviter, workspace, secret } = invite
    try {
      await node.dial(inviter, online.finder.orderOf(invite.addresses), signal)
      const stream = await node.open(inviter, PROTOCOL.join, signal)
      try {
        const welcome = await askToJoin(stream, { secret, inviter, joiner: this.#deps.device.id, hello: online.hello(workspace), signal })
        if (workspaceOf(welcome.genesis) !== workspace) fail('PEER_MISBEHAVED', 'the inviter answered with another workspace')
        return welcome
      } finally {
        await stream.close()
      }
    } catch (error) {
      const failure = toShoalError(error)
      // Who is refused at the door hears no reason; an expired invite is one that explains it.
      const expired = isShoalError(failure, 'PEER_UNREACHABLE') && this.#deps.clock.now() > invite.expiresAt
      if (expired) fail('INVITE_EXPIRED', `the invite expired at ${new Date(invite.expiresAt).toISOString()}`, {}, failure)
      throw failure
    }
  }

  /** @throws WORKSPACE_TAKEN when joining would leave something behind that only this home has */
  #needFresh(invite: Invite): void {
    const { catalog } = this.#workspace
    if (catalog.workspace === invite.workspace) fail('WORKSPACE_TAKEN', 'this home belongs to that workspace already')
    const others = catalog.members().filter(member => !member.removed && member.id !== catalog.device)
    if (others.length > 0) fail('WORKSPACE_TAKEN', `this home shares its workspace with ${others.length} other${others.length === 1 ? '' : 's'}`)
    const own = catalog.datasets().filter(dataset => this.#deps.isUntouched?.(dataset) !== true)
    if (own.length > 0) fail('WORKSPACE_TAKEN', `this home holds ${own.length} dataset${own.length === 1 ? '' : 's'} of its own`, { datasets: own.length })
  }

  #needOnline(): Online {
    return this.#online ?? fail('NETWORK_OFF', 'the network of this node is not running')
  }
}

/** What keeps a member away, as people and scripts see it. */
function awayView(away: AwayView | undefined): Pick<PeerView, 'attempts' | 'lastError' | 'triedAt' | 'nextTry'> {
  if (away === undefined) return {}
  const { attempts, error, triedAt, nextAt } = away
  return {
    attempts,
    ...error === undefined ? {} : { lastError: { code: error.code, detail: error.message } },
    ...triedAt === undefined ? {} : { triedAt: new Date(triedAt).toISOString() },
    ...nextAt === undefined ? {} : { nextTry: new Date(nextAt).toISOString() }
  }
}
