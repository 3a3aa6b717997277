import { fail } from '../errors/index.ts'
import type { Catalog, LogHead } from '../catalog/index.ts'
import { sameHash, type DeviceId } from '../model/index.ts'
import { MAX_ENVELOPES_PER_LOG, MAX_WANTED_LOGS, type HeadRow, type WantRow } from '../wire/index.ts'
import { MOST_LOGS } from './limits.ts'

/** The catalog's name for the document that holds who is a member. */
export const WORKSPACE_DOCUMENT = 'workspace'

/** The only epoch this version's catalog keeps; logs of others are passed over. */
export const EPOCH = 0

/** Where one peer's logs stand, and which of them to ask for next. */
export class RemoteLogs {
  readonly #catalog: Catalog
  readonly #heads = new Map<string, HeadRow>()
  /** Logs to compare with this node's. */
  #fresh = new Set<string>()
  /** Asked for, without this node getting on: what they wait for may come with another log. */
  readonly #stuck = new Set<string>()
  /** Refused here, or asked for as the proof of a fork: once is enough. */
  readonly #ended = new Set<string>()
  /** The logs of the want under way, with where they stood here. */
  #wanted = new Map<string, number>()

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  /** @throws PEER_MISBEHAVED when they are too many */
  hear(heads: readonly HeadRow[]): void {
    for (const head of heads) {
      if (head[2] !== EPOCH) continue
      const key = `${head[0]} ${head[1]}`
      this.#heads.set(key, head)
      if (!this.#ended.has(key)) this.#fresh.add(key)
    }
    if (this.#heads.size > MOST_LOGS) fail('PEER_MISBEHAVED', `the peer announced more than ${MOST_LOGS} logs`)
  }

  /** Makes logs that got nowhere candidates again. */
  retry(): void {
    for (const key of this.#stuck) this.#fresh.add(key)
    this.#stuck.clear()
  }

  refused(refusals: readonly Pick<LogHead, 'document' | 'device'>[]): void {
    for (const { document, device } of refusals) this.#ended.add(logKey({ document, device }))
  }

  /** Logs in which the peer is ahead of this node, or holds something else at the same place; none when all is equal. */
  async nextWant(): Promise<WantRow[]> {
    const rows: WantRow[] = []
    this.#wanted = new Map()
    while (rows.length === 0 && this.#fresh.size > 0) {
      const keys = [...this.#fresh].slice(0, MAX_WANTED_LOGS)
      const ours = await this.#ours(keys)
      for (const key of keys) {
        this.#fresh.delete(key)
        const row = this.#rowOf(key, ours.get(key))
        if (row === undefined) continue
        rows.push(row)
        this.#wanted.set(key, ours.get(key)?.seq ?? 0)
      }
    }
    return rows
  }

  #rowOf(key: string, own: LogHead | undefined): WantRow | undefined {
    const head = this.#heads.get(key)
    if (head === undefined || this.#ended.has(key)) return undefined
    const [document, device, epoch, seq, hash] = head
    const has = own?.seq ?? 0
    if (has < seq) return [document, device, epoch, has, Math.min(seq - has, MAX_ENVELOPES_PER_LOG)]
    if (own === undefined || has > seq || sameHash(own.hash, hash)) return undefined
    // Two different envelopes at one place: the other one is the proof that this device's log was forked.
    this.#ended.add(key)
    return [document, device, epoch, seq - 1, 1]
  }

  /** The want under way is answered and taken in: sees which logs got on. */
  async answered(): Promise<void> {
    const ours = await this.#ours([...this.#wanted.keys()])
    let gained = false
    for (const [key, before] of this.#wanted) {
      const moved = (ours.get(key)?.seq ?? 0) > before
      gained ||= moved
      if (moved) this.#fresh.add(key)
      else this.#stuck.add(key)
    }
    if (gained) this.retry()
  }

  async #ours(keys: readonly string[]): Promise<ReadonlyMap<string, LogHead>> {
    const documents = new Set(keys.map(key => key.slice(0, key.indexOf(' '))))
    const heads = await this.#catalog.logHeads([...documents])
    return new Map(heads.map(head => [logKey(head), head]))
  }
}

/** One log's name in a map; ids hold no spaces. */
export const logKey = (log: { readonly document: string, readonly device: DeviceId }): string => `${log.document} ${log.device}`
