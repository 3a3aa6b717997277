import type { Hash } from '../model/index.ts'
import type { ChunkList, SplitProfile } from '../chunks/index.ts'

/** A file of a version. */
export interface FileEntry {
  readonly kind: 'file'
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** BLAKE3 of the whole file. */
  readonly hash: Hash
  readonly executable: boolean
  /** Only where it was stated; else it follows from the name when it is asked for. */
  readonly mediaType?: string
  readonly profile: SplitProfile
  readonly content: Content
}

/** Where a file's bytes are. An empty file has `{ kind: 'list', chunks: empty }`-free form `whole` with the hash of nothing and no chunk. */
export type Content =
  /** One chunk whose hash is the file's (or no chunk at all when the size is 0). */
  | { readonly kind: 'whole' }
  /** A short list, in the entry itself. */
  | { readonly kind: 'inline', readonly chunks: ChunkList }
  /** A long list, as a Merkle list of its own: its root node. */
  | { readonly kind: 'list', readonly root: Hash }

/** An entry that points to an outside address instead of holding bytes. */
export interface LinkEntry {
  readonly kind: 'link'
  readonly path: string
  readonly url: string
  readonly size?: number
  readonly hash?: Hash
}

/** A folder with nothing in it: the only folders a tree names. */
export interface FolderEntry { readonly kind: 'folder', readonly path: string }

export type Entry = FileEntry | LinkEntry | FolderEntry

/** One row of a listing that does not recurse: a folder with what lies below it. */
export interface FolderItem { readonly kind: 'subfolder', readonly path: string }

export interface TreeStats {
  readonly files: number
  readonly links: number
  /** Bytes of all files. */
  readonly bytes: number
}

export type TreeEdit =
  | { readonly op: 'put', readonly entry: Entry }
  /** Removes the entry of exactly this path; nothing happens where there is none. */
  | { readonly op: 'remove', readonly path: string }

export interface TreeChange { readonly path: string, readonly before?: Entry, readonly after?: Entry }

/** A path that two sides changed in different ways. */
export interface MergeConflict {
  readonly path: string
  readonly base?: Entry
  readonly ours?: Entry
  readonly theirs?: Entry
  /** Where the other side's content was kept. */
  readonly keptAt?: string
}
