import type { Hash } from '../../model/index.ts'
import type { Content, FileEntry } from '../../trees/index.ts'

/** How a file of the disk looks from outside. Times in nanoseconds since 1970. */
export interface FileStat {
  /** Bytes. */
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
  readonly executable: boolean
}

/** What is remembered of one path of a folder. */
export interface Row {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link'
  /** How the file looked when it was read or written; undefined where that tells nothing about its content. */
  readonly stat: FileStat | undefined
  /** What it held; undefined for folders and links. */
  readonly held: Held | undefined
}

/** A file's content, without its path. */
export interface Held {
  readonly size: number
  readonly hash: Hash
  readonly executable: boolean
  readonly profile: FileEntry['profile']
  readonly content: Content
}

export const heldOf = ({ size, hash, executable, profile, content }: FileEntry): Held => ({ size, hash, executable, profile, content })

export const entryOf = (path: string, held: Held): FileEntry => ({ kind: 'file', path, ...held })
