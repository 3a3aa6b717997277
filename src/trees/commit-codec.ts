import { fail } from '../errors/index.ts'
import { HASH_BYTES, MAX_PATH_BYTES, compareHashes, comparePaths, sameHash, type DeviceId, type Hash } from '../model/index.ts'
import { type ByteReader, ByteSink, openNode, refuse } from './bytes.ts'
import type { Commit } from './commit.ts'
import { COMMIT_TAG, FORMAT_VERSION, MAX_COMMIT_BYTES, MAX_DEVICE_BYTES, MAX_MESSAGE_BYTES, MAX_PARENTS, MAX_SETTLED } from './limits.ts'

/** A commit as bytes. Parents are sorted here. @throws FIELD_INVALID, LIMIT_EXCEEDED */
export function encodeCommit(commit: Commit): Uint8Array {
  const { tree, by, at, message } = commit
  const settles = [...new Set(commit.settles)].sort(comparePaths)
  const parents = [...commit.parents].sort(compareHashes)
  if (parents.length > MAX_PARENTS) fail('LIMIT_EXCEEDED', `a commit can not follow ${parents.length} others, at most ${MAX_PARENTS}`)
  if ([tree, ...parents].some(hash => hash.length !== HASH_BYTES)) fail('FIELD_INVALID', 'a commit names a tree or parent that is not a hash', { field: 'tree' })
  if (parents.some((parent, i) => i > 0 && sameHash(parent, parents[i - 1] as Hash))) fail('FIELD_INVALID', 'a commit names a parent twice', { field: 'parents' })
  if (!Number.isSafeInteger(at) || at < 0) fail('FIELD_INVALID', `the time ${at} is not a number of milliseconds since 1970`, { field: 'at' })
  checkText('message', message, MAX_MESSAGE_BYTES, 0)
  if (by !== undefined) checkText('by', by, MAX_DEVICE_BYTES, 1)
  if (settles.length > MAX_SETTLED) fail('LIMIT_EXCEEDED', `a commit can not settle ${settles.length} conflicts, at most ${MAX_SETTLED}`)
  for (const path of settles) checkText('settles', path, MAX_PATH_BYTES, 1)
  const sink = new ByteSink()
  sink.byte(COMMIT_TAG)
  sink.byte(FORMAT_VERSION)
  sink.append(tree)
  sink.byte(parents.length)
  for (const parent of parents) sink.append(parent)
  sink.text(by ?? '')
  sink.varint(at)
  sink.text(message)
  // Nothing where nothing is settled.
  if (settles.length > 0) sink.byte(settles.length)
  for (const path of settles) sink.text(path)
  return sink.take()
}

function checkText(field: string, text: string, most: number, least: number): void {
  const bytes = Buffer.byteLength(text)
  if (bytes < least || bytes > most || !text.isWellFormed()) fail('FIELD_INVALID', `the ${field} of a commit must have ${least} to ${most} bytes of well-formed text`, { field })
}

/** @throws FORMAT_INVALID */
export function decodeCommit(bytes: Uint8Array): Commit {
  const reader = openNode(bytes, COMMIT_TAG, MAX_COMMIT_BYTES)
  const tree = reader.hash()
  const count = reader.byte()
  if (count > MAX_PARENTS) refuse(`a commit follows ${count} others`)
  const parents = Array.from({ length: count }, () => reader.hash())
  if (parents.some((parent, i) => i > 0 && compareHashes(parents[i - 1] as Hash, parent) >= 0)) refuse('the parents of a commit are not in order')
  const by = reader.text(MAX_DEVICE_BYTES, 0)
  const at = reader.varint()
  const message = reader.text(MAX_MESSAGE_BYTES, 0)
  const settles = readSettled(reader)
  reader.end()
  return { tree, parents, ...(by === '' ? {} : { by: by as DeviceId }), at, message, ...(settles.length === 0 ? {} : { settles }) }
}

function readSettled(reader: ByteReader): string[] {
  if (reader.at === reader.bytes.length) return []
  const count = reader.byte()
  if (count === 0 || count > MAX_SETTLED) refuse(`a commit settles ${count} conflicts`)
  const paths = Array.from({ length: count }, () => reader.text(MAX_PATH_BYTES))
  if (paths.some((path, i) => i > 0 && comparePaths(paths[i - 1] as string, path) >= 0)) refuse('the conflicts a commit settles are not in order')
  return paths
}
