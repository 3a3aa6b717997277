import { z } from 'zod'
import { bytes, count, filePaging, flag, hash, page, text, word } from './field.ts'

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

export const listQuery = z.strictObject({
  prefix: z.string().exactOptional().meta({ description: 'a folder of the version' }),
  recursive: flag.exactOptional(),
  ...filePaging
})

export const readQuery = z.strictObject({ download: flag.exactOptional().meta({ description: 'answer as an attachment' }) })
export const writeQuery = z.strictObject({ message: text.exactOptional(), executable: flag.exactOptional() })
export const removeQuery = z.strictObject({ recursive: flag.exactOptional(), message: text.exactOptional() })
export const archiveQuery = z.strictObject({ prefix: z.string().exactOptional() })

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
  force: z.boolean().exactOptional()
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
