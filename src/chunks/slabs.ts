import { fail } from '../errors/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import type { Packed, PackedSink } from './packed.ts'

/** Chunks a slab has room to name. Twice what a slab of the shortest chunks of one file holds. */
const MAX_SLAB_CHUNKS = 4096
/** A slab that is filled less than this part goes to the store as a copy, and stays here to be filled on. */
const COPY_BELOW = 1 / 4

/** A large buffer that chunks are read into, split and hashed in place. */
export class Slab {
  bytes: Uint8Array<ArrayBuffer>
  /** Up to here lie whole chunks. */
  end = 0
  readonly #hashes = new Uint8Array(MAX_SLAB_CHUNKS * HASH_BYTES)
  readonly #lengths = new Uint32Array(MAX_SLAB_CHUNKS)
  #count = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
  }

  /** Whether the chunks of one more file might be too many to name: so it is with tiny files. */
  get isCrowded(): boolean { return this.#count >= MAX_SLAB_CHUNKS / 2 }

  /** Takes the bytes from `end` to `to` as the next chunk. */
  add(hash: Hash, to: number): void {
    this.#hashes.set(hash, this.#count * HASH_BYTES)
    this.#lengths[this.#count++] = to - this.end
    this.end = to
  }

  /** The chunks, to be sent; the slab is then empty. */
  take(): Packed {
    const { buffer } = this.bytes
    const packed = {
      buffer: this.end < buffer.byteLength * COPY_BELOW ? buffer.slice(0, this.end) : buffer,
      hashes: this.#hashes.slice(0, this.#count * HASH_BYTES),
      lengths: this.#lengths.slice(0, this.#count)
    }
    this.#count = 0
    this.end = 0
    return packed
  }
}

/** A bounded number of slabs that go to a store full and come back empty: memory and backpressure of an ingest. */
export class Slabs {
  readonly #sink: PackedSink
  readonly #slabBytes: number
  readonly #free: Slab[] = []
  #unmade: number
  readonly #sending = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  /** @param slabBytes at least twice the longest chunk, at most 8 MiB (see `MAX_SLAB_CHUNKS`) */
  constructor(sink: PackedSink, slabBytes: number, count: number) {
    this.#sink = sink
    this.#slabBytes = slabBytes
    this.#unmade = count
  }

  /** An empty slab; waits while all are on their way. @throws what sending one failed with */
  async next(): Promise<Slab> {
    for (;;) {
      this.#check()
      const slab = this.#free.pop()
      if (slab !== undefined) return slab
      if (this.#unmade > 0) {
        this.#unmade--
        return new Slab(this.#slabBytes)
      }
      if (this.#sending.size === 0) fail('INTERNAL', 'all slabs of an ingest are in use')
      await Promise.race(this.#sending)
    }
  }

  /** Sends what is in a slab; the caller has no part in the slab any more. */
  send(slab: Slab): void {
    if (slab.end === 0) {
      this.#free.push(slab)
      return
    }
    const packed = slab.take()
    const isCopy = packed.buffer !== slab.bytes.buffer
    if (isCopy) this.#free.push(slab)
    const sent = this.#sink.putPacked(packed).then(buffer => {
      if (isCopy) return
      slab.bytes = new Uint8Array(buffer ?? new ArrayBuffer(this.#slabBytes))
      this.#free.push(slab)
    }, (error: unknown) => {
      this.#failure ??= { error }
    }).finally(() => this.#sending.delete(sent))
    this.#sending.add(sent)
  }

  /** Waits until the store has taken everything that was sent. @throws what sending failed with */
  async settle(): Promise<void> {
    await Promise.all(this.#sending)
    this.#check()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
