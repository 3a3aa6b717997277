import { hostname } from 'node:os'
import { join } from 'node:path'
import type { CatalogOptions } from '../catalog/index.ts'
import { silentLog, systemChance, systemClock } from '../runtime/index.ts'
import type { Network } from '../sync/index.ts'
import { loadOrCreateDevice } from '../trust/index.ts'
import type { ChunkUploads } from '../uploads/index.ts'
import type { Closers } from './closers.ts'
import { HomePlace } from './home-place.ts'
import { type Home, prepareHome } from './home.ts'
import { type HomeLock, acquireLock } from './lock.ts'
import type { NodeOptions } from './node.ts'
import { OwnPast } from './own-past.ts'

/** What all parts of a node stand on: its home, and this device. */
export interface Base extends CatalogOptions {
  readonly home: Home
  readonly lock: HomeLock
  readonly place: HomePlace
  readonly past: OwnPast
  /** This device's name for people. */
  readonly name: string
  /** What earlier parts ask of later ones, once those are there. */
  readonly late: { network?: Network, uploads?: ChunkUploads }
}

/** Takes a home for this process. @throws HOME_IN_USE, HOME_INVALID, HOME_TOO_NEW */
export function takeHome({ folder, doing, moved, online, log = silentLog, clock = systemClock, chance = systemChance }: NodeOptions, closers: Closers): Base {
  const home = prepareHome(folder, chance)
  const lock = acquireLock(home.lock, doing)
  closers.add(() => lock.release())
  const device = loadOrCreateDevice(join(home.folder, 'device.key'), chance)
  const place = new HomePlace(home.folder, moved === true)
  const late: Base['late'] = {}
  const past = new OwnPast(place, () => late.network?.peers().length ?? 0)
  if (online === true) past.expect()
  return { home, lock, place, past, name: hostname(), late, folder: home.catalog, device, clock, chance, log, mayWrite: () => past.mayWrite() }
}
