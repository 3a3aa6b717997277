import type { ChunkStore } from '../chunks/index.ts'
import { fail } from '../errors/index.ts'
import { hashToHex, type Hash } from '../model/index.ts'
import { hashOf } from './bytes.ts'
import { decodeCommit, encodeCommit } from './commit-codec.ts'
import type { Commit } from './commit.ts'

/** A commit with its name. */
export interface NamedCommit { readonly hash: Hash, readonly commit: Commit }

/** Puts a commit into the store; durable after its next barrier. @throws FIELD_INVALID, LIMIT_EXCEEDED, DISK_FULL */
export async function writeCommit(store: ChunkStore, commit: Commit): Promise<Hash> {
  const bytes = encodeCommit(commit)
  const hash = hashOf(bytes)
  await store.putMany([{ hash, bytes }])
  return hash
}

/** @throws CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID when the chunk is not a commit */
export async function readCommit(store: ChunkStore, hash: Hash): Promise<Commit> {
  const [commit] = await readCommits(store, [hash])
  return commit as Commit
}

/** Several at once, in the order asked for. @throws as `readCommit` */
export async function readCommits(store: ChunkStore, hashes: readonly Hash[]): Promise<Commit[]> {
  return (await readCommitsHere(store, hashes)).map((commit, i) => commit ?? missingCommit(hashes[i] as Hash))
}

/** As `readCommits`, with undefined for those that are not here. */
export async function readCommitsHere(store: ChunkStore, hashes: readonly Hash[]): Promise<(Commit | undefined)[]> {
  return (await store.getMany(hashes)).map(bytes => bytes === undefined ? undefined : decodeCommit(bytes))
}

/** @throws CHUNK_MISSING */
export const missingCommit = (hash: Hash): never => fail('CHUNK_MISSING', `the commit ${hashToHex(hash)} is not here`, { hash: hashToHex(hash) })
