import type { Entry, FileEntry } from '../../trees/index.ts'
import { ENTRY, type EntryDecision } from './decisions.ts'

/** One entry of the version, with its path in the folder, and what is to be done about it. */
export interface Item { readonly entry: Exclude<Entry, { kind: 'link' }>, readonly decision: EntryDecision }

/** The file that is to be written, if one is. */
export const writtenFile = ({ entry, decision }: Item): FileEntry | undefined =>
  entry.kind === 'file' && (decision === ENTRY.write || decision === ENTRY.replace) ? entry : undefined
