import { hashFromHex, hashToHex, sameHash, type Hash } from '../model/index.ts'
import { FIRST_PREVIOUS } from '../trust/index.ts'
import type { LogState } from './record.ts'
import type { Kept } from './stored.ts'

/** How a log ends for good: the first step that does not count, why, and what shows it. */
export interface Ending { readonly seq: number, readonly reason: string, readonly envelopes: readonly Uint8Array[] }

/** Where an envelope stands in its log. */
export type Place = 'known' | 'waiting' | 'next' | { readonly refused: string } | { readonly ends: Ending }

/** Reads the envelope that is kept at a place of the log; undefined where it can not be read. */
export type ReadStep = (seq: number) => Promise<Kept | undefined>

const FORKED = 'its author signed two different steps with one number'

/** The end of one log with the envelopes that continue it: says where others stand, and notices an author that contradicts itself. */
export class LogTail {
  readonly #state: LogState
  readonly #readStep: ReadStep
  #continuing: Kept[] = []
  #ending: Ending | undefined

  constructor(state: LogState, readStep: ReadStep) {
    this.#state = state
    this.#readStep = readStep
  }

  get state(): LogState { return this.#state }

  /** Envelopes that continue the log, in order. */
  get continuing(): readonly Kept[] { return this.#continuing }

  /** How the log ended while envelopes were placed. */
  get ending(): Ending | undefined { return this.#ending }

  /** Where an envelope stands, its signature checked. Envelopes of lower numbers are asked about first. */
  async place(item: Kept): Promise<Place> {
    const { envelope: { seq, hash, previous } } = item
    const there = await this.#stepAt(seq)
    const isOther = there !== undefined && !sameHash(there.hash, hash)
    if (!isOther && (seq <= this.#state.seq || this.#isContinued(seq))) return 'known'
    const next = this.#state.seq + this.#continuing.length + 1
    const follows = seq === next && sameHash(previous, this.#lastHash())
    // Where it names another step before it than the one that is here, its author signed two of them: what comes later shows no more.
    const before = seq === 1 || follows ? undefined : await this.#stepAt(seq - 1)
    if (before !== undefined && !sameHash(before.hash, previous)) return { ends: { seq: seq - 1, reason: FORKED, envelopes: [before.bytes, item.bytes] } }
    if (isOther) return { ends: { seq, reason: FORKED, envelopes: [there.bytes, item.bytes].sort(Buffer.compare) } }
    const ended = this.#endsAt()
    if (ended !== undefined && seq >= ended.seq) return { refused: `its log has ended: ${ended.reason}` }
    if (seq > next) return 'waiting'
    if (follows) return 'next'
    // The step before it can not be read, but its hash is known.
    return seq === 1 ? { refused: 'it is a first step and follows something' } : { ends: { seq: seq - 1, reason: FORKED, envelopes: [item.bytes] } }
  }

  /** Takes the envelope that is next. */
  continue(item: Kept): void {
    this.#continuing.push(item)
  }

  end(ending: Ending): void {
    const known = this.#endsAt()
    if (known !== undefined && known.seq <= ending.seq) return
    this.#ending = ending
    this.#continuing = this.#continuing.filter(item => item.envelope.seq < ending.seq)
  }

  #endsAt(): { readonly seq: number, readonly reason: string } | undefined {
    return this.#ending ?? this.#state.ended
  }

  #isContinued(seq: number): boolean {
    return seq <= this.#state.seq + this.#continuing.length
  }

  #lastHash(): Hash {
    const last = this.#continuing.at(-1)
    if (last !== undefined) return last.envelope.hash
    return this.#state.seq === 0 ? FIRST_PREVIOUS : hashFromHex(this.#state.hash)
  }

  /** The step at a place, continuing ones and kept ones that do not count included. */
  async #stepAt(seq: number): Promise<{ readonly hash: Hash, readonly bytes: Uint8Array } | undefined> {
    const continuing = this.#continuing[seq - this.#state.seq - 1]
    const kept = continuing ?? (seq <= Math.max(this.#state.seq, this.#state.stored) ? await this.#readStep(seq) : undefined)
    return kept === undefined ? undefined : { hash: kept.envelope.hash, bytes: kept.bytes }
  }
}

/** A log's state after one more step that counts. */
export const advanced = (state: LogState, { envelope }: Kept): LogState => ({
  ...state,
  seq: envelope.seq,
  stored: Math.max(state.stored, envelope.seq),
  hash: hashToHex(envelope.hash),
  changes: state.changes + (envelope.kind === 'change' ? 1 : 0)
})
