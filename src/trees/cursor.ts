import { compareKeys, type Key } from './key.ts'
import type { NodeReader } from './node-reader.ts'
import type { Item, TreeNode } from './tree-node.ts'

/** A node on the way from the root, where in it the cursor is, and the first path behind the node. */
interface Frame { readonly node: TreeNode, index: number, readonly upper: Key | undefined }

/** Which other children are worth reading together with one that is entered. */
export type Ahead = (node: TreeNode, index: number) => readonly number[]

const noAhead: Ahead = () => []

/**
 * A place in a tree: at an entry, or at a child node whose content was not looked at yet. Moving past such a child skips all of it,
 * entering it goes to its first item. Every item behind the place lies behind it in the order of paths.
 */
export class Cursor {
  readonly #reader: NodeReader
  readonly #ahead: Ahead
  readonly #frames: Frame[] = []

  constructor(reader: NodeReader, root: TreeNode, ahead: Ahead = noAhead) {
    this.#reader = reader
    this.#ahead = ahead
    if (root.count > 0) this.#frames.push({ node: root, index: 0, upper: undefined })
  }

  get #top(): Frame {
    return this.#frames.at(-1) as Frame
  }

  /** Whether nothing is left. Nothing below may be asked then. */
  get done(): boolean {
    return this.#frames.length === 0
  }

  /** 0 at an entry, else the level of the node whose item this is. */
  get level(): number {
    return this.#top.node.level
  }

  get node(): TreeNode {
    return this.#top.node
  }

  /** The node of that level that the cursor is in; undefined where it is in none. */
  nodeAt(level: number): TreeNode | undefined {
    return this.#frames.find(frame => frame.node.level === level)?.node
  }

  get index(): number {
    return this.#top.index
  }

  get item(): Item {
    return this.#top.node.item(this.#top.index)
  }

  get key(): Key {
    return this.#top.node.key(this.#top.index)
  }

  /** The first path behind everything below this item; undefined at the end of the tree. */
  get upper(): Key | undefined {
    const { node, index, upper } = this.#top
    return index + 1 < node.count ? node.key(index + 1) : upper
  }

  /** Goes past this item and all below it. */
  advance(): void {
    this.#top.index++
    this.#climb()
  }

  /** From a child node to its first item. */
  async enter(): Promise<void> {
    const node = await this.child()
    this.#frames.push({ node, index: 0, upper: this.upper })
  }

  /** The child node at this item. */
  child(): Promise<TreeNode> {
    const { node, index, upper } = this.#top
    return this.#reader.child(node, index, upper, () => this.#ahead(node, index))
  }

  /** Down to the next entry (or item of level `floor`), if there is one. */
  async descend(floor = 0): Promise<void> {
    while (!this.done && this.level > floor) await this.enter()
  }

  /** To the first entry at or behind `key`; never back. */
  async seek(key: Key): Promise<void> {
    this.#leave(key)
    while (!this.done) {
      const frame = this.#top
      const at = frame.node.find(key, frame.node.level === 0)
      if (frame.node.level === 0) {
        frame.index = Math.max(frame.index, at + 1)
        this.#climb()
        return this.descend()
      }
      frame.index = Math.max(frame.index, at)
      await this.enter()
    }
  }

  /** To the last item of level `floor` with a path strictly before `key`, or the first item of that level when there is none; never back. */
  async seekBefore(key: Key, floor: number): Promise<void> {
    this.#leave(key)
    while (!this.done) {
      const frame = this.#top
      frame.index = Math.max(frame.index, frame.node.find(key, true))
      if (frame.node.level === floor) return
      await this.enter()
    }
  }

  /** Out of nodes that end before `key`. */
  #leave(key: Key): void {
    for (;;) {
      const upper = this.#frames.at(-1)?.upper
      if (upper === undefined || compareKeys(upper, key) >= 0) return
      this.#frames.pop()
    }
  }

  #climb(): void {
    while (!this.done && this.#top.index >= this.#top.node.count) {
      this.#frames.pop()
      if (!this.done) this.#top.index++
    }
  }
}
