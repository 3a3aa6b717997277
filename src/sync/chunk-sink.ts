import { packedSink, type Chunk, type ChunkStore, type PackedSink } from '../chunks/index.ts'
import { HASH_BYTES } from '../model/index.ts'
import { BARRIER_BYTES, PUTS_AT_ONCE, SLAB_BYTES } from './limits.ts'

/** A checked chunk on its way into the store; told once it is in, or why not. */
export interface Arrived extends Chunk {
  readonly stored: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Puts arriving chunks into the store in batches: at once while the store is idle, else collected. `add` waits while the store is
 * behind, and with it whoever reads from the network: so what is held stays bounded. Bytes are copied into a few buffers that go to the
 * store and come back: fresh ones for each batch would keep the garbage collector busy.
 */
export class ChunkSink {
  readonly #store: ChunkStore
  readonly #sink: PackedSink
  readonly #free: ArrayBuffer[] = []
  #slab: Slab | undefined
  #puts = 0
  #sinceBarrier = 0
  #wake: (() => void)[] = []

  constructor(store: ChunkStore) {
    this.#store = store
    this.#sink = packedSink(store)
  }

  /** The bytes must be the chunk's: checked by the caller. They are copied before this resolves. */
  async add(arrived: Arrived): Promise<void> {
    while (!(this.#slab ??= this.#next()).has(arrived.bytes.byteLength)) {
      if (this.#puts < PUTS_AT_ONCE) this.#flush()
      else await new Promise<void>(resolve => this.#wake.push(resolve))
    }
    this.#slab.add(arrived)
  }

  /** Nothing more comes for the moment: what is collected goes in now, unless a put that is under way takes it along when it ends. */
  settle(): void {
    if (this.#puts === 0) this.#flush()
  }

  #next(): Slab {
    return new Slab(this.#free.pop() ?? new ArrayBuffer(SLAB_BYTES))
  }

  #flush(): void {
    const slab = this.#slab
    if (slab === undefined || slab.isEmpty) return
    this.#slab = undefined
    this.#puts++
    void this.#put(slab)
  }

  async #put(slab: Slab): Promise<void> {
    try {
      this.#sinceBarrier += slab.end
      const buffer = await this.#sink.putPacked(slab.packed())
      if (buffer !== undefined && this.#free.length < PUTS_AT_ONCE) this.#free.push(buffer)
      if (this.#sinceBarrier >= BARRIER_BYTES) {
        this.#sinceBarrier = 0
        await this.#store.barrier()
      }
      for (const arrived of slab.arrived) arrived.stored()
    } catch (error) {
      for (const arrived of slab.arrived) arrived.failed(error)
    }
    this.#puts--
    this.settle()
    for (const resolve of this.#wake.splice(0)) resolve()
  }
}

/** A buffer being filled with chunks, one behind the other. */
class Slab {
  readonly arrived: Arrived[] = []
  readonly #buffer: ArrayBuffer
  readonly #bytes: Uint8Array
  #end = 0

  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer
    this.#bytes = new Uint8Array(buffer)
  }

  get isEmpty(): boolean { return this.arrived.length === 0 }

  /** Bytes filled. */
  get end(): number { return this.#end }

  /** Whether there is room for so many bytes. */
  has(bytes: number): boolean { return this.#end + bytes <= this.#bytes.byteLength }

  add(arrived: Arrived): void {
    this.#bytes.set(arrived.bytes, this.#end)
    this.#end += arrived.bytes.byteLength
    this.arrived.push(arrived)
  }

  packed(): Parameters<PackedSink['putPacked']>[0] {
    const hashes = new Uint8Array(this.arrived.length * HASH_BYTES)
    this.arrived.forEach(({ hash }, i) => hashes.set(hash, i * HASH_BYTES))
    return { buffer: this.#buffer, hashes, lengths: Uint32Array.from(this.arrived, chunk => chunk.bytes.byteLength) }
  }
}
