import { fail } from '../errors/index.ts'
import { ENDED_SEQ, type Catalog, type LogHead } from '../catalog/index.ts'
import { sameHash } from '../model/index.ts'
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
  /** Refused: not asked for again, unless they ended, which may undo what counts here, or who is a member changes. */
  readonly #refused = new Map<string, Told>()
  /** Compared to the end, and nothing came of it: not asked for again before the peer holds something else. */
  readonly #settled = new Map<string, Told>()
  /** Logs in which the peer holds other steps than this node, with the step behind which it is asked for its own next. */
  readonly #compared = new Map<string, number>()
  /** The logs of the want under way: where the peer is, and where they stood here. */
  #wanted = new Map<string, { readonly told: Told, readonly before: LogHead | undefined }>()

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
      const before = this.#settled.get(key) ?? this.#refused.get(key)
      const isOld = before?.seq === told.seq && before.hash === told.hash
      if (isOld || !isNews(told, ours.get(key))) continue
      if (this.#refused.has(key) && seq < ENDED_SEQ) this.#refused.set(key, told)
      else this.#begin(key, told)
    }
    const logs = this.#fresh.size + this.#stuck.size + this.#wanted.size + this.#refused.size + this.#settled.size
    if (logs > MOST_LOGS) fail('PEER_MISBEHAVED', `the peer announced more than ${MOST_LOGS} logs in which it is ahead`)
  }

  #begin(key: string, told: Told): void {
    this.#compared.delete(key)
    this.#settled.delete(key)
    this.#refused.delete(key)
    this.#stuck.delete(key)
    this.#fresh.set(key, told)
  }

  /** Makes logs that got nowhere candidates again. */
  retry(): void {
    for (const [key, told] of this.#stuck) this.#fresh.set(key, told)
    this.#stuck.clear()
  }

  /** Of logs under way. One that is compared is asked for to its end all the same. */
  refused(refusals: readonly Pick<LogHead, 'document' | 'device'>[]): void {
    for (const key of refusals.map(logKey)) {
      const asked = this.#wanted.get(key)
      if (asked !== undefined && !this.#compared.has(key)) this.#refused.set(key, asked.told)
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
        // It may have been heard of again meanwhile.
        const told = this.#fresh.get(key)
        const own = ours.get(key)
        const row = told !== undefined && isNews(told, own) ? this.#rowOf(key, told, own) : undefined
        // One that is compared goes alone: how far it came is told by how many envelopes came.
        const isCompared = row !== undefined && this.#compared.has(key)
        if (isCompared && rows.length > 0) return rows
        this.#fresh.delete(key)
        if (told === undefined || row === undefined) continue
        rows.push(row)
        this.#wanted.set(key, { told, before: own })
        if (isCompared) return rows
      }
    }
    return rows
  }

  #rowOf(key: string, told: Told, own: LogHead | undefined): WantRow {
    const [document = '', device = ''] = key.split(' ')
    const before = own?.seq ?? 0
    if (own === undefined || before < told.seq) return [document, device, EPOCH, before, Math.min(told.seq - before, MAX_ENVELOPES_PER_LOG)]
    // First what the peer has behind this node's last step, then everything from the beginning: somewhere its author contradicted itself.
    const after = this.#compared.get(key) ?? own.stands
    this.#compared.set(key, after)
    return [document, device, EPOCH, after, MAX_ENVELOPES_PER_LOG]
  }

  /** The want under way is answered and taken in: sees which logs got on. @param received envelopes */
  async answered(received: number): Promise<void> {
    const wanted = this.#wanted
    this.#wanted = new Map()
    const ours = await this.#ours([...wanted.keys()])
    const moved = [...wanted].filter(([key, { before }]) => !isSame(before, ours.get(key))).map(([key]) => key)
    for (const [key, { told }] of wanted) {
      const own = ours.get(key)
      if (this.#fresh.has(key)) continue
      if (moved.includes(key) || !isNews(told, own)) this.#goOn(key, told, own)
      else if (own !== undefined && this.#compared.has(key)) this.#compareOn(key, told, own, received)
      else if (!this.#refused.has(key)) this.#stuck.set(key, told)
    }
    if (moved.length > 0) this.retry()
    // What was refused for who its author was may be taken now.
    if (moved.some(key => key.startsWith(`${WORKSPACE_DOCUMENT} `))) for (const [key, told] of this.#refused) this.#begin(key, told)
  }

  /** A log that got on here: there may be more of it. */
  #goOn(key: string, told: Told, own: LogHead | undefined): void {
    this.#begin(key, told)
    if (!isNews(told, own)) this.#fresh.delete(key)
  }

  #compareOn(key: string, told: Told, { stands }: LogHead, received: number): void {
    const after = this.#compared.get(key) ?? stands
    const next = after >= stands ? 0 : after + received
    if (next >= stands || (after < stands && received === 0)) {
      this.#compared.delete(key)
      this.#settled.set(key, told)
    } else {
      this.#compared.set(key, next)
      this.#fresh.set(key, told)
    }
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

const isSame = (a: LogHead | undefined, b: LogHead | undefined): boolean => a?.seq === b?.seq && (a === undefined || b === undefined || sameHash(a.hash, b.hash))

const textOf = (hash: Uint8Array): string => Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1')

/** One log's name in a map; ids hold no spaces. */
export const logKey = (log: { readonly document: string, readonly device: string }): string => `${log.document} ${log.device}`
