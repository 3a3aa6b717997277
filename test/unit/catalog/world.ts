import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CatalogOptions, type DatasetView, type LiveCatalog, type NewVersion, createWorkspace, joinWorkspace, openCatalog } from '../../../src/catalog/index.ts'
import { expect } from 'vitest'
import { type DatasetFields, type VersionId, versionId } from '../../../src/model/index.ts'
import { type Chance, type Clock, type Log, manualClock, seededChance, silentLog } from '../../../src/runtime/index.ts'
import { type Device, type Role, deviceFromSeed } from '../../../src/trust/index.ts'
import { documentsHere } from '../../support/documents-here.ts'

/** A place for catalogs of several devices, gone afterwards. */
export class World {
  readonly folder: string
  readonly chance: Chance & { next(): number }
  readonly clock = manualClock()
  /** Whether Automerge runs in threads of its own, as it does for people. */
  readonly #threads: boolean
  readonly #open: LiveCatalog[] = []

  private constructor(folder: string, seed: number, threads: boolean) {
    this.#threads = threads
    this.folder = folder
    this.chance = seededChance(seed)
  }

  static async make(seed = 1, options: { readonly threads?: boolean } = {}): Promise<World> {
    return new World(await mkdtemp(join(tmpdir(), 'shoal-catalog-')), seed, options.threads === true)
  }

  async remove(): Promise<void> {
    for (const catalog of this.#open) await catalog.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  device(): Device {
    return deviceFromSeed(this.chance.bytes(32))
  }

  options(name: string, device: Device, log: Log = silentLog, clock: Clock = this.clock): CatalogOptions {
    return { folder: join(this.folder, name), device, clock, chance: this.chance, log, ...this.#threads ? {} : { startDocuments: () => documentsHere() } }
  }

  keep(catalog: LiveCatalog): LiveCatalog {
    this.#open.push(catalog)
    return catalog
  }

  /** A workspace's founder. */
  async founder(device = this.device(), name = 'a'): Promise<Peer> {
    return { device, name, catalog: this.keep(await createWorkspace({ ...this.options(name, device), name: 'Ann' })) }
  }

  /** Another member, who has heard of itself. */
  async member(of: Peer, name: string, role: Role = 'writer', device = this.device()): Promise<Peer> {
    await of.catalog.addMember({ id: device.id, name, role, addresses: [] })
    const catalog = this.keep(await joinWorkspace({ ...this.options(name, device), genesis: await of.catalog.genesis() }))
    await catalog.admit(await envelopesOf(of.catalog, ['workspace']))
    return { device, name, catalog }
  }

  /** A founder, `a`, with other members, and a dataset of the founder's that all of them know. */
  async team<Name extends string>(others: Readonly<Record<Name, Role>>): Promise<{ readonly dataset: DatasetView } & Readonly<Record<'a' | Name, Peer>>> {
    const a = await this.founder()
    const members: [string, Peer][] = []
    for (const [name, role] of Object.entries<Role>(others)) members.push([name, await this.member(a, name, role)])
    const dataset = await this.dataset(a)
    for (const [, { catalog }] of members) await catalog.admit(await envelopesOf(a.catalog))
    return { ...Object.fromEntries(members) as Record<Name, Peer>, a, dataset }
  }

  async reopened(peer: Peer, log?: Log): Promise<Peer> {
    await peer.catalog.close()
    return { ...peer, catalog: this.keep(await openCatalog(this.options(peer.name, peer.device, log))) }
  }

  version(number: string, changes: Partial<NewVersion> = {}): NewVersion {
    return { id: versionId(this.chance.bytes(16)), number, name: 'Current', parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {}, ...changes }
  }

  dataset(peer: Peer, name = 'pets', number = '1.0.0'): Promise<DatasetView> {
    return peer.catalog.create(fields({ name }), [], this.version(number))
  }
}

export interface Peer { readonly device: Device, readonly name: string, readonly catalog: LiveCatalog }

export const fields = (changes: Partial<DatasetFields> = {}): DatasetFields => ({
  namespace: 'vision', name: 'pets', displayName: '', description: '', type: 'image', task: 'classification', format: 'others', status: 'ready', scenario: '', license: 'MIT', publicAccess: true,
  strictTypes: false, example: false, registry: [], ...changes
})

export const hash = (n: number): Uint8Array => new Uint8Array(32).fill(n)
export const hex = (n: number): string => Buffer.from(hash(n)).toString('hex')

/** All envelopes of a catalog, log by log. */
export async function envelopesOf(catalog: LiveCatalog, documents?: readonly string[]): Promise<Uint8Array[]> {
  const envelopes: Uint8Array[] = []
  for (const head of await catalog.logHeads(documents)) envelopes.push(...await catalog.envelopes(head.document, head.device, 0, 100_000))
  return envelopes
}

/** Brings two catalogs to the same state. */
export async function exchange(a: Peer, b: Peer): Promise<void> {
  await b.catalog.admit(await envelopesOf(a.catalog))
  await a.catalog.admit(await envelopesOf(b.catalog))
}

export const only = (view: DatasetView | undefined) => {
  const [version] = view?.versions ?? []
  if (version === undefined) throw new Error('no version')
  return version
}

export const publishRequest = (dataset: DatasetView, version: VersionId, number: string, tree = 3) =>
  ({ dataset: dataset.id, version, number, name: '', tree: hash(tree), commit: hash(tree + 100), over: dataset.versions.find(item => item.id === version)?.heads ?? [], files: 1, links: 0, bytes: 5, parents: [], message: 'done' })

export const code = (code: string) => expect.objectContaining({ code }) as Error
