import type { Catalog, DatasetView, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import { type DatasetId, type DatasetRef, formatDatasetRef, type VersionId } from '../model/index.ts'
import { sameRef, versionOf } from './deps.ts'
import type { Resolved } from './service.ts'

/** Finds datasets by name and versions by id without walking the whole catalog each time (it may hold 10,000 datasets). */
export class Directory {
  readonly #catalog: Catalog
  /** Every dataset that ever had a name, by that name; made when it is first asked for. What it leads to is looked up anew each time. */
  #byName: Map<string, Set<DatasetId>> | undefined
  /** Where a version was found before; checked each time, so it may be old but never wrong. */
  readonly #byVersion = new Map<VersionId, DatasetId>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
    catalog.onChange(({ dataset }) => {
      // Who the members are decides what counts: then all is looked at anew.
      if (dataset === undefined) this.#byName = undefined
      const view = dataset === undefined ? undefined : catalog.dataset(dataset)
      if (view !== undefined) this.#name(view)
    })
  }

  #name(dataset: DatasetView): void {
    const name = formatDatasetRef(dataset)
    this.#byName?.set(name, (this.#byName.get(name) ?? new Set()).add(dataset.id))
  }

  /** @throws DATASET_NOT_FOUND */
  find(ref: DatasetRef): DatasetView {
    const name = formatDatasetRef(ref)
    return this.lookup(ref) ?? fail('DATASET_NOT_FOUND', `there is no dataset ${name}`, { dataset: name })
  }

  /** The dataset of a name; of several that were made apart the one that every node takes. */
  lookup(ref: DatasetRef): DatasetView | undefined {
    if (this.#byName === undefined) {
      this.#byName = new Map()
      for (const dataset of this.#catalog.datasets()) this.#name(dataset)
    }
    const found = [...this.#byName.get(formatDatasetRef(ref)) ?? []].flatMap(id => this.#catalog.dataset(id) ?? [])
    return found.filter(dataset => sameRef(dataset, ref)).sort(byPrecedence)[0]
  }

  /** Notes whose versions these are, so that nobody has to look for it. */
  know(dataset: DatasetView, versions: readonly VersionView[]): void {
    for (const { id } of versions) this.#byVersion.set(id, dataset.id)
  }

  /** A version as it is now. @throws DATASET_NOT_FOUND, VERSION_NOT_FOUND when it was deleted meanwhile */
  need(id: DatasetId, version: VersionId): Resolved {
    const dataset = this.#catalog.dataset(id) ?? fail('DATASET_NOT_FOUND', `the dataset ${id} is not there any more`, { dataset: id })
    return { dataset, version: versionOf(dataset, version) }
  }

  version(id: VersionId): Resolved | undefined {
    const known = this.#byVersion.get(id)
    const hit = known === undefined ? undefined : this.#catalog.dataset(known)
    const dataset = hit !== undefined && holds(hit, id) ? hit : this.#catalog.datasets().find(dataset => holds(dataset, id))
    if (dataset === undefined) return undefined
    this.#byVersion.set(id, dataset.id)
    return { dataset, version: versionOf(dataset, id) }
  }
}

const holds = (dataset: DatasetView, id: VersionId): boolean => dataset.versions.some(version => version.id === id)

/** Two datasets made apart may share a name: every node takes the same one, whatever came first to it. */
const byPrecedence = (a: DatasetView, b: DatasetView): number => Number(a.archived) - Number(b.archived) || (a.id < b.id ? -1 : 1)
