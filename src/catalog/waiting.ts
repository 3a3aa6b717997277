import { hashKey } from '../model/index.ts'
import { MAX_WAITING, MAX_WAITING_BYTES } from './limits.ts'
import type { Kept } from './stored.ts'

/** Envelopes whose past is not here yet, by document. Bounded, and not kept over a restart: whoever sent them has them still. */
export class Waiting {
  readonly #documents = new Map<string, Map<string, Kept>>()
  #bytes = 0
  #size = 0

  get size(): number { return this.#size }

  /** @returns false when there is no room */
  add(item: Kept): boolean {
    const key = hashKey(item.envelope.hash)
    const items = this.#documents.get(item.envelope.document) ?? new Map<string, Kept>()
    if (items.has(key)) return true
    if (this.#size >= MAX_WAITING || this.#bytes + item.bytes.length > MAX_WAITING_BYTES) return false
    items.set(key, item)
    this.#documents.set(item.envelope.document, items)
    this.#bytes += item.bytes.length
    this.#size++
    return true
  }

  /** Takes out all that wait in a document; what can't go on yet is added again. */
  take(document: string): readonly Kept[] {
    const items = [...this.#documents.get(document)?.values() ?? []]
    this.#documents.delete(document)
    this.#size -= items.length
    for (const item of items) this.#bytes -= item.bytes.length
    return items
  }

  documents(): readonly string[] { return [...this.#documents.keys()] }
}
