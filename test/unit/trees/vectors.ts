import { createMemoryStore, type ChunkList } from '../../../src/chunks/index.ts'
import { comparePaths, type DeviceId, type Hash } from '../../../src/model/index.ts'
import { emptyTree, mergeCommits, mergeTrees, putChunkList, writeCommit, writeTree, type Entry } from '../../../src/trees/index.ts'
import { encodeKey, fnvStep, FNV_START, isBoundaryHash } from '../../../src/trees/key.ts'
import { fileEntry, hashOf, hex } from './model.ts'

/** What FORMAT.md states about some inputs, computed anew. */
export interface Vectors {
  readonly pathHashes: readonly { readonly path: string, readonly fnv: string, readonly begins: readonly number[] }[]
  readonly nodes: readonly { readonly what: string, readonly bytes: string, readonly hash: string }[]
  readonly roots: readonly { readonly what: string, readonly hash: string }[]
}

function pathHash(path: string): Vectors['pathHashes'][number] {
  let hash = FNV_START
  for (const byte of encodeKey(path)) hash = fnvStep(hash, byte)
  return { path, fnv: (hash >>> 0).toString(16).padStart(8, '0'), begins: [0, 1, 2, 3].filter(level => isBoundaryHash(hash, level)) }
}

const chunksOf = (count: number): ChunkList => ({
  hashes: new Uint8Array(Buffer.concat(Array.from({ length: count }, (_, i) => hashOf(`chunk ${i}`)))), lengths: Uint32Array.from({ length: count }, (_, i) => 1000 + i)
})

/** One of each kind, with each field. */
const ENTRIES: readonly Entry[] = [
  { ...fileEntry('data/a.csv', 1), profile: 'text' },
  { ...fileEntry('data/b.bin', 2), size: 2001, executable: true, mediaType: 'application/x-thing', content: { kind: 'inline', chunks: chunksOf(2) } },
  { ...fileEntry('data/c', 3), size: 1_000_000, content: { kind: 'list', root: hashOf('list') } },
  { kind: 'folder', path: 'data/empty' },
  { kind: 'link', path: 'data/ünder', url: 'https://example.org/x', size: 300, hash: hashOf('linked') }
]

export async function computeVectors(): Promise<Vectors> {
  const store = createMemoryStore()
  const bytesOf = async (what: string, hash: Hash): Promise<Vectors['nodes'][number]> => {
    const [bytes] = await store.getMany([hash])
    return { what, bytes: Buffer.from(bytes ?? []).toString('hex'), hash: hex(hash) }
  }
  const write = async (entries: readonly Entry[]): Promise<Hash> => (await writeTree(store, [...entries].sort((a, b) => comparePaths(a.path, b.path)))).root
  const many = Array.from({ length: 20_000 }, (_, i) => fileEntry(`folder ${i % 9}/file ${i}`, i))
  const commit = await writeCommit(store, { tree: hashOf('tree'), parents: [hashOf('p'), hashOf('q')], by: '12D3KooWExample' as DeviceId, at: 1_763_700_000_000, message: 'Added ✓' })
  const list = await putChunkList(store, chunksOf(9))
  const long = await putChunkList(store, chunksOf(20_000))
  const [base, ours, theirs] = [await write([fileEntry('x.txt', 0)]), await write([fileEntry('x.txt', 1)]), await write([fileEntry('x.txt', 2)])]
  const merged = await mergeTrees(store, base, ours, theirs, { ours: 'anna', theirs: 'ben' })
  const first = await writeCommit(store, { tree: base, parents: [], at: 1, message: '' })
  const heads = await Promise.all([ours, theirs].map((tree, i) => writeCommit(store, { tree, parents: [first], by: `12D3KooW0000000${i}` as DeviceId, at: 1_763_700_000_000, message: '' })))
  return {
    pathHashes: ['a', 'data/a.csv', 'data/ünder', 'n7', 'n8623'].map(pathHash),
    nodes: [
      await bytesOf('the empty tree', await emptyTree(store)),
      await bytesOf('a leaf with one entry of each kind', await write(ENTRIES)),
      await bytesOf('a list of 9 chunks', list.kind === 'list' ? list.root : hashOf('')),
      await bytesOf('a commit', commit)
    ],
    roots: [
      { what: 'files "folder <i mod 9>/file <i>" for i = 0 … 19999', hash: hex(await write(many)) },
      { what: 'chunks of 1000 + i bytes for i = 0 … 19999', hash: hex(long.kind === 'list' ? long.root : hashOf('')) },
      { what: 'x.txt changed on both sides, labels anna and ben', hash: hex(merged.root) },
      { what: 'the merge commit of such heads', hash: hex((await mergeCommits(store, heads)).commit) }
    ]
  }
}
