import type { Chunk, ChunkStore } from '../chunks/index.ts'
import { type Hash, HashSet, hashToHex } from '../model/index.ts'
import { childrenOf, type Children } from '../trees/index.ts'
import type { FetchOptions, WantedChunk } from './fetcher.ts'
import { MAX_HISTORY_COMMITS, MAX_HISTORY_HEADS } from '../wire/index.ts'
import { BATCHES_AT_ONCE, BATCH_CHUNKS, FIRST_HISTORY_COMMITS, NODES_AT_ONCE } from './limits.ts'

export interface TreeFetchDeps {
  readonly store: ChunkStore
  /** Brings chunks into the store. @returns those nobody has */
  readonly fetch: (chunks: readonly WantedChunk[], options: Omit<FetchOptions, 'dataset'>) => Promise<readonly Hash[]>
  /** Commits with what they follow, many in one round trip; none where nobody tells. Given where the roots are commits. */
  readonly history?: (commits: readonly Hash[], limit: number) => Promise<readonly Chunk[]>
  readonly signal: AbortSignal
  /** Whether everything below a node was found here before. */
  readonly isWhole: (node: Hash) => boolean
  /** Whether the files are wanted, too; without, only what tells of them: commits and tree nodes, as merging needs them. */
  readonly files: boolean
  /** Commits (hex) behind which the walk does not go. */
  readonly sealed: ReadonlySet<string>
  /** Told of bytes of files that are here now, whether they came or were here before. */
  readonly onBytes: (bytes: number) => void
  /** Told of each chunk that came. */
  readonly onStored: (bytes: number) => void
}

/** What a walk found: the nodes it looked into, and how many chunks are still missing. */
export interface TreeFetched { readonly nodes: HashSet, readonly missing: number }

/**
 * Brings whole trees here: walks them from their roots, looks which chunks are missing and asks for those alone. Nodes come before what
 * lies below them, so that whatever happens in between, what is here hangs together; walking again goes on where it stopped.
 * @throws DISK_FULL, CANCELLED, CHUNK_DAMAGED, FORMAT_INVALID
 */
export async function fetchTrees(roots: readonly Hash[], chunks: readonly Hash[], deps: TreeFetchDeps): Promise<TreeFetched> {
  const walk = new Walk(deps)
  try {
    await walk.data(chunks.map(hash => ({ hash })))
    await walk.nodes(roots)
    return { nodes: walk.seen, missing: await walk.finish() }
  } finally {
    await walk.settle()
  }
}

class Walk {
  readonly seen = new HashSet()
  readonly #deps: TreeFetchDeps
  readonly #running = new Set<Promise<void>>()
  /** Commits that other commits follow, or that the walk began with. */
  readonly #commits = new HashSet()
  #history: TreeFetchDeps['history']
  #historyLimit = FIRST_HISTORY_COMMITS
  #collected: WantedChunk[] = []
  #missing = 0
  #failure: unknown
  #failed = false

  constructor(deps: TreeFetchDeps) {
    this.#deps = deps
    this.#history = deps.history
  }

  /** Walks nodes, depth first, many at once. */
  async nodes(roots: readonly Hash[]): Promise<void> {
    if (this.#history !== undefined) for (const root of roots) this.#commits.add(root)
    const waiting = roots.toReversed()
    while (waiting.length > 0) {
      const hashes = waiting.splice(-NODES_AT_ONCE).toReversed().filter(hash => !this.#deps.isWhole(hash) && this.seen.add(hash))
      const next: Hash[] = []
      for (const { hash, children } of await this.#children(hashes)) {
        next.push(...await this.#nodesOf(hash, children))
        if (this.#deps.files) await this.data(children.data.map(chunk => ({ hash: chunk.hash, size: chunk.length })))
      }
      // Files come in order when the first is popped last.
      waiting.push(...next.toReversed())
    }
  }

  /** Nodes below one that are to be looked into. */
  async #nodesOf(hash: Hash, { kind, level, nodes }: Children): Promise<readonly Hash[]> {
    const { files, sealed } = this.#deps
    if (kind === 'commit') {
      // The tree first, then the parents: those that are published have versions of their own.
      const [tree, ...parents] = nodes
      for (const parent of parents) this.#commits.add(parent)
      if (files) return [...tree === undefined ? [] : [tree], ...parents.filter(parent => !sealed.has(hashToHex(parent)))]
      // Without them, a published one's tree is wanted, too: what was edited is compared with it.
      return sealed.has(hashToHex(hash)) ? nodes.slice(0, 1) : nodes
    }
    if (files || level > 1) return nodes
    // Leaves are brought and not looked into: below them are only files.
    if (level === 1) await this.data(nodes.map(node => ({ hash: node })))
    return []
  }

  async #children(hashes: readonly Hash[]): Promise<readonly { readonly hash: Hash, readonly children: Children }[]> {
    if (hashes.length === 0) return []
    await this.#bringHistory(hashes)
    const here = await this.#bring(hashes.map(hash => ({ hash })))
    const present = hashes.filter((_, i) => here[i])
    const found = await this.#deps.store.getMany(present)
    return found.flatMap((bytes, i) => bytes === undefined ? [] : [{ hash: present[i] as Hash, children: childrenOf(bytes) }])
  }

  /** Of a commit that is not here what it follows is most often not here either: it comes along, where one by one would take a round trip each. */
  async #bringHistory(hashes: readonly Hash[]): Promise<void> {
    const { store, onStored } = this.#deps
    const commits = hashes.filter(hash => this.#commits.has(hash))
    if (this.#history === undefined || commits.length === 0) return
    const here = await store.hasMany(commits)
    const missing = commits.filter((_, i) => here[i] !== true).slice(0, MAX_HISTORY_HEADS)
    if (missing.length === 0) return
    const found = await this.#history(missing, this.#historyLimit)
    await store.putMany(found)
    for (const { bytes } of found) onStored(bytes.byteLength)
    this.#historyLimit = Math.min(4 * this.#historyLimit, MAX_HISTORY_COMMITS)
    // Nobody tells: what is missing is asked for like everything else.
    if (found.length === 0) this.#history = undefined
  }

  /** Notes chunks of files; full batches are looked up and fetched while the walk goes on, some at once. */
  async data(chunks: readonly WantedChunk[]): Promise<void> {
    this.#collected.push(...chunks)
    while (this.#collected.length >= BATCH_CHUNKS) await this.#start(this.#collected.splice(0, BATCH_CHUNKS))
  }

  /** Waits for what is still under way, whatever becomes of it. */
  async settle(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** @returns how many chunks are missing */
  async finish(): Promise<number> {
    if (this.#collected.length > 0) await this.#start(this.#collected.splice(0))
    await this.settle()
    if (this.#failed) throw this.#failure
    return this.#missing
  }

  /** Starts a batch; waits first while enough are under way. */
  async #start(chunks: readonly WantedChunk[]): Promise<void> {
    while (this.#running.size >= BATCHES_AT_ONCE) await Promise.race(this.#running)
    if (this.#failed) throw this.#failure
    const work: Promise<void> = this.#batch(chunks).catch((error: unknown) => {
      this.#failure ??= error
      this.#failed = true
    }).finally(() => { this.#running.delete(work) })
    this.#running.add(work)
  }

  async #batch(chunks: readonly WantedChunk[]): Promise<void> {
    const { files, onBytes, onStored } = this.#deps
    let told = 0
    // A batch may be a hundred megabytes: its chunks are told of as they come.
    const here = await this.#bring(chunks, bytes => {
      onStored(bytes)
      if (!files) return
      told += bytes
      onBytes(bytes)
    })
    const now = chunks.reduce((sum, chunk, i) => sum + (here[i] === true ? chunk.size ?? 0 : 0), 0)
    if (files && now > told) onBytes(now - told)
  }

  /** @returns for each chunk whether it is here now */
  async #bring(chunks: readonly WantedChunk[], onStored = this.#deps.onStored): Promise<boolean[]> {
    this.#deps.signal.throwIfAborted()
    const here = await this.#deps.store.hasMany(chunks.map(chunk => chunk.hash))
    const wanted = chunks.filter((_, i) => here[i] !== true)
    if (wanted.length === 0) return here
    const missing = new HashSet()
    for (const hash of await this.#deps.fetch(wanted, { signal: this.#deps.signal, onStored })) missing.add(hash)
    this.#missing += missing.size
    return chunks.map(chunk => !missing.has(chunk.hash))
  }
}
