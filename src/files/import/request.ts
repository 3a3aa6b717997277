import type { Hash } from '../../model/index.ts'
import type { Typed } from '../kinds.ts'
import type { ImportReport } from '../service.ts'

/** What one import works on. Everything crosses threads. */
export interface ImportRequest {
  /** Absolute path of a folder, or of a file. */
  readonly source: string
  /** The name a single file comes in under; undefined for a folder. */
  readonly fileName: string | undefined
  /** Folder of the version: '' or a path. */
  readonly into: string
  /** Keep what the source lacks. */
  readonly add: boolean
  /** Read every file. */
  readonly rehash: boolean
  /** Root of the draft's tree. */
  readonly tree: Hash
  /** Where what is known of the source's files is kept between runs. */
  readonly cache: string
  /** Absolute folders that are left out. */
  readonly except: readonly string[]
  /** Of a dataset with strict types. */
  readonly typed?: Typed
  /** Milliseconds since 1970 at the start: files that change around the time they are read are not trusted next time. */
  readonly now: number
}

export interface ImportResult { readonly tree: Hash, readonly report: Omit<ImportReport, 'version'> }
