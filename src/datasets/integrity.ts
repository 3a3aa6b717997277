import type { ChunkStore } from '../chunks/index.ts'
import { isShoalError, type ShoalError } from '../errors/index.ts'
import { type Hash, HashSet } from '../model/index.ts'
import { type Entry, fileChunks, treeEntries } from '../trees/index.ts'
import type { Watched } from './service.ts'
import { type NodeProblem, walkTrees } from './walk.ts'

/** A chunk or node that is not as it should be. */
export interface Flaw { readonly hash: Hash, readonly problem: NodeProblem }

/** All that some trees consist of, as far as it is here. */
export interface Inventory {
  /** Nodes; each was read and checked. */
  readonly nodes: HashSet
  /** Chunks of files, here or not; not read yet. */
  readonly data: HashSet
  /** Bytes of the chunks, each counted once. */
  readonly bytes: number
  /** Bytes of the nodes. */
  readonly nodeBytes: number
  /** Nodes that could not be looked into. */
  readonly flaws: readonly Flaw[]
}

/** Walks trees and notes everything they consist of, each once. */
export async function takeInventory(store: ChunkStore, trees: readonly Hash[], signal: AbortSignal | undefined): Promise<Inventory> {
  const [nodes, data] = [new HashSet(), new HashSet()]
  const flaws: Flaw[] = []
  let bytes = 0
  let nodeBytes = 0
  await walkTrees(store, trees, {
    node: (hash, length) => { if (nodes.add(hash)) nodeBytes += length },
    data: (hash, length) => { if (data.add(hash)) bytes += length },
    problem: (hash, problem) => { flaws.push({ hash, problem }) }
  }, signal)
  return { nodes, data, bytes, nodeBytes, flaws }
}

/** Chunks checked in one call of the store: enough that it reads them in the order they lie in. 32 bytes each. */
const CHUNKS_AT_ONCE = 32_768

/** Reads back and hashes every chunk some trees consist of. @returns what is missing or damaged */
export async function checkData(store: ChunkStore, trees: readonly Hash[], { signal, progress }: Watched): Promise<readonly Flaw[]> {
  progress?.({ phase: 'listing', files: 0, bytes: 0 })
  const inventory = await takeInventory(store, trees, signal)
  return [...inventory.flaws, ...await checkChunks(store, inventory, { signal, progress })]
}

/** Reads back and hashes the chunks of an inventory. */
export async function checkChunks(store: ChunkStore, { data, bytes: totalBytes }: Inventory, { signal, progress }: Watched): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = []
  let done = 0
  for (const hashes of data.batches(CHUNKS_AT_ONCE)) {
    signal?.throwIfAborted()
    let inBatch = 0
    const report = (_chunks: number, bytes: number): void => {
      inBatch = bytes
      progress?.({ phase: 'checking', files: 0, bytes: done + bytes, totalBytes })
    }
    flaws.push(...await store.scrub({ hashes, ...signal === undefined ? {} : { signal }, onProgress: report }))
    done += inBatch
  }
  return flaws
}

/** Where a flaw shows: the path of the file, or '' for a part of the tree itself. */
export interface Place extends Flaw { readonly path: string }

/**
 * Finds the files of a tree that flaws hurt, in order of paths; parts of the tree itself, and files behind parts that can't be read, are
 * placed at ''. Flaws of other trees have no place here.
 * @param limit places at most
 */
export async function locate(store: ChunkStore, tree: Hash, flaws: readonly Flaw[], limit = Infinity): Promise<readonly Place[]> {
  const inventory = await takeInventory(store, [tree], undefined)
  const broken = new HashSet()
  for (const flaw of inventory.flaws) broken.add(flaw.hash)
  const here = flaws.filter(flaw => inventory.data.has(flaw.hash) || broken.has(flaw.hash))
  if (here.length === 0) return []
  const sought = new Map(here.map(flaw => [key(flaw.hash), flaw]))
  const found = new Set<string>()
  const places: Place[] = []
  try {
    for await (const entry of treeEntries(store, tree)) {
      for (const hash of await flawsOf(store, entry, sought)) {
        found.add(hash)
        places.push({ ...sought.get(hash) as Flaw, path: entry.path })
      }
      if (places.length >= limit) return places
    }
  } catch (error) {
    // Behind a node that can't be read no path is known.
    if (!isBroken(error)) throw error
  }
  for (const [hash, flaw] of sought) if (!found.has(hash) && places.length < limit) places.push({ ...flaw, path: '' })
  return places
}

const key = (hash: Hash): string => Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1')

/** Whether a failure says that a node or commit can't be read, for whatever reason. */
export const isBroken = (error: unknown): error is ShoalError =>
  isShoalError(error, 'CHUNK_MISSING') || isShoalError(error, 'CHUNK_DAMAGED') || isShoalError(error, 'FORMAT_INVALID')

/** Which of the sought hashes a file needs, each once. */
async function flawsOf(store: ChunkStore, entry: Entry, sought: ReadonlyMap<string, Flaw>): Promise<readonly string[]> {
  if (entry.kind !== 'file') return []
  const hashes = new Set<string>()
  if (entry.content.kind === 'list') hashes.add(key(entry.content.root))
  try {
    for await (const chunks of fileChunks(store, entry)) for (const chunk of chunks) hashes.add(key(chunk.hash))
  } catch (error) {
    if (!isBroken(error)) throw error
    const broken = isShoalError(error) && typeof error.facts['hash'] === 'string' ? Buffer.from(error.facts['hash'], 'hex').toString('latin1') : ''
    hashes.add(broken)
  }
  return [...hashes].filter(hash => sought.has(hash))
}
