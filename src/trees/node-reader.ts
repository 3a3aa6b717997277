import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { hashKey, hashToHex, type Hash } from '../model/index.ts'
import { refuse } from './bytes.ts'
import { compareKeys, liesInside, sameBytes, type Key } from './key.ts'
import { sameTotals } from './totals.ts'
import { decodeTreeNode, type TreeNode } from './tree-node.ts'

/** Nodes kept while one piece of work runs: some for every level, and what was read ahead. About 20 KiB each. */
const KEPT_NODES = 256

/** Reads tree nodes for one piece of work, many at once, and keeps the latest. */
export class NodeReader {
  readonly #store: ChunkStore
  readonly #kept = new Map<string, TreeNode>()

  constructor(store: ChunkStore) {
    this.#store = store
  }

  /** @throws CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID */
  async root(hash: Hash): Promise<TreeNode> {
    const node = await this.node(hash)
    return node.level > 0 && node.count < 2 ? refuse('a root has a single child') : node
  }

  /**
   * A child of an inner node, checked against what its parent says of it.
   * @param upper the first path behind `parent`, if there is one
   * @param ahead names other children worth reading in the same go; asked only when there is something to read
   */
  async child(parent: TreeNode, index: number, upper: Key | undefined, ahead: () => readonly number[] = () => []): Promise<TreeNode> {
    const hash = parent.child(index)
    const child = this.#recall(hash) ?? await this.#readFirst(hash, ahead().map(other => parent.child(other)))
    if (child.level !== parent.level - 1 || child.count === 0 || !sameBytes(child.key(0), parent.key(index)) || !sameTotals(child.totals, parent.childTotals(index))) {
      refuse('a node is not what its parent says')
    }
    const behind = index + 1 < parent.count ? parent.key(index + 1) : upper
    const last = child.key(child.count - 1)
    if (behind !== undefined && (compareKeys(last, behind) >= 0 || (child.level === 0 && liesInside(behind, last)))) refuse('a node reaches into the next')
    return child
  }

  /** A node, whatever its place in the tree. @throws CHUNK_MISSING */
  async node(hash: Hash): Promise<TreeNode> {
    return this.#recall(hash) ?? this.#readFirst(hash, [])
  }

  async #readFirst(hash: Hash, ahead: readonly Hash[]): Promise<TreeNode> {
    // What was only read ahead must not fail what does not need it: then just the one is read.
    const found = await this.#read([hash, ...ahead]).catch((error: unknown) => ahead.length === 0 ? Promise.reject(error) : this.#read([hash]))
    return found[0] ?? missing(hash)
  }

  /** Some nodes, all read at once. @throws CHUNK_MISSING */
  async nodes(hashes: readonly Hash[]): Promise<TreeNode[]> {
    const wanted = new Map(hashes.map(hash => [hashKey(hash), hash]))
    const found = new Map<string, TreeNode | undefined>()
    for (const [key, hash] of wanted) found.set(key, this.#recall(hash))
    const unknown = [...wanted].filter(([key]) => found.get(key) === undefined)
    const read = unknown.length === 0 ? [] : await this.#read(unknown.map(([, hash]) => hash))
    unknown.forEach(([key], i) => found.set(key, read[i]))
    return hashes.map(hash => found.get(hashKey(hash)) ?? missing(hash))
  }

  #recall(hash: Hash): TreeNode | undefined {
    const key = hashKey(hash)
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    // The latest go last, the oldest are dropped first.
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept
  }

  /** The first of `hashes` and those of the others that are not kept yet. */
  async #read(hashes: readonly Hash[]): Promise<(TreeNode | undefined)[]> {
    const wanted = hashes.filter((hash, i) => i === 0 || !this.#kept.has(hashKey(hash)))
    const found = await this.#store.getMany(wanted)
    return found.map((bytes, i) => bytes === undefined ? undefined : this.#keep(wanted[i] as Hash, bytes))
  }

  #keep(hash: Hash, bytes: Uint8Array): TreeNode {
    const node = decodeTreeNode(bytes)
    this.#kept.set(hashKey(hash), node)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_NODES && oldest !== undefined) this.#kept.delete(oldest)
    return node
  }
}

const missing = (hash: Hash): never => fail('CHUNK_MISSING', `the tree node ${hashToHex(hash)} is not here`, { hash: hashToHex(hash) })
