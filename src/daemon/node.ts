import { join } from 'node:path'
import type { LiveCatalog } from '../catalog/index.ts'
import { type ChunkStore, openLevelStore } from '../chunks/index.ts'
import type { Datasets } from '../datasets/index.ts'
import { type Files, createLinkReach } from '../files/index.ts'
import type { Services } from '../http/index.ts'
import { withoutPeer } from '../peers/index.ts'
import { type Chance, type Clock, Events, Jobs, type Log } from '../runtime/index.ts'
import { type Network, createBundles, createNetwork, remoteStore } from '../sync/index.ts'
import { ChunkUploads } from '../uploads/index.ts'
import { UsageBook } from '../upkeep/index.ts'
import { type Base, takeHome } from './base.ts'
import { Closers } from './closers.ts'
import { isUntouchedExample } from './examples-made.ts'
import { GoingOnline } from './going-online.ts'
import { HomeWorkspace } from './home-workspace.ts'
import type { Home } from './home.ts'
import { type ListenOption, announced, listening } from './listen.ts'
import { shoalVersion } from './version.ts'
import { type WorkspaceDeps, openHomeCatalog, openWorkspace } from './workspace.ts'

export interface NodeOptions {
  readonly folder: string
  /** What the process does, for others who find the home in use: `shoal import`. */
  readonly doing: string
  readonly log?: Log
  readonly clock?: Clock
  readonly chance?: Chance
  /** Where peers reach it. Default: from this machine only. */
  readonly listen?: ListenOption
  /** Multiaddrs at which peers reach it, too. */
  readonly announce?: readonly string[]
  /** Carries connections between members that can't reach each other. */
  readonly relay?: boolean
  /** Looks for members on the local network. */
  readonly mdns?: boolean
  /** The home was moved here on purpose, and no other copy of it runs. */
  readonly moved?: boolean
  /** `startNetwork` follows: the first changes wait for a member that may know what this device has said before. */
  readonly online?: boolean
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
  const closers = new Closers()
  try {
    const base = takeHome(options, closers)
    const { clock, home, log } = base
    const events = new Events(() => clock.now())
    const { store, workspace } = await openData(base, events, closers)
    const { catalog, datasets, files } = workspace
    const usage = new UsageBook({ path: join(home.folder, 'usage.json'), clock, log })
    closers.add(() => usage.write())
    const jobs = new Jobs(events, () => clock.now())
    closers.add(() => jobs.stop())
    const uploads = base.late.uploads = new ChunkUploads({ ...base, datasets, store, log: log.child('uploads'), folder: home.uploads })
    const line = await openLine(options, base, store, workspace, events)
    closers.add(() => line.stop())
    const node = { id: base.device.id, name: base.name, version: shoalVersion(), startedAt: new Date(clock.now()).toISOString() }
    const parts = { store, catalog, datasets, files }
    const services = {
      ...parts, node, uploads, usage, links: createLinkReach(), upkeep: workspace.upkeep, bundles: createBundles(parts), network: line.network, jobs, events, clock, log
    }
    return { ...parts, home, services, announce: url => base.lock.announce(url), startNetwork: () => line.start(), close: () => closers.close() }
  } catch (error) {
    await closers.close().catch((failure: unknown) => options.log?.warn('what was opened of the home did not close', { error: failure }))
    throw error
  }
}

/** Opens the two databases, both at once, and what works on them. */
async function openData(base: Base, events: Events, closers: Closers): Promise<{ store: ChunkStore, workspace: HomeWorkspace }> {
  const storeOpens = openLevelStore({ folder: base.home.store, log: base.log.child('store') })
  const catalogOpens = openHomeCatalog(base, base.name)
  const [storeOpened, catalogOpened] = await Promise.allSettled([storeOpens, catalogOpens])
  if (storeOpened.status === 'fulfilled') closers.add(() => storeOpened.value.close())
  if (catalogOpened.status === 'fulfilled') closers.add(() => catalogOpened.value.close())
  const [store, catalog] = [await storeOpens, await catalogOpens]
  const deps = workspaceDeps(base, store)
  const workspace = new HomeWorkspace(deps, await openWorkspace(deps, catalog), events)
  // Another one, where the home joined another workspace since; to close one twice does nothing.
  closers.add(() => workspace.now.catalog.close())
  return { store, workspace }
}

/** What works on a workspace asks peers for what is not here, once there is a network. */
function workspaceDeps(base: Base, store: ChunkStore): WorkspaceDeps {
  const { home, late } = base
  return {
    ...base, store, cacheFolder: home.cache, home: home.folder,
    pinned: async function* () {
      if (late.uploads !== undefined) yield* late.uploads.pinned()
    },
    storeOf: dataset => remoteStore(store, async hashes => { await late.network?.bring(dataset, hashes) }),
    hold: async (ref, watched) => { await late.network?.hold(ref, watched) },
    fetchFromPeers: async function* (hashes, signal) {
      if (late.network !== undefined) yield* late.network.collect(hashes, signal)
    }
  }
}

async function openLine(options: NodeOptions, base: Base, store: ChunkStore, workspace: HomeWorkspace, events: Events): Promise<GoingOnline> {
  const { home, late, log, past, place } = base
  const announce = announced(options.announce ?? [])
  const { listened, ...listen } = await listening(options.listen ?? 'loopback', home.network)
  const network = late.network = await createNetwork({
    ...base, ...workspace.now, ...listen, announce, store, events, folder: home.network, agent: `shoal/${shoalVersion()}`,
    relay: options.relay === true,
    mdns: options.mdns === true,
    isUntouched: dataset => isUntouchedExample(home.folder, workspace.datasets, dataset),
    adoptWorkspace: async welcome => {
      const joined = await workspace.adopt(welcome)
      // Of a workspace it was no member of, this device has said nothing that it could have lost.
      place.settle()
      return joined
    }
  })
  return new GoingOnline(network, () => listened(network.addresses().filter(address => !announce.includes(withoutPeer(address)))), signal => past.hear(network, workspace.catalog, log, signal))
}
