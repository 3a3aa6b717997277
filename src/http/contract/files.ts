import { z } from 'zod'
import { bytes, count, filePaging, flag, hash, page, text, word, words } from './field.ts'

/** Files of versions as HTTP shows and takes them. */

export const fileEntry = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('file'),
    path: z.string(),
    size: bytes,
    hash,
    mediaType: z.string(),
    executable: z.boolean()
  }),
  z.strictObject({ type: z.literal('folder'), path: z.string() }),
  z.strictObject({ type: z.literal('link'), path: z.string(), url: z.string(), size: bytes.exactOptional(), hash: hash.exactOptional() })
]).meta({ id: 'Entry' })
/** A row of a listing. */
export type FileItem = z.infer<typeof fileEntry>

export const filePage = page(fileEntry)

export const outlineQuery = z.strictObject({ prefix: z.string().exactOptional().meta({ description: 'a folder of the version' }), limit: filePaging.limit })
export const outline = z.strictObject({
  entries: count,
  cursors: z.array(z.string()).readonly().meta({ description: 'of the second page and each behind it, for pages of `limit` entries' })
}).meta({ id: 'Outline' })
/** How long the list of a folder is, and where its pages begin. */
export type OutlineItem = z.infer<typeof outline>

/** K4: what part of a version is meant. */
const selection = {
  split: word.exactOptional().meta({ description: 'splits, separated by commas: train, val, test or what splits.json names' }),
  sample: word.exactOptional().meta({ description: 'so many files (100) or a share of them (5%), from each class folder alike' }),
  seed: z.coerce.number().int().exactOptional().meta({ description: 'of the sample; the same seed gives the same files' }),
  metadata: z.literal('only').exactOptional().meta({ description: 'only what describes the data' })
}

export const listQuery = z.strictObject({
  prefix: z.string().exactOptional().meta({ description: 'a folder of the version' }),
  recursive: flag.exactOptional(),
  ...selection,
  ...filePaging
})

export const readQuery = z.strictObject({
  download: flag.exactOptional().meta({ description: 'answer as an attachment' }),
  fetch: flag.exactOptional().meta({ description: 'of a link: get what it points to' })
})
export const writeQuery = z.strictObject({ message: text.exactOptional(), executable: flag.exactOptional() })
export const removeQuery = z.strictObject({ recursive: flag.exactOptional(), message: text.exactOptional() })
export const archiveQuery = z.strictObject({ prefix: z.string().exactOptional(), ...selection })
export type SelectionQuery = z.infer<typeof archiveQuery>

export const splitsBody = z.union([
  z.strictObject({ ratios: z.record(z.string(), z.number()), seed: z.number().int().exactOptional() }),
  z.strictObject({ files: z.record(z.string(), z.array(z.string()).readonly()) })
])
export type SplitsBody = z.infer<typeof splitsBody>
/** How a version is split, and how much each split holds. */
export const splits = z.strictObject({
  source: z.enum(['names', 'ratios', 'list']).meta({ description: 'names of folders and files, or what splits.json says' }),
  file: splitsBody.nullable().meta({ description: 'the content of splits.json' }),
  splits: z.array(z.strictObject({ name: z.string(), files: count, bytes })).readonly(),
  rest: z.strictObject({ files: count, bytes }).meta({ description: 'files of no split' })
})
export type SplitsItem = z.infer<typeof splits>

const path = z.string()
const overwrite = z.boolean().exactOptional()
export const fileEdit = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('remove'), path, recursive: z.boolean().exactOptional() }),
  z.strictObject({ op: z.literal('move'), from: path, to: path, overwrite }),
  z.strictObject({ op: z.literal('copy'), from: path, to: path, overwrite }),
  z.strictObject({ op: z.literal('mkdir'), path }),
  z.strictObject({ op: z.literal('link'), path, url: z.string().max(8192), size: bytes.exactOptional(), hash: hash.exactOptional() })
])
/** Changes of one request: one commit, read and checked in memory. */
const MAX_EDITS = 10_000
export const editsBody = z.array(fileEdit).min(1).max(MAX_EDITS).readonly()
export type FileEditBody = z.infer<typeof fileEdit>
export const editsQuery = z.strictObject({ message: text.exactOptional() })
export const editsResult = z.strictObject({ changed: count })
export type EditsResult = z.infer<typeof editsResult>

export const notice = z.strictObject({ path: z.string(), problem: z.string(), detail: z.string() })

export const importBody = z.strictObject({
  source: z.string().max(8192).meta({ description: 'absolute path of a folder or file on the machine of this node' }),
  ref: word.meta({ description: 'namespace/name or namespace/name@version; what is missing is created' }),
  add: z.boolean().exactOptional().meta({ description: 'keep what the source lacks' }),
  rehash: z.boolean().exactOptional().meta({ description: 'read every file, also those that look unchanged' }),
  into: z.string().exactOptional().meta({ description: 'folder of the version to import into' }),
  message: text.exactOptional()
})
export type ImportBody = z.infer<typeof importBody>

export const importReport = z.strictObject({
  version: z.string(),
  added: count,
  modified: count,
  removed: count,
  unchanged: count,
  filesRead: count,
  bytesRead: bytes,
  files: count,
  bytes,
  notices: z.array(notice).readonly()
})

export const checkoutBody = z.strictObject({
  ref: word,
  folder: z.string().max(8192).meta({ description: 'absolute path of a folder on the machine of this node' }),
  prefix: z.string().exactOptional(),
  force: z.boolean().exactOptional(),
  split: words.exactOptional(),
  sample: word.exactOptional(),
  seed: z.number().int().exactOptional(),
  metadataOnly: z.boolean().exactOptional()
})
export type CheckoutBody = z.infer<typeof checkoutBody>

export const checkoutReport = z.strictObject({
  version: z.string(),
  folder: z.string(),
  written: count,
  bytesWritten: bytes,
  removed: count,
  unchanged: count,
  notices: z.array(notice).readonly()
})
