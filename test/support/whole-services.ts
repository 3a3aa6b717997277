import '../../src/runtime/polyfill.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFiles } from '../../src/files/index.ts'
import { type Client, type Services, Shoal, createClient, loadApp } from '../../src/http/index.ts'
import { Events, Jobs, type Log, seededChance, silentLog } from '../../src/runtime/index.ts'
import { createBundles } from '../../src/sync/index.ts'
import { ChunkUploads } from '../../src/uploads/index.ts'
import { UsageBook, createUpkeep } from '../../src/upkeep/index.ts'
import { type World, datasetsWorld } from './datasets-world.ts'
import { fakeReach } from './fake-services/uploads.ts'

/** A node in this process: all rooms as they are, over a catalog and a store in memory; links lead into the web of tests. */
export interface Whole {
  readonly world: World
  readonly services: Services
  readonly client: Client
  readonly shoal: Shoal
  /** Errors that were logged: bugs. */
  readonly logged: unknown[]
  path(name: string): string
  /** Everything that could change, as text. */
  fingerprint(): string
  end(): void
}

const { createApp, inProcessFetch } = await loadApp()

export function wholeServices(): Whole {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-whole-'))
  const world = datasetsWorld()
  const { datasets, catalog, store, clock } = world
  const logged: unknown[] = []
  const log: Log = { ...silentLog, error: (message, fields) => { logged.push({ message, fields }) }, child: () => log }
  const events = new Events(() => clock.now())
  const uploads = new ChunkUploads({ datasets, store, clock, chance: seededChance(9), log, folder: join(folder, 'uploads') })
  const services: Services = {
    node: { id: catalog.device, name: 'test', version: '0.1.0', startedAt: new Date(clock.now()).toISOString() },
    datasets, catalog, store, clock, log, events, uploads, links: fakeReach(), bundles: createBundles({ datasets, catalog, store }),
    jobs: new Jobs(events, () => clock.now()),
    files: createFiles({ datasets, store, clock, log, cacheFolder: join(folder, 'cache') }),
    usage: new UsageBook({ path: join(folder, 'usage.json'), clock, log }),
    upkeep: createUpkeep({ datasets, catalog, store, clock, log, pinned: () => uploads.pinned() })
  }
  const client = createClient({ baseUrl: 'http://inside', fetch: inProcessFetch(createApp(services, {})) })
  return {
    world, services, client, shoal: new Shoal(client), logged,
    path: name => join(folder, name),
    fingerprint: () => JSON.stringify([catalog.datasets(), uploads.list()]),
    end: () => { rmSync(folder, { recursive: true, force: true }) }
  }
}
