import type { Chunk, ChunkStore } from '../chunks/index.ts'
import { BARRIER_BYTES, PUT_BYTES, PUTS_AT_ONCE } from './limits.ts'

/** A checked chunk on its way into the store; told once it is in, or why not. */
export interface Arrived extends Chunk {
  readonly stored: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Puts arriving chunks into the store in batches: at once while the store is idle, else collected. `add` waits while the store is
 * behind, and with it whoever reads from the network: so what is held stays bounded.
 */
export class ChunkSink {
  readonly #store: ChunkStore
  #collected: Arrived[] = []
  #bytes = 0
  #puts = 0
  #sinceBarrier = 0
  #wake: (() => void)[] = []

  constructor(store: ChunkStore) {
    this.#store = store
  }

  /** The bytes must be the chunk's: checked by the caller. */
  async add(arrived: Arrived): Promise<void> {
    this.#collected.push(arrived)
    this.#bytes += arrived.bytes.byteLength
    if (this.#bytes < PUT_BYTES) return
    while (this.#bytes >= PUT_BYTES && this.#puts >= PUTS_AT_ONCE) await new Promise<void>(resolve => this.#wake.push(resolve))
    if (this.#bytes >= PUT_BYTES) this.#flush()
  }

  /** Nothing more comes for the moment: what is collected goes in now, unless a put that is under way takes it along when it ends. */
  settle(): void {
    if (this.#puts === 0) this.#flush()
  }

  #flush(): void {
    if (this.#collected.length === 0) return
    const batch = this.#collected
    this.#sinceBarrier += this.#bytes
    this.#collected = []
    this.#bytes = 0
    this.#puts++
    void this.#put(batch)
  }

  async #put(batch: readonly Arrived[]): Promise<void> {
    try {
      await this.#store.putMany(batch)
      if (this.#sinceBarrier >= BARRIER_BYTES) {
        this.#sinceBarrier = 0
        await this.#store.barrier()
      }
      for (const arrived of batch) arrived.stored()
    } catch (error) {
      for (const arrived of batch) arrived.failed(error)
    }
    this.#puts--
    this.settle()
    for (const resolve of this.#wake.splice(0)) resolve()
  }
}
