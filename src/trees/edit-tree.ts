import type { ChunkStore } from '../chunks/index.ts'
import { comparePaths, type Hash } from '../model/index.ts'
import { ChunkBatch } from './chunk-batch.ts'
import { Cursor } from './cursor.ts'
import type { TreeEdit } from './entry.ts'
import type { Body } from './entry-codec.ts'
import { EntryStream, refuseClash, type OnClash } from './entry-stream.ts'
import { compareKeys, encodeKey, sameBytes, type Key } from './key.ts'
import { itemOf, NodeWriter } from './node-writer.ts'
import { NodeReader } from './node-reader.ts'
import { Pace } from './pace.ts'
import { childHash, decodeTreeNode, type Item, type TreeNode } from './tree-node.ts'
import { emptyTree, encodeItem, LevelStack } from './tree-writer.ts'

/** What becomes of one item of a level: another body, or (undefined) its end. */
export interface ItemChange { readonly key: Key, readonly body: Body | undefined }

/** Changes looked up in the tree together. */
const WINDOW = 48

/**
 * The tree with some entries put or removed; only the nodes they touch are read and written, and the same entries give the same root
 * whatever edits led to them. Of several edits of one path the last counts. A folder entry ends when something is put below it.
 * @returns the new root; the old one when nothing changes
 * @throws PATH_CLASH (a file would have something below it), PATH_INVALID, FIELD_INVALID; the tree stays as it was then. DISK_FULL, CHUNK_MISSING
 */
export async function editTree(store: ChunkStore, root: Hash, edits: readonly TreeEdit[], options: { signal?: AbortSignal } = {}): Promise<Hash> {
  const changes = new Map<string, ItemChange>()
  for (const edit of edits) {
    if (edit.op === 'put') changes.set(edit.entry.path, encodeItem(edit.entry))
    else changes.set(edit.path, { key: encodeKey(edit.path), body: undefined })
  }
  const sorted = [...changes].sort(([a], [b]) => comparePaths(a, b)).map(([, change]) => change)
  return applyChanges(store, root, sorted, refuseClash, options.signal)
}

/** `editTree` for changes that are encoded and in order, with a say in what happens to clashes. */
export async function applyChanges(store: ChunkStore, root: Hash, changes: readonly ItemChange[], onClash: OnClash, signal?: AbortSignal): Promise<Hash> {
  const reader = new NodeReader(store)
  const top = await reader.root(root)
  const batch = new ChunkBatch(store)
  const pace = new Pace(signal)
  if (top.count === 0) return build(store, batch, changes, onClash, pace)
  const above = nodeOver(root, top)
  let level = 0
  let left = changes
  for (; level <= top.level && left.length > 0; level++) {
    left = await new LevelEdit(reader, above, level, batch, pace, onClash).apply(left)
  }
  if (left.length === 0) return root
  return finish(store, reader, batch, besideRoot(above, left), level)
}

/** What the level above the old root is to hold: the old root too, when nothing became of it (the tree only grew behind it). */
function besideRoot(above: TreeNode, changes: readonly ItemChange[]): readonly ItemChange[] {
  const old = above.item(0)
  if (changes.some(change => sameBytes(change.key, old.key))) return changes
  return [old, ...changes].sort((a, b) => compareKeys(a.key, b.key))
}

/** A node with the root as its only item, so that the root is a node of a level like any other. It is never stored. */
function nodeOver(root: Hash, top: TreeNode): TreeNode {
  const written: TreeNode[] = []
  const writer = new NodeWriter(top.level + 1, node => written.push(decodeTreeNode(node.bytes)))
  writer.add(itemOf({ level: top.level, first: top.key(0), hash: root, bytes: top.bytes, totals: top.totals }))
  writer.finish()
  return written[0] as TreeNode
}

async function build(store: ChunkStore, batch: ChunkBatch, changes: readonly ItemChange[], onClash: OnClash, pace: Pace): Promise<Hash> {
  const levels = new LevelStack(batch, 0)
  const stream = new EntryStream(levels.writer, onClash)
  for (const { key, body } of changes) {
    if (body !== undefined) stream.add({ key, body })
    if (batch.full) await batch.flush()
    if (pace.step()) await pace.turn()
  }
  stream.settle(undefined)
  const root = levels.finish()
  await batch.flush()
  return root?.hash ?? emptyTree(store)
}

/** Builds the levels above the edited ones, or takes levels away that are no longer needed. */
async function finish(store: ChunkStore, reader: NodeReader, batch: ChunkBatch, changes: readonly ItemChange[], level: number): Promise<Hash> {
  const items = changes.filter((change): change is Item => change.body !== undefined)
  const only = items[0]
  if (only === undefined) return emptyTree(store)
  if (items.length > 1) {
    const levels = new LevelStack(batch, level)
    for (const item of items) levels.writer.add(item)
    const root = levels.finish()
    await batch.flush()
    return root?.hash ?? emptyTree(store)
  }
  await batch.flush()
  return lowestRoot(reader, childHash(only.body))
}

/** A root with a single child gives way to the child. */
async function lowestRoot(reader: NodeReader, root: Hash): Promise<Hash> {
  const node = await reader.node(root)
  return node.level > 0 && node.count === 1 ? lowestRoot(reader, node.child(0)) : root
}

/** One level of an edit: rewrites the nodes that changes of their items touch, and tells the level above what became of them. */
class LevelEdit {
  readonly #reader: NodeReader
  readonly #above: TreeNode
  readonly #level: number
  readonly #batch: ChunkBatch
  readonly #pace: Pace
  readonly #cursor: Cursor
  readonly #writer: NodeWriter
  readonly #stream: EntryStream | undefined
  readonly #removed: Item[] = []
  readonly #added: Item[] = []
  #changes: readonly ItemChange[] = []
  #at = 0
  #warmed = 0

  constructor(reader: NodeReader, above: TreeNode, level: number, batch: ChunkBatch, pace: Pace, onClash: OnClash) {
    this.#reader = reader
    this.#above = above
    this.#level = level
    this.#batch = batch
    this.#pace = pace
    this.#cursor = new Cursor(reader, above)
    this.#writer = new NodeWriter(level, node => {
      batch.add(node)
      this.#added.push(itemOf(node))
    })
    if (level === 0) this.#stream = new EntryStream(this.#writer, onClash)
  }

  /** @param changes in order @returns the changes of the level above, in order */
  async apply(changes: readonly ItemChange[]): Promise<ItemChange[]> {
    this.#changes = changes
    while (this.#at < changes.length) {
      await this.#warm()
      // Strictly before: when a node's first item changes, the node before it may end elsewhere.
      await this.#cursor.seekBefore(this.#change.key, this.#level + 1)
      await this.#rewrite()
    }
    return replaced(this.#removed, this.#added)
  }

  get #change(): ItemChange {
    return this.#changes[this.#at] as ItemChange
  }

  /** Rewrites nodes from the cursor on, until a node ends where an old one did and nothing changes behind. */
  async #rewrite(): Promise<void> {
    for (;;) {
      const node = await this.#cursor.child()
      const behind = this.#cursor.upper
      this.#removed.push(this.#cursor.item)
      await this.#feed(node, behind)
      this.#cursor.advance()
      await this.#cursor.descend(this.#level + 1)
      if (behind !== undefined && this.#at < this.#changes.length && sameBytes(this.#change.key, behind)) continue
      this.#stream?.settle(behind)
      if (behind === undefined || await this.#cutsBefore(behind)) return this.#writer.finish()
    }
  }

  async #cutsBefore(behind: Key): Promise<boolean> {
    return this.#writer.cutsBeforeKey(behind) || this.#writer.cutsBefore((await this.#cursor.child()).item(0))
  }

  /** Writes a node's items, with the changes up to the next node. */
  async #feed(node: TreeNode, behind: Key | undefined): Promise<void> {
    for (let index = 0; index < node.count; index++) {
      const item = node.item(index)
      if (this.#changesBefore(item.key)) await this.#put(item.key)
      const changed = this.#at < this.#changes.length && sameBytes(this.#change.key, item.key) ? this.#changes[this.#at++] : item
      if (changed?.body !== undefined) this.#add({ key: item.key, body: changed.body })
    }
    await this.#put(behind)
    if (this.#batch.full) await this.#batch.flush()
  }

  #changesBefore(key: Key | undefined): boolean {
    return this.#at < this.#changes.length && (key === undefined || compareKeys(this.#change.key, key) < 0)
  }

  /** Writes what is new before `key`. */
  async #put(key: Key | undefined): Promise<void> {
    while (this.#changesBefore(key)) {
      const change = this.#change
      this.#at++
      if (change.body !== undefined) this.#add({ key: change.key, body: change.body })
      if (this.#batch.full) await this.#batch.flush()
      if (this.#pace.step()) await this.#pace.turn()
    }
  }

  #add(item: Item): void {
    if (this.#stream === undefined) this.#writer.add(item)
    else this.#stream.add(item)
  }

  /** Reads the nodes that the next changes touch, level by level, all of a level at once. */
  async #warm(): Promise<void> {
    if (this.#at < this.#warmed) return
    this.#warmed = this.#at + WINDOW
    const keys = this.#changes.slice(this.#at, this.#warmed).map(change => change.key)
    let nodes = keys.map(() => this.#above)
    for (let level = this.#above.level; level > this.#level; level--) {
      nodes = await this.#reader.nodes(nodes.map((node, i) => node.child(Math.max(0, node.find(keys[i] as Key, true)))))
    }
  }
}

/** Old and new nodes of a level as changes of the items above; both in order. */
function replaced(removed: readonly Item[], added: readonly Item[]): ItemChange[] {
  const changes: ItemChange[] = []
  let at = 0
  for (const old of removed) {
    while (at < added.length && compareKeys((added[at] as Item).key, old.key) < 0) changes.push(added[at++] as Item)
    const now = added[at]
    if (now === undefined || !sameBytes(now.key, old.key)) changes.push({ key: old.key, body: undefined })
    else {
      if (!sameBytes(now.body, old.body)) changes.push(now)
      at++
    }
  }
  return [...changes, ...added.slice(at)]
}
