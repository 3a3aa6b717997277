import type { ChunkStore } from '../../chunks/index.ts'
import { hashToHex } from '../../model/index.ts'
import type { Entry, FileEntry, LinkEntry } from '../../trees/index.ts'
import { loadFiles } from '../loaded.ts'

/** One thing in an archive. */
export interface Member {
  readonly path: string
  readonly kind: 'file' | 'folder'
  /** Bytes. */
  readonly size: number
  readonly executable: boolean
  /** Its bytes are not at hand all at once. */
  readonly isLong: boolean
}

export interface LoadedMember extends Member {
  readonly content: readonly Uint8Array[] | AsyncIterable<Uint8Array>
}

/** What goes into an archive; each call of `entries` begins anew. */
export interface ArchiveSource {
  readonly store: ChunkStore
  readonly entries: () => AsyncIterable<Entry>
  /** Whether there are links among the entries. */
  readonly hasLinks: boolean
  /** All members carry it: when the version was published, or changed last. */
  readonly time: Date
  readonly signal: AbortSignal | undefined
}

/**
 * W7: an archive holds no links to addresses, so it gets a file that lists them: one JSON object a line, `{path, url, size?, hash?}`, in
 * the order of paths.
 */
const LINKS_NAME = '.shoal-links.ndjson'

/** The members of an archive with their bytes. */
export async function* loadMembers(source: ArchiveSource): AsyncGenerator<LoadedMember, void, undefined> {
  for await (const batch of loadFiles(source.store, entriesOf(source), fileOf)) {
    for (const { item, content } of batch) yield { ...memberOf(item), content }
  }
  const links = await linksMember(source)
  if (links !== undefined) yield { ...links, content: linkLines(source) }
}

/** The same members without their bytes. */
export async function* members(source: ArchiveSource): AsyncGenerator<Member, void, undefined> {
  for await (const entry of entriesOf(source)) yield memberOf(entry)
  const links = await linksMember(source)
  if (links !== undefined) yield links
}

type Held = Exclude<Entry, LinkEntry>

const fileOf = (entry: Held): FileEntry | undefined => entry.kind === 'file' ? entry : undefined

const memberOf = (entry: Held): Member => entry.kind === 'file'
  ? { path: entry.path, kind: 'file', size: entry.size, executable: entry.executable, isLong: entry.content.kind === 'list' }
  : { path: entry.path, kind: 'folder', size: 0, executable: false, isLong: false }

async function* entriesOf({ entries, signal }: ArchiveSource): AsyncGenerator<Held, void, undefined> {
  for await (const entry of entries()) {
    signal?.throwIfAborted()
    if (entry.kind !== 'link') yield entry
  }
}

async function linksMember(source: ArchiveSource): Promise<Member | undefined> {
  if (!source.hasLinks) return undefined
  let size = 0
  for await (const line of linkLines(source)) size += line.length
  return size === 0 ? undefined : { path: LINKS_NAME, kind: 'file', size, executable: false, isLong: true }
}

async function* linkLines({ entries, signal }: ArchiveSource): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const entry of entries()) {
    signal?.throwIfAborted()
    if (entry.kind !== 'link') continue
    const { path, url, size, hash } = entry
    yield Buffer.from(`${JSON.stringify({ path, url, size, ...hash === undefined ? {} : { hash: `blake3:${hashToHex(hash)}` } })}\n`)
  }
}
