import type { Catalog } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import type { DatasetId, DeviceId, Hash } from '../model/index.ts'
import { DatasetChunks } from './dataset-chunks.ts'
import { MOST_KNOWN_CHUNKS } from './limits.ts'

interface Hidden { readonly documents: Set<string>, readonly filled: Promise<void> }

/**
 * Which chunks a member may be given. It names the dataset it asks for and must be allowed to read that; and the chunk must be that
 * dataset's, else who may read one dataset could fetch another's by its hashes. Where this node holds nothing that is kept from the
 * member, the second check can refuse nothing it must not have, and is left out: it costs a walk of the dataset's trees.
 */
export class Access {
  readonly #catalog: Catalog
  readonly #store: ChunkStore
  readonly #ended: () => void
  /** Of each member that asked: the documents here that it may not read. */
  readonly #hidden = new Map<DeviceId, Hidden>()
  /** The one used last is last. */
  readonly #chunks = new Map<DatasetId, DatasetChunks>()

  constructor(catalog: Catalog, store: ChunkStore) {
    this.#catalog = catalog
    this.#store = store
    this.#ended = catalog.onChange(({ dataset }) => {
      if (dataset === undefined) this.#hidden.clear()
      else for (const [device, { documents }] of this.#hidden) this.#note(documents, dataset, device)
    })
  }

  stop(): void {
    this.#ended()
  }

  /** For each chunk whether `device` may have it as one of `dataset`; undefined when it may have all. */
  async of(device: DeviceId, dataset: DatasetId, hashes: readonly Hash[]): Promise<readonly boolean[] | undefined> {
    const view = this.#catalog.dataset(dataset)
    if (view === undefined || !this.#catalog.mayRead(dataset, device)) return hashes.map(() => false)
    if ((await this.#hiddenFrom(device)).size === 0) return undefined
    return await this.#chunksOf(dataset).has(view, hashes)
  }

  async #hiddenFrom(device: DeviceId): Promise<ReadonlySet<string>> {
    // Known before it is filled: changes that come meanwhile are noted in it.
    const hidden = this.#hidden.get(device) ?? this.#fill(device)
    this.#hidden.set(device, hidden)
    await hidden.filled
    return hidden.documents
  }

  #fill(device: DeviceId): Hidden {
    const documents = new Set<string>()
    const filled = this.#catalog.logHeads().then(heads => {
      for (const { document } of heads) this.#note(documents, document, device)
    })
    return { documents, filled }
  }

  #note(hidden: Set<string>, document: string, device: DeviceId): void {
    if (this.#catalog.mayRead(document, device)) hidden.delete(document)
    else hidden.add(document)
  }

  #chunksOf(dataset: DatasetId): DatasetChunks {
    const chunks = this.#chunks.get(dataset) ?? new DatasetChunks(this.#store)
    this.#chunks.delete(dataset)
    let total = chunks.size
    for (const [other, { size }] of [...this.#chunks].toReversed()) {
      total += size
      if (total > MOST_KNOWN_CHUNKS) this.#chunks.delete(other)
    }
    this.#chunks.set(dataset, chunks)
    return chunks
  }
}
