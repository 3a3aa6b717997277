import type { ChunkStore, Ingester } from '../../chunks/index.ts'
import type { Resolved } from '../../datasets/index.ts'
import { fail } from '../../errors/index.ts'
import { type Hash, comparePaths, formatHash } from '../../model/index.ts'
import { type Entry, type FileEntry, getEntry, putChunkList, treeEntries } from '../../trees/index.ts'
import { isDescribing } from '../kinds.ts'
import { readContent } from '../read.ts'
import { choose, readSampleSize } from './sample.ts'
import { MAX_SPLITS_BYTES, SPLITS_BY_NAME, SPLITS_FILE, type Splits, readSplits } from './splits.ts'
import { splitName } from './split-names.ts'

/** K4: a part of a version. */
export interface Selection {
  /** Only what lies in this folder. */
  readonly prefix?: string
  /** Only these splits. */
  readonly split?: readonly string[]
  /** A sample: `100` files, `5%` or `0.05` of them. */
  readonly sample?: string
  /** Of the sample; default 0. */
  readonly seed?: number
  /** Only what describes the data, with all fields and a list of all files beside it. */
  readonly metadataOnly?: boolean
}

export const isWhole = ({ split, sample, metadataOnly }: Selection): boolean => split === undefined && sample === undefined && metadataOnly !== true

/** @returns how the version says its splits, by a file or by names. @throws FIELD_INVALID when its splits file can't be read */
export async function splitsOf(store: ChunkStore, tree: Hash): Promise<Splits> {
  const entry = await getEntry(store, tree, SPLITS_FILE)
  if (entry?.kind !== 'file') return SPLITS_BY_NAME
  if (entry.size > MAX_SPLITS_BYTES) fail('LIMIT_EXCEEDED', `${SPLITS_FILE} has ${entry.size} bytes; at most ${MAX_SPLITS_BYTES} are read`, { path: SPLITS_FILE })
  const parts: Uint8Array[] = []
  for await (const bytes of readContent(store, entry)) parts.push(bytes)
  return readSplits(Buffer.concat(parts).toString('utf8'))
}

/**
 * The entries of a selection, in the order of paths; each call of what it answers begins anew.
 * @throws FIELD_INVALID for a split there is not, or a sample that is none
 */
export async function select(store: ChunkStore, ingester: Ingester, tree: Hash, resolved: Resolved, selection: Selection, signal?: AbortSignal): Promise<() => AsyncIterable<Entry>> {
  const { prefix = '', split, sample, seed = 0, metadataOnly } = selection
  const all = (): AsyncIterable<Entry> => treeEntries(store, tree, { prefix, ...signal === undefined ? {} : { signal } })
  if (metadataOnly === true) {
    if (split !== undefined || sample !== undefined) fail('FIELD_INVALID', 'the metadata alone has no splits and no samples', { field: 'metadata' })
    return await describing(store, ingester, all, resolved)
  }
  const inSplit = split === undefined ? all : await ofSplits(store, tree, all, split)
  if (sample === undefined) return inSplit
  const size = readSampleSize(sample) ?? fail('FIELD_INVALID', `"${sample.slice(0, 40)}" is no sample: write a count of files such as 100, or a share such as 5%`, { field: 'sample' })
  const isChosen = await choose(pathsOf(inSplit()), size, seed)
  return () => filtered(inSplit(), entry => entry.kind !== 'folder' && isChosen(entry.path))
}

async function ofSplits(store: ChunkStore, tree: Hash, all: () => AsyncIterable<Entry>, wanted: readonly string[]): Promise<() => AsyncIterable<Entry>> {
  const splits = await splitsOf(store, tree)
  const names = new Set(wanted.map(splitName))
  const found = new Set<string>()
  for await (const entry of all()) if (entry.kind !== 'folder') found.add(splits.of(entry.path) ?? '')
  found.delete('')
  const unknown = [...names].filter(name => !found.has(name))
  if (unknown.length > 0) {
    fail('FIELD_INVALID', `there is no split ${unknown.join(', ')} in this version; ${found.size === 0 ? 'it has none' : `it has ${[...found].sort().join(', ')}`}`, { field: 'split', splits: [...found] })
  }
  return () => filtered(all(), entry => entry.kind !== 'folder' && names.has(splits.of(entry.path) ?? ''))
}

/** Written beside what describes the data: the fields of the dataset and the version, and one line a file. */
const FIELDS_NAME = 'shoal-metadata.json'
const FILES_NAME = 'shoal-files.ndjson'

async function describing(store: ChunkStore, ingester: Ingester, all: () => AsyncIterable<Entry>, { dataset, version }: Resolved): Promise<() => AsyncIterable<Entry>> {
  const { versions: _, ...fields } = dataset
  const text = `${JSON.stringify({ dataset: fields, version }, undefined, 2)}\n`
  const made = [
    await fileOf(store, ingester, FIELDS_NAME, once(Buffer.from(text))),
    await fileOf(store, ingester, FILES_NAME, linesOf(all()))
  ]
  const own = new Set(made.map(entry => entry.path))
  return async function* () {
    for await (const entry of merged(filtered(all(), entry => entry.kind === 'file' && isDescribing(entry.path) && !own.has(entry.path)), made)) yield entry
  }
}

/** Puts entries of the top, in order, into a sequence of entries. */
async function* merged(entries: AsyncIterable<Entry>, made: readonly FileEntry[]): AsyncGenerator<Entry> {
  const waiting = [...made].sort((a, b) => comparePaths(a.path, b.path))
  for await (const entry of entries) {
    while (waiting[0] !== undefined && comparePaths(waiting[0].path, entry.path) < 0) yield waiting.shift() as FileEntry
    yield entry
  }
  yield* waiting
}

async function fileOf(store: ChunkStore, ingester: Ingester, path: string, source: AsyncIterable<Uint8Array>): Promise<FileEntry> {
  const { size, hash, profile, chunks } = await ingester.stream(source)
  return { kind: 'file', path, size, hash, executable: false, profile, content: await putChunkList(store, chunks) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* linesOf(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    if (entry.kind === 'folder') continue
    const { path, size, hash } = entry
    const line = entry.kind === 'file' ? { path, size, hash: formatHash(entry.hash) } : { path, url: entry.url, size, ...hash === undefined ? {} : { hash: formatHash(hash) } }
    yield Buffer.from(`${JSON.stringify(line)}\n`)
  }
}

async function* filtered(entries: AsyncIterable<Entry>, test: (entry: Entry) => boolean): AsyncGenerator<Entry> {
  for await (const entry of entries) if (test(entry)) yield entry
}

async function* pathsOf(entries: AsyncIterable<Entry>): AsyncGenerator<string> {
  for await (const entry of entries) if (entry.kind !== 'folder') yield entry.path
}
