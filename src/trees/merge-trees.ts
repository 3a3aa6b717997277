import type { ChunkStore } from '../chunks/index.ts'
import { comparePaths, sameHash, type Hash } from '../model/index.ts'
import { conflictPath } from './conflict-name.ts'
import { Cursor } from './cursor.ts'
import { differences } from './diff-trees.ts'
import { applyChanges, type ItemChange } from './edit-tree.ts'
import type { Entry, MergeConflict } from './entry.ts'
import { decodeEntry, type Body } from './entry-codec.ts'
import { refuseClash } from './entry-stream.ts'
import { compareBytes, decodeKey, encodeKey, liesInside, sameBytes, type Key } from './key.ts'
import { mergeBodies, type Side, type ThreeBodies } from './merge-entries.ts'
import { NodeReader } from './node-reader.ts'
import { cursorAt } from './read-tree.ts'
import { emptyTree } from './tree-writer.ts'

/** What the two sides are called in names of content that moves aside, such as a device and a date. Every node must pass the same. */
export interface MergeLabels { readonly ours: string, readonly theirs: string }

export interface MergeResult {
  readonly root: Hash
  /** In order of paths. */
  readonly conflicts: readonly MergeConflict[]
}

/** Content that can't stay under its path. */
interface Aside { readonly key: Key, readonly body: Body, readonly from: Side }

/** A conflict before everything has a place. */
interface Found extends ThreeBodies { readonly key: Key, readonly aside?: Aside }

/**
 * Merges two trees that come from a common one, path by path: what only one side changed is taken from it, an edit beats a removal,
 * and where both have content for one path (or one has a file where the other has a folder) one of them moves to
 * `name (conflict <label>).ext`. Nothing of either side is lost. Swapping the sides (and labels) gives the same root and the same
 * conflicts with `ours` and `theirs` swapped; merging the result again changes nothing. Only what differs is read.
 * @param base the common tree; undefined when there is none
 * @throws CHUNK_MISSING, CHUNK_DAMAGED, FORMAT_INVALID, DISK_FULL
 */
export async function mergeTrees(store: ChunkStore, base: Hash | undefined, ours: Hash, theirs: Hash, labels: MergeLabels, options: { signal?: AbortSignal } = {}): Promise<MergeResult> {
  if (sameHash(ours, theirs) || (base !== undefined && sameHash(base, theirs))) return { root: ours, conflicts: [] }
  if (base !== undefined && sameHash(base, ours)) return { root: theirs, conflicts: [] }
  const { changes, found } = await mergePaths(store, base ?? await emptyTree(store), ours, theirs, labels, options.signal)
  const clashes: { key: Key, body: Body }[] = []
  const merged = await applyChanges(store, ours, changes, item => clashes.push({ key: item.key.slice(), body: item.body.slice() }), options.signal)
  for (const clash of clashes) found.push(await clashOf(store, clash, base, ours, theirs))
  return placeAside(store, merged, joinByPath(found), labels, options.signal)
}

/** Every path the sides have differently: what changes in `ours`, and which conflicts there are. */
async function mergePaths(store: ChunkStore, base: Hash, ours: Hash, theirs: Hash, labels: MergeLabels, signal: AbortSignal | undefined): Promise<{ changes: ItemChange[], found: Found[] }> {
  const reader = new NodeReader(store)
  const origin = new Cursor(reader, await reader.root(base))
  const changes: ItemChange[] = []
  const found: Found[] = []
  for await (const difference of differences(reader, ours, theirs, signal === undefined ? {} : { signal })) {
    const key = difference.key.slice()
    await origin.seek(key)
    const bodies: ThreeBodies = { base: bodyAt(origin, key), ours: difference.before?.slice(), theirs: difference.after?.slice() }
    const { body, aside, conflict } = mergeBodies(bodies, winner(labels, bodies))
    if (body === undefined || bodies.ours === undefined || !sameBytes(body, bodies.ours)) changes.push({ key, body })
    if (conflict) found.push({ key, ...bodies, ...(aside === undefined ? {} : { aside: { key, ...aside } }) })
  }
  return { changes, found }
}

/** Whose content keeps its name: the side with the lower label, so that all conflicts of a merge go one way; then the lower bytes. */
function winner(labels: MergeLabels, { ours, theirs }: ThreeBodies): Side {
  if (labels.ours !== labels.theirs) return labels.ours < labels.theirs ? 'ours' : 'theirs'
  return ours === undefined || theirs === undefined || compareBytes(ours, theirs) <= 0 ? 'ours' : 'theirs'
}

const bodyAt = (cursor: Cursor, key: Key): Body | undefined =>
  !cursor.done && sameBytes(cursor.key, key) ? cursor.item.body.slice() : undefined

/** A file of one side with something of the other below its path: the file moves aside. */
async function clashOf(store: ChunkStore, { key, body }: { key: Key, body: Body }, base: Hash | undefined, ours: Hash, theirs: Hash): Promise<Found> {
  const reader = new NodeReader(store)
  const find = async (root: Hash): Promise<Body | undefined> => bodyAt(await cursorAt(reader, root, key), key)
  const bodies = { base: base === undefined ? undefined : await find(base), ours: await find(ours), theirs: await find(theirs) }
  const from = bodies.ours !== undefined && sameBytes(bodies.ours, body) ? 'ours' : 'theirs'
  return { key, ...bodies, aside: { key, body, from } }
}

/** One conflict a path, in order: an edit that beat a removal may also stand where a folder is now. */
function joinByPath(found: readonly Found[]): Found[] {
  const byPath = new Map<string, Found>()
  for (const conflict of found) byPath.set(decodeKey(conflict.key), conflict)
  return [...byPath].sort(([a], [b]) => comparePaths(a, b)).map(([, conflict]) => conflict)
}

/** Gives everything that moves aside a free name, the same on every node: what is free is asked of the merged tree alone. */
async function placeAside(store: ChunkStore, merged: Hash, found: readonly Found[], labels: MergeLabels, signal: AbortSignal | undefined): Promise<MergeResult> {
  const reader = new NodeReader(store)
  const taken = new Map<string, Body>()
  const conflicts: MergeConflict[] = []
  for (const conflict of found) {
    const { aside } = conflict
    const keptAt = aside === undefined ? undefined : await freePath(reader, merged, taken, decodeKey(aside.key), aside.body, labels[aside.from])
    if (aside !== undefined && keptAt !== undefined) taken.set(keptAt, aside.body)
    conflicts.push(shown(conflict, keptAt))
  }
  const puts = [...taken].sort(([a], [b]) => comparePaths(a, b)).map(([path, body]) => ({ key: encodeKey(path), body }))
  return { root: await applyChanges(store, merged, puts, refuseClash, signal), conflicts }
}

/** The first name that nothing has, or that has the very same content already. */
async function freePath(reader: NodeReader, merged: Hash, taken: ReadonlyMap<string, Body>, path: string, body: Body, label: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const candidate = conflictPath(path, label, attempt)
    const key = encodeKey(candidate)
    const cursor = await cursorAt(reader, merged, key)
    const there = taken.get(candidate) ?? bodyAt(cursor, key)
    if (there !== undefined ? sameBytes(there, body) : cursor.done || !liesInside(cursor.key, key)) return candidate
  }
}

function shown(conflict: Found, keptAt: string | undefined): MergeConflict {
  const path = decodeKey(conflict.key)
  const entry = (body: Body | undefined): Entry | undefined => body === undefined ? undefined : decodeEntry(path, body)
  const [base, ours, theirs] = [entry(conflict.base), entry(conflict.ours), entry(conflict.theirs)]
  return {
    path, ...(base === undefined ? {} : { base }), ...(ours === undefined ? {} : { ours }), ...(theirs === undefined ? {} : { theirs }),
    ...(keptAt === undefined ? {} : { keptAt })
  }
}
