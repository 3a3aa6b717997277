import { fail } from '../errors/index.ts'
import { HASH_BYTES, type Hash } from '../model/index.ts'
import { blake3, createHasher, type Hasher } from './blake3.ts'
import type { ChunkList, Ingested } from './ingest.ts'
import { MAX_FILE_CHUNK_BYTES, PROFILE_SAMPLE_BYTES, SPLIT_SIZES, chooseProfile, type SplitProfile } from './profile.ts'
import type { Slab, Slabs } from './slabs.ts'
import { nextCut } from './split.ts'

/** Reads the next bytes of a file into `into`; gives how many, 0 at the file's end. */
export type Read = (into: Uint8Array) => number | Promise<number>

/** So much is read at once: it is split and hashed while it is still in the processor's cache. Bytes. */
const READ_BYTES = 512 * 1024

/** Splits and hashes one file after the other, in the slabs they are read into. */
export class Lane {
  readonly #slabs: Slabs
  #slab: Slab | undefined
  /** Up to here the slab holds bytes of the file at hand; those from the slab's `end` on are not cut yet. */
  #filled = 0

  constructor(slabs: Slabs) {
    this.#slabs = slabs
  }

  /**
   * Takes one file in. Not for two at a time.
   * @throws what `read` or the store failed with; after a failure of `read` the lane is ready for the next file
   */
  async ingest(read: Read): Promise<Ingested> {
    if (this.#slab?.isCrowded === true) this.flush()
    this.#slab ??= await this.#slabs.next()
    this.#filled = this.#slab.end
    let done = await this.#fill(read)
    const profile = chooseProfile(this.#uncut().subarray(0, PROFILE_SAMPLE_BYTES))
    if (done && this.#uncut().length <= SPLIT_SIZES[profile].whole) return this.#whole(profile)
    const list = new ListBuilder()
    const hasher = createHasher()
    for (;;) {
      this.#split(profile, done, list, hasher)
      if (done) return { size: list.bytes, hash: hasher.finish(), profile, chunks: list.finish() }
      done = await this.#fill(read)
    }
  }

  /** Sends what is in the slab at hand to the store. */
  flush(): void {
    if (this.#slab !== undefined) this.#slabs.send(this.#slab)
    this.#slab = undefined
  }

  #current(): Slab {
    return this.#slab ?? fail('INTERNAL', 'an ingest lost its slab')
  }

  #uncut(): Uint8Array {
    const slab = this.#current()
    return slab.bytes.subarray(slab.end, this.#filled)
  }

  /** Reads until the longest chunk is at hand: then the cuts don't depend on how much a read gives. Resolves with whether the file is at its end. */
  async #fill(read: Read): Promise<boolean> {
    while (this.#filled - this.#current().end < MAX_FILE_CHUNK_BYTES) {
      if (this.#filled === this.#current().bytes.length) await this.#change()
      const reading = read(this.#current().bytes.subarray(this.#filled, this.#filled + READ_BYTES))
      const count = typeof reading === 'number' ? reading : await reading
      if (count === 0) return true
      this.#filled += count
    }
    return false
  }

  /** Sends a full slab and goes on in the next, with the bytes that are not cut yet. */
  async #change(): Promise<void> {
    const rest = this.#uncut().slice()
    this.flush()
    this.#slab = await this.#slabs.next()
    this.#slab.bytes.set(rest)
    this.#filled = rest.length
  }

  #whole(profile: SplitProfile): Ingested {
    const bytes = this.#uncut()
    const hash = blake3(bytes)
    if (bytes.length === 0) return { size: 0, hash, profile, chunks: { hashes: new Uint8Array(), lengths: new Uint32Array() } }
    this.#current().add(hash, this.#filled)
    return { size: bytes.length, hash, profile, chunks: { hashes: new Uint8Array(hash), lengths: Uint32Array.of(bytes.length) } }
  }

  /** Cuts what is at hand, but for a rest that might go on. */
  #split(profile: SplitProfile, isRest: boolean, list: ListBuilder, hasher: Hasher): void {
    const slab = this.#current()
    const from = slab.end
    const least = isRest ? 1 : SPLIT_SIZES[profile].max
    while (this.#filled - slab.end >= least) {
      const start = slab.end
      const end = nextCut(slab.bytes, start, this.#filled, profile)
      const hash = blake3(slab.bytes.subarray(start, end))
      slab.add(hash, end)
      list.add(hash, end - start)
    }
    hasher.update(slab.bytes.subarray(from, slab.end))
  }
}

/** A chunk list that grows. */
class ListBuilder {
  #hashes = new Uint8Array(64 * HASH_BYTES)
  #lengths = new Uint32Array(64)
  #count = 0
  bytes = 0

  add(hash: Hash, length: number): void {
    if (this.#count === this.#lengths.length) this.#grow()
    this.#hashes.set(hash, this.#count * HASH_BYTES)
    this.#lengths[this.#count++] = length
    this.bytes += length
  }

  #grow(): void {
    const [hashes, lengths] = [this.#hashes, this.#lengths]
    this.#hashes = new Uint8Array(2 * hashes.length)
    this.#lengths = new Uint32Array(2 * lengths.length)
    this.#hashes.set(hashes)
    this.#lengths.set(lengths)
  }

  finish(): ChunkList {
    return { hashes: this.#hashes.slice(0, this.#count * HASH_BYTES), lengths: this.#lengths.slice(0, this.#count) }
  }
}
