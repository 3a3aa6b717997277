import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type CatalogOptions, type LiveCatalog, openCatalog } from '../../src/catalog/index.ts'
import type { ChunkStore } from '../../src/chunks/index.ts'
import { type Datasets, createDatasets } from '../../src/datasets/index.ts'
import { type Hash, hashFromHex, hashToHex } from '../../src/model/index.ts'
import { type Chance, manualClock, silentLog } from '../../src/runtime/index.ts'
import { childrenOf, readCommit } from '../../src/trees/index.ts'
import type { Device } from '../../src/trust/index.ts'
import { Access } from '../../src/sync/access.ts'
import { createUpkeep } from '../../src/upkeep/index.ts'
import { documentsHere } from '../support/documents-here.ts'
import { Life, Machine, mortalCatalog } from './mortal.ts'

/** One node of a simulated team: the real catalog, datasets and trust over a store that loses what is not durable. */
export class SimNode {
  readonly name: string
  readonly device: Device
  readonly clock = manualClock()
  readonly machine = new Machine()
  readonly #options: CatalogOptions
  readonly #forgetsBarriers: boolean
  /** Nodes of trees below which nothing is missing here. */
  #whole = new Set<string>()
  life = new Life()
  catalog: LiveCatalog = undefined as never
  store: ChunkStore = undefined as never
  datasets: Datasets = undefined as never
  /** Who may have which chunk of this node. */
  access: Access = undefined as never
  hasBackup = false
  /** Which side of a partition it is on. */
  side = 0

  constructor(folder: string, name: string, device: Device, chance: Chance, options: { readonly forgetsBarriers: boolean }) {
    this.name = name
    this.device = device
    this.#forgetsBarriers = options.forgetsBarriers
    this.#options = { folder: join(folder, name), device, clock: this.clock, chance, log: silentLog, startDocuments: () => documentsHere() }
  }

  get options(): CatalogOptions { return this.#options }

  begin(catalog: LiveCatalog): void {
    this.catalog = catalog
    this.life = new Life()
    this.store = this.machine.store(this.life, { forgetsBarriers: this.#forgetsBarriers })
    this.access = new Access(catalog, this.store)
    this.datasets = createDatasets({ catalog: mortalCatalog(catalog, this.life), store: this.store, clock: this.clock, chance: this.#options.chance, log: silentLog })
  }

  /** The machine loses power and starts again: what was not durable is gone. */
  async crash(): Promise<void> {
    this.life.isOver = true
    this.machine.cutPower()
    this.#whole = new Set()
    await this.restart()
  }

  async restart(): Promise<void> {
    await this.catalog.close()
    this.begin(await openCatalog(this.#options))
  }

  /** Keeps a copy of its home, data left out: that is named by its content. */
  async backUp(): Promise<void> {
    await this.catalog.close()
    await rm(this.#backup, { recursive: true, force: true })
    await cp(this.#options.folder, this.#backup, { recursive: true })
    this.begin(await openCatalog(this.#options))
    this.hasBackup = true
  }

  /** Goes on from the copy, as somebody does whose disk broke; or as a clone of the home does. */
  async restore(): Promise<void> {
    await this.catalog.close()
    await rm(this.#options.folder, { recursive: true, force: true })
    await cp(this.#backup, this.#options.folder, { recursive: true })
    this.begin(await openCatalog(this.#options))
  }

  get #backup(): string { return `${this.#options.folder}.backup` }

  /** Gives space back at once, without the grace that people get. @throws when that took something a version shows here */
  async collect(): Promise<void> {
    const { catalog, datasets, store, clock } = this
    const before = await this.#complete()
    await createUpkeep({ catalog, datasets, store, clock, log: silentLog }).collect({ graceMs: 0 })
    this.#whole = new Set()
    const after = await this.#complete()
    for (const tree of await this.#trees()) if (before.has(tree) && !after.has(tree)) throw new Error(`${this.name} gave back parts of the tree ${tree}, which a version shows`)
  }

  /** The trees that versions show here, as far as this node has their commits. */
  async #trees(): Promise<string[]> {
    const versions = this.catalog.datasets().flatMap(dataset => dataset.versions)
    const trees = versions.flatMap(({ published }) => published?.tree ?? [])
    for (const head of versions.flatMap(version => version.published === undefined ? version.heads.map(hashFromHex) : [])) {
      const [isHere] = await this.store.hasMany([head])
      if (isHere === true) trees.push(hashToHex((await readCommit(this.store, head)).tree))
    }
    return trees
  }

  /** Those of them that are here with everything below them. */
  async #complete(): Promise<Set<string>> {
    const complete = new Set<string>()
    for (const tree of await this.#trees()) if (await this.#fetch(hashFromHex(tree), this)) complete.add(tree)
    return complete
  }

  /** Takes from another node what it has of the data this node's catalog names. @returns whether all of it is here now */
  async fetchFrom(other: SimNode): Promise<boolean> {
    let isWhole = true
    for (const head of this.catalog.datasets().flatMap(dataset => dataset.versions.flatMap(version => version.heads))) isWhole = await this.#fetch(hashFromHex(head), other) && isWhole
    await this.store.barrier()
    return isWhole
  }

  async #fetch(hash: Hash, other: SimNode): Promise<boolean> {
    const name = hashToHex(hash)
    if (this.#whole.has(name)) return true
    const bytes = await this.#take(hash, other)
    if (bytes === undefined) return false
    const { nodes, data } = childrenOf(bytes)
    let isWhole = true
    for (const chunk of data) isWhole = await this.#take(chunk.hash, other) !== undefined && isWhole
    for (const node of nodes) isWhole = await this.#fetch(node, other) && isWhole
    if (isWhole) this.#whole.add(name)
    return isWhole
  }

  async #take(hash: Hash, other: SimNode): Promise<Uint8Array | undefined> {
    const [here] = await this.machine.read([hash])
    if (here !== undefined) return here
    const [bytes] = await other.machine.read([hash])
    if (bytes !== undefined) await this.store.putMany([{ hash, bytes }])
    return bytes
  }
}
