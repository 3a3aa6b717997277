import { fail } from '../errors/index.ts'
import { HASH_BYTES, hashKey, hashToHex, type Hash } from '../model/index.ts'
import { checkChunk, isChunk } from './blake3.ts'
import { type Chunk, type ChunkStore, type Damage, type LiveSet, MAX_OPEN_SWEEPS, type StoreStats, type SweepResult, type SweepToken } from './store.ts'

interface Held { readonly hash: Hash, bytes: Uint8Array, /** The sweep that was begun last when this chunk was put, or reported as here. */ touched: number }

/** A store in this thread's memory: for tests, and for work that must leave nothing behind. */
export function createMemoryStore(): ChunkStore {
  return new MemoryStore()
}

class MemoryStore implements ChunkStore {
  readonly #held = new Map<string, Held>()
  #bytes = 0
  #sweeps = 0
  readonly #openSweeps = new Set<SweepToken>()
  #closed = false

  #open(): void {
    if (this.#closed) fail('INTERNAL', 'the chunk store is closed')
  }

  async putMany(chunks: readonly Chunk[]): Promise<number> {
    this.#open()
    let added = 0
    for (const { hash, bytes } of chunks) {
      const key = hashKey(hash)
      const held = this.#held.get(key)
      if (held === undefined) {
        this.#held.set(key, { hash: hash.slice(), bytes: bytes.slice(), touched: this.#sweeps })
        this.#bytes += bytes.length
        added++
      } else held.touched = this.#sweeps
    }
    return added
  }

  async hasMany(hashes: readonly Hash[]): Promise<boolean[]> {
    this.#open()
    return hashes.map(hash => {
      const held = this.#held.get(hashKey(hash))
      if (held !== undefined) held.touched = this.#sweeps
      return held !== undefined
    })
  }

  async getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    this.#open()
    return hashes.map(hash => {
      const held = this.#held.get(hashKey(hash))
      if (held !== undefined && !isChunk(hash, held.bytes)) {
        fail('CHUNK_DAMAGED', `the stored chunk ${hashToHex(hash)} is damaged`, { hash: hashToHex(hash) })
      }
      return held?.bytes.slice()
    })
  }

  async barrier(): Promise<void> {
    this.#open()
  }

  async beginSweep(): Promise<SweepToken> {
    this.#open()
    const token = String(++this.#sweeps)
    const [oldest] = this.#openSweeps
    if (this.#openSweeps.size >= MAX_OPEN_SWEEPS && oldest !== undefined) this.#openSweeps.delete(oldest)
    this.#openSweeps.add(token)
    return token
  }

  async sweep(token: SweepToken, live: LiveSet, options: { dryRun?: boolean, reuse?: boolean, signal?: AbortSignal } = {}): Promise<SweepResult> {
    this.#open()
    if (!this.#openSweeps.has(token)) fail('INTERNAL', `"${token}" is not a sweep that is open in this store`, { token })
    if (options.reuse !== true) this.#openSweeps.delete(token)
    options.signal?.throwIfAborted()
    const keep = new Set<string>()
    for (let at = 0; at < live.hashes.length; at += HASH_BYTES) keep.add(hashKey(live.hashes.subarray(at, at + HASH_BYTES)))
    const result = { chunks: 0, bytes: 0 }
    for (const [key, held] of this.#held) {
      if (held.touched >= Number(token) || keep.has(key)) continue
      result.chunks++
      result.bytes += held.bytes.length
      if (options.dryRun === true) continue
      this.#held.delete(key)
      this.#bytes -= held.bytes.length
    }
    return result
  }

  async scrub(options: Parameters<ChunkStore['scrub']>[0] = {}): Promise<Damage[]> {
    this.#open()
    const damage: Damage[] = []
    let chunks = 0
    let bytes = 0
    for (const hash of options.hashes ?? [...this.#held.values()].map(held => held.hash)) {
      options.signal?.throwIfAborted()
      const held = this.#held.get(hashKey(hash))
      if (held === undefined) damage.push({ hash, problem: 'missing' })
      else if (!isChunk(hash, held.bytes)) damage.push({ hash, problem: 'damaged' })
      options.onProgress?.(++chunks, bytes += held?.bytes.length ?? 0)
    }
    return damage
  }

  async repair({ hash, bytes }: Chunk): Promise<void> {
    this.#open()
    checkChunk(hash, bytes)
    const held = this.#held.get(hashKey(hash))
    if (held === undefined) await this.putMany([{ hash, bytes }])
    else held.bytes = bytes.slice()
  }

  async stats(): Promise<StoreStats> {
    this.#open()
    return { chunks: this.#held.size, bytes: this.#bytes, storedBytes: this.#bytes }
  }

  connect(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#closed = true
  }
}
