import type { LiveCatalog } from '../catalog/index.ts'
import type { Datasets } from '../datasets/index.ts'
import type { Files } from '../files/index.ts'
import type { Events } from '../runtime/index.ts'
import type { Welcome } from '../sync/index.ts'
import type { Upkeep } from '../upkeep/index.ts'
import { forwarding } from './forwarding.ts'
import { type OpenWorkspace, type WorkspaceDeps, adoptWorkspace } from './workspace.ts'

/** The workspace of a home, and another one once the home has joined it: its parts go on with that. */
export class HomeWorkspace {
  readonly catalog: LiveCatalog
  readonly datasets: Datasets
  readonly files: Files
  readonly upkeep: Upkeep
  readonly #deps: WorkspaceDeps
  readonly #events: Events
  #now: OpenWorkspace

  constructor(deps: WorkspaceDeps, first: OpenWorkspace, events: Events) {
    this.#deps = deps
    this.#events = events
    this.#now = first
    this.catalog = forwarding(() => this.#now.catalog)
    this.datasets = forwarding(() => this.#now.datasets)
    this.files = forwarding(() => this.#now.files)
    this.upkeep = forwarding(() => this.#now.upkeep)
    this.#tellChanges()
  }

  get now(): OpenWorkspace { return this.#now }

  async adopt(welcome: Welcome): Promise<OpenWorkspace> {
    this.#now = await adoptWorkspace(this.#deps, this.#now, welcome)
    this.#tellChanges()
    return this.#now
  }

  #tellChanges(): void {
    const { catalog } = this.#now
    catalog.onChange(({ dataset, own }) => {
      const view = dataset === undefined ? undefined : catalog.dataset(dataset)
      this.#events.emit('dataset', { dataset: dataset ?? null, ref: view === undefined ? null : `${view.namespace}/${view.name}`, own })
    })
  }
}
