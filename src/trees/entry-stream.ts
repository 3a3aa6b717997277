import { fail } from '../errors/index.ts'
import { isFolderBody } from './entry-codec.ts'
import { compareKeys, decodeKey, liesInside, type Key } from './key.ts'
import type { NodeWriter } from './node-writer.ts'
import type { Item } from './tree-node.ts'

/** What to do with a file or link that has something below its path: the merge moves it aside, everyone else refuses. */
export type OnClash = (item: Item, inside: Key) => void

export const refuseClash: OnClash = (item, inside) =>
  fail('PATH_CLASH', `"${decodeKey(item.key)}" is a file, so "${decodeKey(inside)}" can not lie inside it`, { path: decodeKey(item.key), inside: decodeKey(inside) })

/**
 * Entries on their way into leaves, in order. Holds each back until the next is known: a folder entry with something below it is
 * dropped (folders are named only where they are empty), and a file with something below it is a clash.
 */
export class EntryStream {
  readonly #writer: NodeWriter
  readonly #onClash: OnClash
  #held: Item | undefined

  constructor(writer: NodeWriter, onClash: OnClash = refuseClash) {
    this.#writer = writer
    this.#onClash = onClash
  }

  /** @throws PATH_EXISTS for a path given twice, INTERNAL for one out of order, PATH_CLASH */
  add(item: Item): void {
    const held = this.#held
    if (held !== undefined && compareKeys(held.key, item.key) >= 0) refuseOrder(held.key, item.key)
    this.settle(item.key)
    this.#held = item
  }

  /** Lets go of the entry held back; `next` is the path that follows, if any does. */
  settle(next: Key | undefined): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    if (next === undefined || !liesInside(next, held.key)) this.#writer.add(held)
    else if (!isFolderBody(held.body)) this.#onClash(held, next)
  }
}

function refuseOrder(before: Key, key: Key): never {
  const path = decodeKey(key)
  if (compareKeys(before, key) === 0) fail('PATH_EXISTS', `"${path}" is given twice`, { path })
  fail('INTERNAL', `"${path}" was given behind "${decodeKey(before)}", but entries come in the order of their paths`, { path })
}
