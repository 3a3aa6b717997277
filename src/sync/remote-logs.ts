import { fail } from '../errors/index.ts'
import type { Catalog, LogHead } from '../catalog/index.ts'
import { MAX_ENVELOPES_PER_LOG, MAX_WANTED_LOGS, type HeadRow, type WantRow } from '../wire/index.ts'
import { MOST_LOGS } from './limits.ts'

/** The catalog's name for the document that holds who is a member. */
export const WORKSPACE_DOCUMENT = 'workspace'

/** The only epoch this version's catalog keeps; logs of others are passed over. */
export const EPOCH = 0

/** How far the peer is in a log; its hash as text, which takes half the memory of an array. */
interface Told { readonly seq: number, readonly hash: string }

/** In which logs one peer is ahead of this node, and which of them to ask for next. What is equal on both sides is not remembered. */
export class RemoteLogs {
  readonly #catalog: Catalog
  /** To be asked for. */
  readonly #fresh = new Map<string, Told>()
  /** Asked for, without this node getting on: what they wait for may come with another log. */
  readonly #stuck = new Map<string, Told>()
  /** Refused here, or asked for as the proof of a fork: once is enough. */
  readonly #ended = new Set<string>()
  /** The logs of the want under way: where the peer is, and where they stood here. */
  #wanted = new Map<string, { readonly told: Told, readonly before: number }>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** @throws PEER_MISBEHAVED when the peer is ahead in too many */
  async hear(heads: readonly HeadRow[]): Promise<void> {
    const known = heads.filter(head => head[2] === EPOCH)
    const ours = await this.#ours(known.map(([document, device]) => logKey({ document, device })))
    for (const [document, device, , seq, hash] of known) {
      const key = logKey({ document, device })
      const told = { seq, hash: textOf(hash) }
      if (this.#ended.has(key) || !isNews(told, ours.get(key))) continue
      this.#stuck.delete(key)
      this.#fresh.set(key, told)
    }
    const logs = this.#fresh.size + this.#stuck.size + this.#wanted.size + this.#ended.size
    if (logs > MOST_LOGS) fail('PEER_MISBEHAVED', `the peer announced more than ${MOST_LOGS} logs in which it is ahead`)
  }

  /** Makes logs that got nowhere candidates again. */
  retry(): void {
    for (const [key, told] of this.#stuck) this.#fresh.set(key, told)
    this.#stuck.clear()
  }

  refused(refusals: readonly Pick<LogHead, 'document' | 'device'>[]): void {
    for (const refusal of refusals) {
      const key = logKey(refusal)
      this.#ended.add(key)
      this.#fresh.delete(key)
      this.#stuck.delete(key)
    }
  }

  /** Logs in which the peer is ahead of this node, or holds something else at the same place; none when all is equal. */
  async nextWant(): Promise<WantRow[]> {
    const rows: WantRow[] = []
    this.#wanted = new Map()
    while (rows.length === 0 && this.#fresh.size > 0) {
      const keys = [...this.#fresh.keys()].slice(0, MAX_WANTED_LOGS)
      const ours = await this.#ours(keys)
      for (const key of keys) {
        // It may have been heard of again, or refused, meanwhile.
        const told = this.#fresh.get(key)
        this.#fresh.delete(key)
        if (told === undefined || !isNews(told, ours.get(key))) continue
        rows.push(this.#rowOf(key, told, ours.get(key)))
      }
    }
    return rows
  }

  #rowOf(key: string, told: Told, own: LogHead | undefined): WantRow {
    const [document = '', device = ''] = key.split(' ')
    const before = own?.seq ?? 0
    if (before < told.seq) {
      this.#wanted.set(key, { told, before })
      return [document, device, EPOCH, before, Math.min(told.seq - before, MAX_ENVELOPES_PER_LOG)]
    }
    // Two different envelopes at one place: the other one is the proof that this device's log was forked.
    this.#ended.add(key)
    return [document, device, EPOCH, told.seq - 1, 1]
  }

  /** The want under way is answered and taken in: sees which logs got on. */
  async answered(): Promise<void> {
    const wanted = this.#wanted
    this.#wanted = new Map()
    const ours = await this.#ours([...wanted.keys()])
    let gained = false
    for (const [key, { told, before }] of wanted) {
      const own = ours.get(key)
      const moved = (own?.seq ?? 0) > before
      gained ||= moved
      if (this.#ended.has(key) || this.#fresh.has(key) || !isNews(told, own)) continue
      if (moved) this.#fresh.set(key, told)
      else this.#stuck.set(key, told)
    }
    if (gained) this.retry()
  }

  async #ours(keys: readonly string[]): Promise<ReadonlyMap<string, LogHead>> {
    const documents = new Set(keys.map(key => key.slice(0, key.indexOf(' '))))
    const heads = await this.#catalog.logHeads([...documents])
    return new Map(heads.map(head => [logKey(head), head]))
  }
}

/** Whether the peer is ahead of this node, or at the same place with something else. */
function isNews(told: Told, own: LogHead | undefined): boolean {
  return own === undefined ? told.seq > 0 : told.seq > own.seq || (told.seq === own.seq && told.hash !== textOf(own.hash))
}

const textOf = (hash: Uint8Array): string => Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1')

/** One log's name in a map; ids hold no spaces. */
export const logKey = (log: { readonly document: string, readonly device: string }): string => `${log.document} ${log.device}`
