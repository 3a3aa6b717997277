import type { Catalog, DatasetView } from '../catalog/index.ts'
import type { DatasetId } from '../model/index.ts'
import type { Completed } from './completed.ts'
import type { Keep } from './service.ts'
import { targetOf, targetsOf, type Target } from './targets.ts'

/** What this node wants of each dataset, and what of it is not complete; follows the catalog dataset by dataset, for there may be 10,000. */
export class TargetBook {
  readonly #catalog: Catalog
  readonly #completed: Completed
  readonly #keepOf: (dataset: DatasetView) => Keep
  readonly #wanted = new Map<DatasetId, readonly Target[]>()
  /** Datasets with something incomplete. */
  readonly #open = new Set<DatasetId>()
  /** Keys of what is complete because somebody asked for it, though it is not kept. */
  readonly #asked = new Map<DatasetId, Set<string>>()

  constructor(catalog: Catalog, completed: Completed, keepOf: (dataset: DatasetView) => Keep) {
    this.#catalog = catalog
    this.#completed = completed
    this.#keepOf = keepOf
    for (const dataset of catalog.datasets()) this.#set(dataset.id, targetsOf(dataset, keepOf(dataset)))
    completed.retain(new Set([...this.#wanted.values()].flat().map(target => target.key)))
  }

  /** A dataset changed, or what is kept of it. */
  refresh(id: DatasetId): void {
    const dataset = this.#catalog.dataset(id)
    const before = this.#wanted.get(id) ?? []
    const targets = dataset === undefined ? [] : targetsOf(dataset, this.#keepOf(dataset))
    this.#set(id, targets)
    const keys = new Set(targets.map(target => target.key))
    // What is not wanted any more may be collected: it must be looked at again when it is wanted once more.
    for (const target of before) if (!keys.has(target.key)) this.#completed.delete(target.key)
    this.#forgetAsked(id, new Set([...keys, ...dataset?.versions.flatMap(version => targetOf(dataset, version)?.key ?? []) ?? []]))
  }

  /** A target is whole and durable here: so it stays for as long as it is kept, or the catalog names it. */
  held({ dataset, key }: Target): void {
    this.#completed.add(key)
    if (this.#wanted.get(dataset)?.some(target => target.key === key) === true) return
    this.#asked.set(dataset, (this.#asked.get(dataset) ?? new Set()).add(key))
  }

  #forgetAsked(id: DatasetId, named: ReadonlySet<string>): void {
    const asked = this.#asked.get(id) ?? new Set()
    for (const key of asked) {
      if (named.has(key)) continue
      asked.delete(key)
      this.#completed.delete(key)
    }
  }

  /** Drafts that are wanted and complete. */
  completeDrafts(): readonly Target[] {
    return [...this.#wanted.values()].flat().filter(target => target.record === undefined && this.#completed.has(target.key))
  }

  /** What is wanted and not complete. */
  open(): readonly Target[] {
    return [...this.#open].flatMap(id => {
      const targets = (this.#wanted.get(id) ?? []).filter(target => !this.#completed.has(target.key))
      if (targets.length === 0) this.#open.delete(id)
      return targets
    })
  }

  #set(id: DatasetId, targets: readonly Target[]): void {
    if (targets.length === 0) this.#wanted.delete(id)
    else this.#wanted.set(id, targets)
    for (const target of targets) if (target.by === this.#catalog.device) this.#completed.add(target.key)
    if (targets.some(target => !this.#completed.has(target.key))) this.#open.add(id)
    else this.#open.delete(id)
  }
}
