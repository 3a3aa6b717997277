import type { VersionRef } from '../model/index.ts'
import type { Watched } from '../datasets/index.ts'
import type { Entry, FileEntry, FolderItem } from '../trees/index.ts'
import type { Selection } from './selection/select.ts'
import type { Splits } from './selection/splits.ts'

export type { Selection } from './selection/select.ts'
export type { Splits, SplitsFile } from './selection/splits.ts'

/** Something an import or checkout could not do as asked, for one path; the rest went on. */
export interface FileNotice {
  readonly path: string
  /**
   * Of imports: `symlink`, `special`, `unreadable`, `changing`, `name`, `type` (strict types). Of checkouts: `link`, `not-representable`, `appeared`. `more`
   * (without a path) counts what is not listed.
   */
  readonly problem: string
  /** One sentence. */
  readonly detail: string
}

export interface ImportOptions extends Watched {
  /** Keep what the source lacks. */
  readonly add?: boolean
  /** Read every file, also those whose size, times and inode say that they are unchanged. */
  readonly rehash?: boolean
  /** Folder of the version to import into; default its top. */
  readonly into?: string
  readonly message?: string
}

export interface ImportReport {
  /** Reference of the version imported into. */
  readonly version: string
  readonly added: number
  readonly modified: number
  readonly removed: number
  readonly unchanged: number
  /** Files read and bytes read from them. */
  readonly filesRead: number
  readonly bytesRead: number
  /** Files of the version afterwards, and their bytes. */
  readonly files: number
  readonly bytes: number
  readonly notices: readonly FileNotice[]
}

export interface CheckoutOptions extends Watched, Selection {
  /** Overwrite what is in the way, and remove what was changed since an earlier checkout; other files of the folder stay in any case. */
  readonly force?: boolean
}

export interface CheckoutReport {
  readonly version: string
  readonly folder: string
  readonly written: number
  readonly bytesWritten: number
  readonly removed: number
  readonly unchanged: number
  readonly notices: readonly FileNotice[]
}

/** One of many changes made together, all or none. */
export type FileEdit =
  | { readonly op: 'remove', readonly path: string, readonly recursive?: boolean }
  | { readonly op: 'move', readonly from: string, readonly to: string, readonly overwrite?: boolean }
  | { readonly op: 'copy', readonly from: string, readonly to: string, readonly overwrite?: boolean }
  | { readonly op: 'mkdir', readonly path: string }
  | { readonly op: 'link', readonly path: string, readonly url: string, readonly size?: number, readonly hash?: string }

export type ArchiveFormat = 'tar' | 'tar.gz' | 'zip'

/** Files of versions: in, out, and changed within. */
export interface Files {
  /**
   * Makes a draft equal a folder (or adds to it); creates the dataset and draft when they are missing. Source: a folder or one file of
   * this machine. @throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE, VERSION_PUBLISHED, DISK_FULL, CANCELLED (what was read is kept: the next run skips it)
   */
  import(source: string, ref: VersionRef, options?: ImportOptions): Promise<ImportReport>
  /**
   * Makes a folder equal a version; moves only what differs and verifies what it writes. The files are not flushed to the disk, as restic
   * and git do not (1,000 files of 100 kB would take 1.3 s to write instead of 0.2): what is durable is in the store, and after a power cut a
   * second checkout finds what is not as it was noted.
   * @throws CHECKOUT_DIRTY, TARGET_UNWRITABLE, CHUNK_MISSING, DISK_FULL
   */
  checkout(ref: VersionRef, folder: string, options?: CheckoutOptions): Promise<CheckoutReport>
  list(ref: VersionRef, options?: { prefix?: string, recursive?: boolean, after?: string, limit?: number }): Promise<{ items: readonly (Entry | FolderItem)[], next?: string }>
  /** @throws FIELD_INVALID for a selection that can't be made */
  entries(ref: VersionRef, options?: Selection): AsyncIterable<Entry>
  /** K4: which split each path belongs to. @throws FIELD_INVALID when the version's `splits.json` can't be read */
  splits(ref: VersionRef): Promise<Splits>
  /** @throws FILE_NOT_FOUND */
  stat(ref: VersionRef, path: string): Promise<Entry | FolderItem>
  /** Bytes `from` (included) to `to` (excluded) of a file, verified. @throws FILE_NOT_FOUND, RANGE_INVALID, CHUNK_MISSING, CHUNK_DAMAGED */
  read(ref: VersionRef, path: string, range?: { from?: number, to?: number }): Promise<{ entry: FileEntry, bytes: AsyncIterable<Uint8Array> }>
  /** Streams a file into a draft. @throws CONTENT_MISMATCH when `hash` or `size` is given and differs; nothing is changed then */
  write(ref: VersionRef, path: string, source: AsyncIterable<Uint8Array>, options?: { hash?: string, size?: number, executable?: boolean, mediaType?: string, message?: string }): Promise<FileEntry>
  /** @throws FILE_NOT_FOUND, PATH_CLASH, PATH_EXISTS, PATH_INVALID, TYPE_REFUSED, VERSION_PUBLISHED */
  edit(ref: VersionRef, edits: readonly FileEdit[], message?: string): Promise<{ changed: number }>
  /** A version (or a part of it) as one stream; the same version and selection give the same bytes. */
  archive(ref: VersionRef, format: ArchiveFormat, options?: Selection & { signal?: AbortSignal }): AsyncIterable<Uint8Array>
}
