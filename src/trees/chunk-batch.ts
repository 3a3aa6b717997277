import type { Chunk, ChunkStore } from '../chunks/index.ts'
import { BATCH_BYTES } from './limits.ts'

/** Collects finished nodes and puts them into the store together: a store in another thread is asked once a megabyte. */
export class ChunkBatch {
  readonly #store: ChunkStore
  #chunks: Chunk[] = []
  #bytes = 0

  constructor(store: ChunkStore) {
    this.#store = store
  }

  add(chunk: Chunk): void {
    this.#chunks.push({ hash: chunk.hash, bytes: chunk.bytes })
    this.#bytes += chunk.bytes.length
  }

  get full(): boolean {
    return this.#bytes >= BATCH_BYTES
  }

  async flush(): Promise<void> {
    if (this.#chunks.length === 0) return
    const chunks = this.#chunks
    this.#chunks = []
    this.#bytes = 0
    await this.#store.putMany(chunks)
  }
}
