import type { Hash } from '../../model/index.ts'
import type { CheckoutReport } from '../service.ts'

/** What one checkout works on. Everything crosses threads. */
export interface CheckoutRequest {
  /** Root of the version's tree. */
  readonly tree: Hash
  /** Id of the version. */
  readonly version: string
  /** Folder of the version whose content is wanted: '' or a path. */
  readonly prefix: string
  /** Absolute. */
  readonly folder: string
  readonly force: boolean
}

export type CheckoutResult = Omit<CheckoutReport, 'version' | 'folder'>
