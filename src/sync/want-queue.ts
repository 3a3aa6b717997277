import { hashKey, type DatasetId, type Hash } from '../model/index.ts'
import { GUESSED_CHUNK_BYTES, LATE_MS } from './limits.ts'

/** Somebody who waits for chunks: told of each one, once. */
export interface Waiting {
  /** The chunk is in the store (durable after its next barrier). */
  stored(bytes: number): void
  /** No peer that was asked has it. */
  missing(hash: Hash): void
  failed(error: Error): void
}

/** A chunk that is wanted: waiting in the queue, or asked of one peer. */
export interface Wanted {
  readonly key: string
  readonly hash: Hash
  /** The dataset it is wanted for. */
  readonly dataset: DatasetId
  /** Bytes, as far as known. */
  readonly size: number
  /** Peers that did not have it, or had it wrong. */
  refusedBy: ReadonlySet<string>
  readonly waiting: Waiting[]
  /** The peer that is asked for it, and since when (milliseconds); undefined while it waits. */
  asked: { readonly of: string, readonly at: number } | undefined
}

/** Shared by all wants nobody has refused yet: there are thousands at a time. */
const NOBODY: ReadonlySet<string> = new Set()

/** The chunks this node wants from anybody, each once, in the order they were asked for. */
export class WantQueue {
  readonly #all = new Map<string, Wanted>()
  #queue: Wanted[] = []
  #first = 0
  #guess = GUESSED_CHUNK_BYTES

  /** Chunks wanted, queued or asked for. */
  get size(): number { return this.#all.size }

  /** @param size bytes; where nobody knows, what chunks had lately */
  add(dataset: DatasetId, hash: Hash, waiting: Waiting, size = this.#guess): void {
    // Of two datasets that share a chunk a peer may be allowed one only: these are two wants.
    const key = dataset + hashKey(hash)
    const known = this.#all.get(key)
    if (known !== undefined) {
      known.waiting.push(waiting)
      return
    }
    const wanted: Wanted = { key, hash, dataset, size, refusedBy: NOBODY, waiting: [waiting], asked: undefined }
    this.#all.set(key, wanted)
    this.#queue.push(wanted)
  }

  /** Takes what `peer` may be asked for next, of one dataset, up to about `bytes`, at most `count`; what it refused before stays for others. @param now milliseconds */
  take(peer: string, bytes: number, count: number, now: number): Wanted[] {
    const taken: Wanted[] = []
    const passed: Wanted[] = []
    let sum = 0
    while (this.#first < this.#queue.length && taken.length < count && sum < bytes) {
      const wanted = this.#queue[this.#first++]
      if (wanted === undefined || !this.#isWanted(wanted)) continue
      if (wanted.refusedBy.has(peer)) {
        passed.push(wanted)
        continue
      }
      if (taken[0] !== undefined && taken[0].dataset !== wanted.dataset) {
        this.#first--
        break
      }
      wanted.asked = { of: peer, at: now }
      taken.push(wanted)
      sum += wanted.size
    }
    this.#compact(passed)
    return taken
  }

  /**
   * Takes what other peers were asked for long ago, for `peer` to be asked as well: near the end of a transfer one slow peer would else hold
   * up everything. Whichever brings a chunk first is good.
   */
  takeLate(peer: string, bytes: number, count: number, now: number): Wanted[] {
    const taken: Wanted[] = []
    let sum = 0
    for (const wanted of this.#all.values()) {
      if (taken.length >= count || sum >= bytes) break
      const isLate = wanted.asked !== undefined && wanted.asked.of !== peer && now - wanted.asked.at >= LATE_MS && !wanted.refusedBy.has(peer)
      if (!isLate || (taken[0] !== undefined && taken[0].dataset !== wanted.dataset)) continue
      wanted.asked = { of: peer, at: now }
      taken.push(wanted)
      sum += wanted.size
    }
    return taken
  }

  /** Puts back what a peer was asked for and did not bring, ahead of the rest. */
  putBack(wanted: readonly Wanted[]): void {
    for (const one of wanted) {
      one.asked = undefined
      if (one.waiting.length === 0 && this.#isWanted(one)) this.#all.delete(one.key)
    }
    this.#compact(wanted.filter(one => this.#isWanted(one)))
  }

  /** Notes the size of a chunk that came, bytes. */
  learn(size: number): void {
    this.#guess += (size - this.#guess) / 32
  }

  /** Ends a want. @returns who waited for the chunk */
  finish(wanted: Wanted): readonly Waiting[] {
    const waiting = this.#all.get(wanted.key)?.waiting ?? []
    this.#all.delete(wanted.key)
    return waiting
  }

  /** Notes that a peer doesn't have a chunk; puts it back for the others, or ends it when there are none. */
  refuse(wanted: Wanted, peer: string, peers: readonly string[]): void {
    wanted.refusedBy = new Set(wanted.refusedBy).add(peer)
    if (!this.#isWanted(wanted)) return
    if (peers.every(other => wanted.refusedBy.has(other))) this.#end(wanted)
    else this.putBack([wanted])
  }

  /** Ends every want that none of these peers is left for. Call when a peer is gone. */
  giveUp(peers: readonly string[]): void {
    for (const wanted of this.#all.values()) {
      if (peers.every(peer => wanted.refusedBy.has(peer))) this.#end(wanted)
    }
  }

  #end(wanted: Wanted): void {
    for (const waiting of this.finish(wanted)) waiting.missing(wanted.hash)
  }

  /** Whether this very want is still open: the same chunk may have been dropped and wanted anew. */
  #isWanted(wanted: Wanted): boolean {
    return this.#all.get(wanted.key) === wanted
  }

  /** Ends every want of one waiter. Those nobody else waits for are not asked for any more; what is under way may still find somebody who wants it. */
  drop(waiting: Waiting): void {
    for (const wanted of this.#all.values()) {
      const at = wanted.waiting.indexOf(waiting)
      if (at < 0) continue
      wanted.waiting.splice(at, 1)
      if (wanted.waiting.length === 0 && wanted.asked === undefined) this.#all.delete(wanted.key)
    }
  }

  /** Puts some in front, and forgets the part of the queue that was taken. */
  #compact(front: readonly Wanted[]): void {
    if (front.length === 0 && this.#first < 4_096) return
    this.#queue = [...front, ...this.#queue.slice(this.#first)]
    this.#first = 0
  }
}
