import type { Catalog } from '../../src/catalog/index.ts'
import { type Chunk, type ChunkStore, createMemoryStore } from '../../src/chunks/index.ts'
import { type Hash, hashToHex } from '../../src/model/index.ts'

/** Thrown by everything a node does from the moment it died. */
export class Died extends Error {}

/** When a node will die: at a durable step, with the step done or not. */
export interface Doom { steps: number, readonly isDone: boolean }

/** What a node lives by: counts its durable steps, and stops all of them when it dies. */
export class Life {
  doom: Doom | undefined
  isOver = false

  async step<T>(work: () => Promise<T>): Promise<T> {
    if (this.isOver) throw new Died()
    if (this.doom === undefined || this.doom.steps-- > 0) return work()
    this.isOver = true
    if (this.doom.isDone) await work()
    throw new Died()
  }
}

/** A catalog whose changes end with the node's life; every change is one durable step. */
export function mortalCatalog(catalog: Catalog, life: Life): Catalog {
  const steps = new Set<string | symbol>(['create', 'apply', 'publish', 'admit'])
  return new Proxy(catalog, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const bound = value.bind(target) as (...args: unknown[]) => Promise<unknown>
      return steps.has(name) ? (...args: unknown[]) => life.step(() => bound(...args)) : bound
    }
  })
}

/** Chunks of one machine: what was put since the last barrier is lost when the power is. */
export class Machine {
  readonly #durable = createMemoryStore()
  #cache = createMemoryStore()
  #fresh: Chunk[] = []
  /** All that was ever durable here. */
  readonly #kept = new Set<string>()

  cutPower(): void {
    this.#cache = createMemoryStore()
    this.#fresh = []
  }

  /** @param options.forgetsBarriers the planted bug: a barrier that says it is done and did nothing */
  store(life: Life, options: { readonly forgetsBarriers: boolean }): ChunkStore {
    return {
      ...this.#durable,
      putMany: chunks => life.step(async () => {
        const here = await this.#durable.hasMany(chunks.map(chunk => chunk.hash))
        const fresh = chunks.filter((_, i) => here[i] === false)
        this.#fresh.push(...fresh)
        return this.#cache.putMany(fresh)
      }),
      hasMany: async hashes => {
        const cached = await this.#cache.hasMany(hashes)
        return (await this.#durable.hasMany(hashes)).map((has, i) => has || cached[i] === true)
      },
      getMany: hashes => this.read(hashes),
      beginSweep: () => this.#durable.beginSweep(),
      sweep: (token, live, options) => life.step(() => this.#durable.sweep(token, live, options)),
      stats: () => this.#durable.stats(),
      barrier: () => life.step(async () => {
        if (options.forgetsBarriers) return
        const fresh = this.#fresh.splice(0)
        for (const { hash } of fresh) this.#kept.add(hashToHex(hash))
        await this.#durable.putMany(fresh)
      }),
      scrub: async ({ hashes = [] } = {}) => {
        const found = await this.read(hashes)
        return hashes.filter((_, i) => found[i] === undefined).map(hash => ({ hash, problem: 'missing' as const }))
      }
    }
  }

  /** Whether a chunk was durable here, and is not any more: given back, for nothing this machine knew of needed it. */
  async gaveBack(hash: Hash): Promise<boolean> {
    return this.#kept.has(hashToHex(hash)) && (await this.#durable.hasMany([hash]))[0] === false
  }

  async read(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    const durable = await this.#durable.getMany(hashes)
    const cached = await this.#cache.getMany(hashes)
    return durable.map((bytes, i) => bytes ?? cached[i])
  }
}
