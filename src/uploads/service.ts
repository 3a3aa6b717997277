import type { Watched } from '../datasets/index.ts'
import type { Hash, VersionRef } from '../model/index.ts'
import type { FileEntry } from '../trees/index.ts'

/** A large file on its way into a draft, in parts (A4). */
export interface Upload {
  readonly id: string
  /** Bytes in all. */
  readonly length: number
  /** Bytes that are here and durable. */
  readonly offset: number
  /** A part of a file that others make whole, not a file itself. */
  readonly partial: boolean
  /** Where it goes; of parts, which go nowhere by themselves, undefined. */
  readonly target: UploadTarget | undefined
  /** tus metadata as it came, for who asks for it back. */
  readonly metadata: string
  /** ISO-8601 UTC. */
  readonly createdAt: string
  readonly changedAt: string
  /** The file, once it is in its draft. */
  readonly file: UploadedFile | undefined
  /** The parts a whole was made of, as they were named. */
  readonly parts: readonly string[] | undefined
}

export interface UploadTarget {
  readonly ref: VersionRef
  readonly path: string
  readonly mediaType?: string
  readonly executable: boolean
  /** What the file must be: `blake3:<hex>`. */
  readonly hash?: string
}

export interface UploadedFile { readonly hash: string, readonly size: number }

export interface NewUpload {
  readonly length: number
  readonly partial: boolean
  readonly target: UploadTarget | undefined
  readonly metadata: string
}

/** A digest a part must have. */
export interface Checksum { readonly algorithm: 'sha1' | 'sha256' | 'sha512' | 'md5', readonly digest: Uint8Array }

/** Uploads that go on where they stopped: each part is durable in the chunk store when it is acknowledged, with no file in between. */
export interface Uploads {
  list(): readonly Upload[]
  /** @throws UPLOAD_NOT_FOUND */
  get(id: string): Upload
  /** @throws VERSION_PUBLISHED, VERSION_NOT_FOUND, PATH_INVALID, TYPE_REFUSED, LIMIT_EXCEEDED */
  create(input: NewUpload): Promise<Upload>
  /**
   * Takes bytes in behind `offset`. What came before the source broke off is kept, unless a checksum was announced. An append that is still
   * under way is ended first: its sender was cut off.
   * @throws UPLOAD_NOT_FOUND, UPLOAD_OFFSET, LIMIT_EXCEEDED (more than the length), CHECKSUM_MISMATCH; VERSION_PUBLISHED, VERSION_NOT_FOUND,
   * TYPE_REFUSED where its draft takes it no more
   */
  append(id: string, offset: number, source: AsyncIterable<Uint8Array>, options?: { readonly checksum?: Checksum }): Promise<Upload>
  /**
   * Puts a file whose bytes are all here into its draft; done before, it stays done.
   * @throws UPLOAD_NOT_FOUND, UPLOAD_INCOMPLETE (also for a part), CONTENT_MISMATCH, TYPE_REFUSED, VERSION_PUBLISHED, PATH_CLASH, CANCELLED
   */
  finish(id: string, options?: Watched): Promise<Upload>
  /** Puts one file made of complete parts, in this order, into its draft; the parts are gone then. @throws as `finish` */
  concatenate(parts: readonly string[], input: Omit<NewUpload, 'length' | 'partial'> & { readonly target: UploadTarget }, options?: Watched): Promise<Upload>
  /** @throws UPLOAD_NOT_FOUND */
  remove(id: string): Promise<void>
  /** Chunks of uploads that are under way, so that they are not collected. */
  pinned(): AsyncIterable<readonly Hash[]>
}

/** One stretch of an upload, in the store as if it were a file. */
export type Segment = Pick<FileEntry, 'size' | 'hash' | 'profile' | 'content'>
