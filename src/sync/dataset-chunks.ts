import type { DatasetView } from '../catalog/index.ts'
import type { ChunkStore } from '../chunks/index.ts'
import { isShoalError } from '../errors/index.ts'
import { type Hash, HashSet, hashFromHex } from '../model/index.ts'
import { Mutex } from '../runtime/index.ts'
import { childrenOf } from '../trees/index.ts'
import { NODES_AT_ONCE } from './limits.ts'

/**
 * Which chunks a dataset consists of, as far as they are here: what its versions name, and all that lies below. Found out only as far as
 * somebody asks: the walk goes from the roots down in the order of the files, which is the order a fetching node asks in, and stops
 * where the answer is known. What was found stays good, because what a node points at never changes.
 */
export class DatasetChunks {
  readonly #store: ChunkStore
  readonly #known = new HashSet()
  readonly #turn = new Mutex()
  /** Nodes to look into; the next one last. */
  #waiting: Hash[] = []
  /** Nodes that belong and could not be read when it was their turn. */
  #absent: Hash[] = []

  constructor(store: ChunkStore) {
    this.#store = store
  }

  /** Hashes held in memory. */
  get size(): number { return this.#known.size }

  /** Which of these chunks belong to the dataset as it is now; for those that are not here too. */
  async has(dataset: DatasetView, hashes: readonly Hash[]): Promise<readonly boolean[]> {
    for (const root of rootsIn(dataset)) if (this.#known.add(root)) this.#waiting.push(root)
    if (hashes.some(hash => !this.#known.has(hash))) await this.#turn.run(() => this.#lookFor(hashes))
    return hashes.map(hash => this.#known.has(hash))
  }

  async #lookFor(hashes: readonly Hash[]): Promise<void> {
    const isOpen = (): boolean => hashes.some(hash => !this.#known.has(hash))
    while (this.#waiting.length > 0 && isOpen()) await this.#step()
    if (!isOpen() || this.#absent.length === 0) return
    // They may have arrived since.
    const here = await this.#store.hasMany(this.#absent)
    this.#waiting = this.#absent.filter((_, i) => here[i])
    this.#absent = this.#absent.filter((_, i) => here[i] !== true)
    while (this.#waiting.length > 0 && isOpen()) await this.#step()
  }

  async #step(): Promise<void> {
    const nodes = this.#waiting.splice(-NODES_AT_ONCE).toReversed()
    const next: Hash[] = []
    const found = await this.#read(nodes)
    nodes.forEach((node, i) => {
      const bytes = found[i]
      if (bytes === undefined) this.#absent.push(node)
      else next.push(...this.#look(bytes))
    })
    this.#waiting.push(...next.toReversed())
  }

  /** @returns the nodes a node points at that were not known */
  #look(bytes: Uint8Array): readonly Hash[] {
    try {
      const { nodes, data } = childrenOf(bytes)
      for (const { hash } of data) this.#known.add(hash)
      return nodes.filter(node => this.#known.add(node))
    } catch (error) {
      // A catalog's word may name what never was a node: nothing is below it.
      if (isShoalError(error, 'FORMAT_INVALID')) return []
      throw error
    }
  }

  async #read(nodes: readonly Hash[]): Promise<readonly (Uint8Array | undefined)[]> {
    try {
      return await this.#store.getMany(nodes)
    } catch (error) {
      if (!isShoalError(error, 'CHUNK_DAMAGED')) throw error
      if (nodes.length === 1) return [undefined]
      const found: (Uint8Array | undefined)[] = []
      for (const node of nodes) found.push(...await this.#read([node]))
      return found
    }
  }
}

/** What a dataset's versions name: what people wait for last, for it is looked into first. */
function rootsIn({ versions }: DatasetView): readonly Hash[] {
  const drafts = versions.flatMap(version => version.published === undefined ? version.heads : [])
  const published = versions.flatMap(version => version.published === undefined ? [] : [version.published.commit, version.published.tree])
  return [...drafts, ...published].map(hashFromHex)
}
