import { hostname } from 'node:os'
import { join } from 'node:path'
import { type CatalogOptions, type LiveCatalog } from '../catalog/index.ts'
import { type ChunkStore, openLevelStore } from '../chunks/index.ts'
import type { Datasets } from '../datasets/index.ts'
import { type Files, createLinkReach } from '../files/index.ts'
import { UsageBook } from '../upkeep/index.ts'
import type { Services } from '../http/index.ts'
import { type Chance, type Clock, Events, Jobs, type Log, silentLog, systemChance, systemClock } from '../runtime/index.ts'
import { type Network, createBundles, createNetwork, remoteStore } from '../sync/index.ts'
import { loadOrCreateDevice } from '../trust/index.ts'
import { isUntouchedExample } from './examples-made.ts'
import { ChunkUploads } from '../uploads/index.ts'
import { forwarding } from './forwarding.ts'
import { type Home, prepareHome } from './home.ts'
import { HomePlace } from './home-place.ts'
import { type ListenOption, listening } from './listen.ts'
import { acquireLock } from './lock.ts'
import { shoalVersion } from './version.ts'
import { type OpenWorkspace, type WorkspaceDeps, adoptWorkspace, openHomeCatalog, openWorkspace } from './workspace.ts'

export interface NodeOptions {
  readonly folder: string
  /** What the process does, for others who find the home in use: `shoal import`. */
  readonly doing: string
  readonly log?: Log
  readonly clock?: Clock
  readonly chance?: Chance
  /** Where peers reach it. Default: from this machine only. */
  readonly listen?: ListenOption
  /** Carries connections between members that can't reach each other. */
  readonly relay?: boolean
  /** Looks for members on the local network. */
  readonly mdns?: boolean
  /** The home was moved here on purpose, and no other copy of it runs. */
  readonly moved?: boolean
}

/** One opened home with everything that works on it. */
export interface Node {
  readonly home: Home
  readonly services: Services & { readonly network: Network }
  readonly store: ChunkStore
  readonly catalog: LiveCatalog
  readonly datasets: Datasets
  readonly files: Files
  /** Tells other processes of this machine where the API answers. */
  announce(url: string): void
  startNetwork(): Promise<void>
  close(): Promise<void>
}

/** @throws HOME_IN_USE, HOME_INVALID, HOME_TOO_NEW, STORE_DAMAGED, DISK_FULL */
export async function openNode(options: NodeOptions): Promise<Node> {
  const { log = silentLog, clock = systemClock, chance = systemChance } = options
  const home = prepareHome(options.folder, chance)
  const lock = acquireLock(home.lock, options.doing)
  const opened: { store?: ChunkStore, catalog?: LiveCatalog } = {}
  try {
    const device = loadOrCreateDevice(join(home.folder, 'device.key'), chance)
    const name = hostname()
    const place = new HomePlace(home.folder, options.moved === true)
    const late: { network?: Network } = {}
    const catalogOptions: CatalogOptions = { folder: home.catalog, device, clock, chance, log, mayWrite: () => place.check(late.network?.peers().length ?? 0) }
    const [store, openCatalog] = await settled(
      openLevelStore({ folder: home.store, log: log.child('store') }).then(store => opened.store = store),
      openHomeCatalog(catalogOptions, name).then(catalog => opened.catalog = catalog)
    )
    const deps: WorkspaceDeps = {
      ...catalogOptions, store, cacheFolder: home.cache, home: home.folder, pinned: () => uploads.pinned(),
      storeOf: dataset => remoteStore(store, async hashes => { await late.network?.bring(dataset, hashes) }),
      hold: async (ref, watched) => { await late.network?.hold(ref, watched) },
      fetchFromPeers: async function* (hashes, signal) {
        if (late.network !== undefined) yield* late.network.collect(hashes, signal)
      }
    }
    let workspace = await openWorkspace(deps, openCatalog)
    const { listened, ...listen } = await listening(options.listen ?? 'loopback', home.network)
    const events = new Events(() => clock.now())
    const jobs = new Jobs(events, () => clock.now())
    const tell = (): void => { tellChanges(workspace, events) }
    tell()
    const network = late.network = await createNetwork({
      ...deps, folder: home.network, name, agent: `shoal/${shoalVersion()}`, events,
      ...listen, relay: options.relay === true, mdns: options.mdns === true,
      catalog: workspace.catalog, datasets: workspace.datasets, genesis: workspace.genesis,
      isUntouched: dataset => isUntouchedExample(home.folder, workspace.datasets, dataset),
      adoptWorkspace: async welcome => {
        workspace = await adoptWorkspace(deps, workspace, welcome)
        // Of a workspace it was no member of, this device has said nothing that it could have lost.
        place.settle()
        tell()
        return workspace
      }
    })
    const catalog = forwarding(() => workspace.catalog)
    const datasets = forwarding(() => workspace.datasets)
    const files = forwarding(() => workspace.files)
    const uploads = new ChunkUploads({ datasets, store, clock, chance, log: log.child('uploads'), folder: home.uploads })
    const usage = new UsageBook({ path: join(home.folder, 'usage.json'), clock, log })
    const identity = { id: device.id, name, version: shoalVersion(), startedAt: new Date(clock.now()).toISOString() }
    let starting: Promise<void> | undefined
    const closing = new AbortController()
    let hearing: Promise<void> | undefined
    const started = async (): Promise<Network> => {
      await starting
      return network
    }
    // Asked before it is online, the network answers when it is.
    const patient: Network = {
      addresses: () => network.addresses(),
      peers: () => network.peers(),
      keep: ref => network.keep(ref),
      setKeep: (ref, keep) => network.setKeep(ref, keep),
      invites: () => network.invites(),
      revokeInvite: id => network.revokeInvite(id),
      transfers: () => network.transfers(),
      replication: ref => network.replication(ref),
      bring: (dataset, hashes, signal) => network.bring(dataset, hashes, signal),
      hold: (ref, watched) => network.hold(ref, watched),
      collect: (hashes, signal) => network.collect(hashes, signal),
      limits: () => network.limits(),
      setLimits: limits => network.setLimits(limits),
      start: () => network.start(),
      stop: () => network.stop(),
      invite: async invite => (await started()).invite(invite),
      join: async (invite, watched) => (await started()).join(invite, watched),
      sync: async (ref, watched) => (await started()).sync(ref, watched)
    }
    return {
      home,
      store,
      catalog,
      datasets,
      files,
      services: {
        node: identity, datasets, files, uploads, usage, links: createLinkReach(), upkeep: forwarding(() => workspace.upkeep), bundles: createBundles({ catalog, datasets, store }), network: patient, catalog, store, jobs, events, clock, log
      },
      announce: url => lock.announce(url),
      startNetwork: () => starting ??= network.start().then(async () => {
        await listened(network.addresses())
        hearing = place.hear(network, log, closing.signal)
      }),
      close: async () => {
        closing.abort()
        // One that failed to start told whoever started it; what it began is stopped all the same.
        if (starting !== undefined) await starting.then(() => network.stop(), () => network.stop())
        await hearing
        await jobs.stop()
        usage.write()
        await workspace.catalog.close()
        await store.close()
        lock.release()
      }
    }
  } catch (error) {
    await opened.catalog?.close()
    await opened.store?.close()
    lock.release()
    throw error
  }
}

/** Two things at once; a failure is told when both have ended, so that what did open can be closed. */
async function settled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return await Promise.all([a, b])
}

function tellChanges({ catalog }: OpenWorkspace, events: Events): void {
  catalog.onChange(({ dataset, own }) => {
    const view = dataset === undefined ? undefined : catalog.dataset(dataset)
    events.emit('dataset', { dataset: dataset ?? null, ref: view === undefined ? null : `${view.namespace}/${view.name}`, own })
  })
}
