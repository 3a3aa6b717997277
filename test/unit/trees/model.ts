import * as fc from 'fast-check'
import { blake3, createMemoryStore, type ChunkStore } from '../../../src/chunks/index.ts'
import { comparePaths, hashToHex, isInside, type Hash } from '../../../src/model/index.ts'
import { treeEntries, writeTree, type Content, type Entry, type FileEntry, type FolderItem, type LinkEntry, type TreeEdit } from '../../../src/trees/index.ts'
import { encodeEntry } from '../../../src/trees/entry-codec.ts'
import { encodeKey, isBoundary } from '../../../src/trees/key.ts'

/** What a tree should hold, as a plain map. */
export type Model = Map<string, Entry>

export const hashOf = (text: string): Hash => new Uint8Array(blake3(Buffer.from(text)))

/** A one-chunk file whose content follows from `seed`. */
export const fileEntry = (path: string, seed: number | string = path): FileEntry => ({
  kind: 'file', path, size: String(seed).length + 1, hash: hashOf(`content ${seed}`), executable: false, profile: 'binary', content: { kind: 'whole' }
})

/** A link that takes so much room that 16 of them fill a leaf. */
export const heavyLink = (path: string): LinkEntry => ({ kind: 'link', path, url: `https://example.org/${'x'.repeat(8000)}` })

export const sorted = (model: Model): Entry[] => [...model.values()].sort((a, b) => comparePaths(a.path, b.path))

/** Drops folders with something in them. @returns undefined where a file has something below it */
export function canonical(model: Model): Model | undefined {
  const result: Model = new Map()
  const entries = sorted(model)
  for (const [i, entry] of entries.entries()) {
    const next = entries[i + 1]
    const parent = next !== undefined && isInside(next.path, entry.path)
    if (parent && entry.kind !== 'folder') return undefined
    if (!parent) result.set(entry.path, entry)
  }
  return result
}

/** The model after edits; undefined where they clash. */
export function edited(model: Model, edits: readonly TreeEdit[]): Model | undefined {
  const next = new Map(model)
  for (const edit of edits) {
    if (edit.op === 'put') next.set(edit.entry.path, edit.entry)
    else next.delete(edit.path)
  }
  return canonical(next)
}

export const rootOf = async (store: ChunkStore, model: Model): Promise<Hash> => (await writeTree(store, sorted(model))).root

export async function modelOf(store: ChunkStore, root: Hash): Promise<Model> {
  const model: Model = new Map()
  for await (const entry of treeEntries(store, root)) model.set(entry.path, entry)
  return model
}

export const hex = (hash: Hash): string => hashToHex(hash)

/** An entry as one line: comparing thousands of lines is quick, comparing as many objects with hashes is not. */
export const line = (entry: Entry | FolderItem | undefined): string =>
  entry === undefined ? '-' : entry.kind === 'subfolder' ? `${entry.path}/` : `${entry.path} ${Buffer.from(encodeEntry(entry)).toString('hex')}`

export const lines = (entries: Iterable<Entry | FolderItem>): string[] => Array.from(entries, line)

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** A memory store that counts what it is asked. */
export function countingStore(): ChunkStore & { calls: { gets: number, got: number, puts: number, put: number } } {
  const store = createMemoryStore()
  const calls = { gets: 0, got: 0, puts: 0, put: 0 }
  return Object.assign(Object.create(store) as ChunkStore, {
    calls,
    getMany: (hashes: readonly Hash[]) => (calls.gets++, calls.got += hashes.length, store.getMany(hashes)),
    putMany: (chunks: Parameters<ChunkStore['putMany']>[0]) => (calls.puts++, calls.put += chunks.length, store.putMany(chunks)),
    hasMany: (hashes: readonly Hash[]) => store.hasMany(hashes),
    stats: () => store.stats()
  })
}

/** The first names of a series for which `accepts` says so: paths that do what is wanted to the shape of a tree. */
function names(prefix: string, count: number, accepts: (name: string) => boolean): string[] {
  const found: string[] = []
  for (let i = 0; found.length < count; i++) if (accepts(`${prefix}${i}`)) found.push(`${prefix}${i}`)
  return found
}

export const begins = (name: string, level: number): boolean => isBoundary(encodeKey(name), level)

/** Names at the top of a tree: all begin a leaf; some begin nodes of the level above, too; none begin a leaf; any. */
export const POOLS = {
  boundary: [...names('b', 330, name => begins(name, 0)), ...names('b', 30, name => begins(name, 0) && begins(name, 1))],
  quiet: names('q', 2600, name => !begins(name, 0)),
  plain: names('dir/p', 1500, () => true),
  heavy: names('h', 60, () => true)
}
type Pool = keyof typeof POOLS

const PARTS = ['a', 'b', 'a.txt', 'a b', 'a-', 'é', '𝒳', 'ﬀ', 'b0', 'dir', '.x', '…', 'p1']

const smallPath = fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
const anyPath = fc.oneof(
  { weight: 3, arbitrary: smallPath },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom<Pool>('boundary', 'quiet', 'plain', 'heavy'), fc.nat()).map(([pool, at]) => POOLS[pool][at % POOLS[pool].length] as string) }
)

const content: fc.Arbitrary<{ size: number, content: Content }> = fc.oneof(
  fc.record({ size: fc.integer({ min: 1, max: 2 ** 40 }), content: fc.constant<Content>({ kind: 'whole' }) }),
  fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { minLength: 2, maxLength: 8 }).map(lengths => ({
    size: lengths.reduce((a, b) => a + b, 0),
    content: { kind: 'inline' as const, chunks: { hashes: new Uint8Array(Buffer.concat(lengths.map(length => hashOf(`chunk ${length}`)))), lengths: Uint32Array.from(lengths) } }
  })),
  fc.record({ size: fc.integer({ min: 9, max: 2 ** 41 }), content: fc.nat(3).map((n): Content => ({ kind: 'list', root: hashOf(`list ${n}`) })) })
)

/** Few different contents, so that two sides sometimes agree. */
export const fileAt = (path: string): fc.Arbitrary<FileEntry> => fc.oneof(
  fc.record({ seed: fc.nat(4), executable: fc.boolean(), mediaType: fc.constantFrom(undefined, 'text/plain', 'image/png') })
    .map(({ seed, executable, mediaType }): FileEntry => ({ ...fileEntry(path, seed), executable, ...(mediaType === undefined ? {} : { mediaType }) })),
  fc.record({ of: content, text: fc.boolean() }).map(({ of, text }): FileEntry => ({ ...fileEntry(path, of.size), ...of, profile: text ? 'text' : 'binary' })),
  fc.constant<FileEntry>({ ...fileEntry(path), size: 0, hash: new Uint8Array(blake3(new Uint8Array(0))) })
)

const linkAt = (path: string): fc.Arbitrary<LinkEntry> => fc.record({ n: fc.nat(9), size: fc.option(fc.nat(), { nil: undefined }), hash: fc.option(fc.nat(3), { nil: undefined }) })
  .map(({ n, size, hash }): LinkEntry => ({ kind: 'link', path, url: `https://example.org/${n}`, ...(size === undefined ? {} : { size }), ...(hash === undefined ? {} : { hash: hashOf(`link ${hash}`) }) }))

export const entryAt = (path: string): fc.Arbitrary<Entry> => fc.oneof(
  { weight: 6, arbitrary: fileAt(path) },
  { weight: 1, arbitrary: linkAt(path) },
  { weight: 2, arbitrary: fc.constant<Entry>({ kind: 'folder', path }) }
)

export const anyEntry: fc.Arbitrary<Entry> = anyPath.chain(entryAt)

/** A run of names of one pool. */
interface Run { readonly pool: Pool, readonly from: number, readonly count: number, readonly stride: number, readonly seed: number }

const anyRun: fc.Arbitrary<Run> = fc.constantFrom<Pool>('boundary', 'quiet', 'plain', 'heavy').chain(pool => fc.record({
  pool: fc.constant(pool), from: fc.nat(POOLS[pool].length), count: fc.nat(POOLS[pool].length), stride: fc.integer({ min: 1, max: 3 }), seed: fc.nat(2)
}))

const pathsOf = ({ pool, from, count, stride }: Run): string[] =>
  POOLS[pool].slice(from, from + count).filter((_, i) => i % stride === 0)

const entriesOf = (run: Run): Entry[] =>
  pathsOf(run).map(path => run.pool === 'heavy' ? heavyLink(path) : fileEntry(path, `${path} ${run.seed}`))

/** Trees of no, few and some thousand entries, of one to three levels. */
export const anyModel: fc.Arbitrary<Model> = fc.tuple(fc.array(anyRun, { maxLength: 3 }), fc.array(anyEntry, { maxLength: 20 })).map(([runs, singles]) => {
  const model: Model = new Map()
  const folders = new Set<string>()
  for (const entry of [...runs.flatMap(entriesOf), ...singles]) {
    const above = foldersOf(entry.path)
    if (folders.has(entry.path) || above.some(path => (model.get(path)?.kind ?? 'folder') !== 'folder')) continue
    for (const path of above) {
      folders.add(path)
      model.delete(path)
    }
    model.set(entry.path, entry)
  }
  return model
})

/** The folders a path lies in. */
function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'))
}

/** Edits for a model that is not known yet: those of what it holds are named by position. */
export type EditMaker = (model: Model) => TreeEdit[]

const anyEdit: fc.Arbitrary<EditMaker> = fc.oneof(
  { weight: 5, arbitrary: anyEntry.map((entry): EditMaker => () => [{ op: 'put', entry }]) },
  { weight: 1, arbitrary: anyPath.map((path): EditMaker => () => [{ op: 'remove', path }]) },
  { weight: 4, arbitrary: fc.tuple(fc.nat(), fc.nat(3)).map(([at, seed]): EditMaker => model => held(model, at, 1).map(path => ({ op: 'put', entry: fileEntry(path, seed) }))) },
  { weight: 5, arbitrary: fc.tuple(fc.nat(), fc.oneof(fc.constant(1), fc.nat(40), fc.nat(3000))).map(([at, count]): EditMaker => model => held(model, at, count).map(path => ({ op: 'remove', path }))) },
  // The first paths of leaves: the leaf before ends elsewhere without them.
  { weight: 4, arbitrary: fc.tuple(fc.nat(), fc.nat(2)).map(([at, level]): EditMaker => model => held(model, at, 1, path => begins(path, level)).map(path => ({ op: 'remove', path }))) },
  { weight: 1, arbitrary: anyRun.map((run): EditMaker => () => entriesOf(run).map(entry => ({ op: 'put', entry }))) }
)

function held(model: Model, at: number, count: number, accepts: (path: string) => boolean = () => true): string[] {
  const paths = sorted(model).map(entry => entry.path).filter(accepts)
  const start = paths.length === 0 ? 0 : at % paths.length
  return paths.slice(start, start + count)
}

export const anyEdits: fc.Arbitrary<EditMaker> = fc.array(anyEdit, { maxLength: 8 }).map(makers => model => makers.flatMap(make => make(model)))
