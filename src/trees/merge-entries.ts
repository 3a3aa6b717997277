import type { Entry, FileEntry } from './entry.ts'
import { decodeEntry, encodeEntry, isFolderBody, type Body } from './entry-codec.ts'
import { compareBytes, sameBytes } from './key.ts'

/** What becomes of a path that two sides have differently. */
export interface Merged {
  /** What the path has from now on; undefined for nothing. */
  readonly body: Body | undefined
  /** What both sides want to have at the path and only one can: it keeps its content elsewhere. */
  readonly aside?: { readonly body: Body, readonly from: Side }
  /** Whether people should know: two contents, or an edit that undid a removal. */
  readonly conflict: boolean
}

export type Side = 'ours' | 'theirs'

/** A path on the three sides; undefined where it has no entry. `ours` and `theirs` differ. */
export interface ThreeBodies { readonly base: Body | undefined, readonly ours: Body | undefined, readonly theirs: Body | undefined }

/**
 * Three-way merge of one path: the side that changed it counts; an edit beats a removal; of two contents one moves aside.
 * Swapping the sides gives the same result.
 * @param winner whose content keeps its name
 */
export function mergeBodies({ base, ours, theirs }: ThreeBodies, winner: Side): Merged {
  if (sameBody(ours, base)) return { body: theirs, conflict: false }
  if (sameBody(theirs, base)) return { body: ours, conflict: false }
  // Both changed it, so it was there before: one side removed what the other edited.
  if (ours === undefined || theirs === undefined) return { body: ours ?? theirs, conflict: true }
  const together = mergeFiles(base, ours, theirs)
  if (together !== undefined) return { body: together, conflict: false }
  // A folder keeps its name, as what lies below it does.
  const keeps = isFolderBody(ours) ? 'ours' : isFolderBody(theirs) ? 'theirs' : winner
  return keeps === 'ours' ? { body: ours, aside: { body: theirs, from: 'theirs' }, conflict: true } : { body: theirs, aside: { body: ours, from: 'ours' }, conflict: true }
}

const sameBody = (a: Body | undefined, b: Body | undefined): boolean => a === undefined || b === undefined ? a === b : sameBytes(a, b)

const fileOf = (body: Body | undefined): FileEntry | undefined => {
  const entry: Entry | undefined = body === undefined ? undefined : decodeEntry('', body)
  return entry?.kind === 'file' ? entry : undefined
}

/** Two files field by field; undefined when both have a content of their own. */
function mergeFiles(baseBody: Body | undefined, oursBody: Body, theirsBody: Body): Body | undefined {
  const base = fileOf(baseBody)
  const ours = fileOf(oursBody)
  const theirs = fileOf(theirsBody)
  if (ours === undefined || theirs === undefined) return undefined
  const content = mergeContent(base, ours, theirs)
  if (content === undefined) return undefined
  const mediaType = pick(base === undefined ? undefined : { value: base.mediaType }, ours.mediaType, theirs.mediaType, preferType)
  const executable = pick(base === undefined ? undefined : { value: base.executable }, ours.executable, theirs.executable, () => true)
  return encodeEntry({
    kind: 'file', path: '', size: content.size, hash: content.hash, profile: content.profile, content: content.content, executable,
    ...(mediaType === undefined ? {} : { mediaType })
  })
}

/** A field: the side that changed it counts; `prefer` decides, whatever the order, when both did. */
function pick<T>(base: { value: T } | undefined, ours: T, theirs: T, prefer: (a: T, b: T) => T): T {
  if (ours === theirs) return ours
  if (base?.value === ours) return theirs
  if (base?.value === theirs) return ours
  return prefer(ours, theirs)
}

const preferType = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || b === undefined ? a ?? b : a < b ? a : b

/** The side whose content counts; undefined when both changed it to different bytes. */
function mergeContent(base: FileEntry | undefined, ours: FileEntry, theirs: FileEntry): FileEntry | undefined {
  const [was, mine, other] = [base === undefined ? undefined : contentOnly(base), contentOnly(ours), contentOnly(theirs)]
  if (was !== undefined && sameBytes(mine, was)) return theirs
  if (was !== undefined && sameBytes(other, was)) return ours
  if (!sameBytes(ours.hash, theirs.hash)) return undefined
  // The same bytes, split in two ways: either will do, as long as all choose the same.
  return compareBytes(mine, other) <= 0 ? ours : theirs
}

const contentOnly = ({ path, size, hash, profile, content }: FileEntry): Body =>
  encodeEntry({ kind: 'file', path, size, hash, profile, content, executable: false })
