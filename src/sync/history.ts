import { blake3, type Chunk, type ChunkStore } from '../chunks/index.ts'
import { fail, isShoalError } from '../errors/index.ts'
import { HashSet, hashToHex, type DatasetId, type Hash } from '../model/index.ts'
import { childrenOf } from '../trees/index.ts'
import { FRAME, HANDSHAKE_MS, MAX_HISTORY_BYTES, historyMessage, wantHistoryMessage, type FrameStream } from '../wire/index.ts'
import type { ChunkServerDeps } from './chunk-server.ts'

/** What is asked for: commits of a dataset that are not here. */
export interface HistoryWant { readonly dataset: DatasetId, readonly commits: readonly Hash[], readonly limit: number }

export interface HistoryServerDeps extends ChunkServerDeps {
  /** Commits (hex) of a dataset's published versions: what is behind them is nobody's draft. */
  readonly sealed: (dataset: string) => ReadonlySet<string>
}

/** Answers one question over a greeted stream: the commits it names that the peer may have, and what they follow, up to published ones. */
export async function serveHistory(stream: FrameStream, { store, mayGoOn, mayHave, pace, sealed }: HistoryServerDeps): Promise<void> {
  const { dataset, commits, limit } = await stream.expectMessage(FRAME.wantHistory, wantHistoryMessage, HANDSHAKE_MS)
  const allowed = await mayHave(dataset, commits)
  const found = await ancestry(store, commits.filter((_, i) => allowed === undefined || allowed[i] === true), limit, sealed(dataset))
  mayGoOn()
  await pace(sizeOf(found))
  await stream.sendMessage(FRAME.history, historyMessage, { commits: found })
  await stream.receive(HANDSHAKE_MS)
}

/** Asks over a greeted stream. @returns commits whose bytes are right: those asked for and what they follow, as far as the peer told @throws PEER_MISBEHAVED */
export async function askHistory(stream: FrameStream, { dataset, commits, limit }: HistoryWant, signal: AbortSignal): Promise<readonly Chunk[]> {
  await stream.sendMessage(FRAME.wantHistory, wantHistoryMessage, { dataset, commits, limit })
  const { commits: told } = await stream.expectMessage(FRAME.history, historyMessage, HANDSHAKE_MS, signal)
  if (told.length > limit) fail('PEER_MISBEHAVED', `the peer sent ${told.length} commits; it was asked for ${limit}`)
  const due = new HashSet()
  for (const hash of commits) due.add(hash)
  return told.map(bytes => {
    const hash = blake3(bytes)
    const parents = parentsIn(bytes)
    if (!due.has(hash) || parents === undefined) return fail('PEER_MISBEHAVED', 'the peer sent what nothing it was asked for follows')
    for (const parent of parents) due.add(parent)
    return { hash, bytes }
  })
}

/** Commits and what they follow, those nearer to the first ones first, up to `limit` and as many bytes as one answer holds; without what is not here. */
async function ancestry(store: ChunkStore, heads: readonly Hash[], limit: number, sealed: ReadonlySet<string>): Promise<readonly Uint8Array[]> {
  const seen = new HashSet()
  const waiting = heads.filter(hash => seen.add(hash))
  const found: Uint8Array[] = []
  let size = 0
  for (let next = waiting.shift(); next !== undefined && found.length < limit; next = waiting.shift()) {
    const bytes = await readHere(store, next)
    const parents = bytes === undefined ? undefined : parentsIn(bytes)
    if (bytes === undefined || parents === undefined) continue
    size += bytes.byteLength
    if (size > MAX_HISTORY_BYTES) break
    found.push(bytes)
    if (!sealed.has(hashToHex(next))) waiting.push(...parents.filter(hash => seen.add(hash)))
  }
  return found
}

async function readHere(store: ChunkStore, hash: Hash): Promise<Uint8Array | undefined> {
  try {
    return (await store.getMany([hash]))[0]
  } catch (error) {
    // What is damaged here may be whole elsewhere: the asker finds that it is missing.
    if (isShoalError(error, 'CHUNK_DAMAGED')) return undefined
    throw error
  }
}

/** What a commit follows; undefined for bytes that are none. */
function parentsIn(bytes: Uint8Array): readonly Hash[] | undefined {
  try {
    const { kind, nodes } = childrenOf(bytes)
    return kind === 'commit' ? nodes.slice(1) : undefined
  } catch (error) {
    if (isShoalError(error, 'FORMAT_INVALID')) return undefined
    throw error
  }
}

const sizeOf = (found: readonly Uint8Array[]): number => found.reduce((sum, bytes) => sum + bytes.byteLength, 0)
