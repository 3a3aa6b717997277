import { z } from 'zod'
import { bytes, count, filePaging, hash, jsonObject, page, text, word } from './field.ts'

/** What a version is like: its classes, its data card, its use, its links and its size, as HTTP shows them. */

export const classesQuery = z.strictObject({
  path: z.string().max(4096).exactOptional().meta({ description: 'a table of the version (.csv, .tsv, .jsonl); default: all of them' }),
  column: word.exactOptional().meta({ description: 'the column that holds the class; default: one that is called so' })
})
export const classes = z.strictObject({
  by: z.enum(['folder', 'column', 'none']),
  path: z.string().nullable().meta({ description: 'the table; null where several are counted together, and for folders' }),
  column: z.string().nullable(),
  classes: z.array(z.strictObject({ name: z.string(), count, splits: z.record(z.string(), count) })).readonly(),
  rest: count.meta({ description: 'files or rows of no class' }),
  total: count
}).meta({ id: 'Classes' })
/** How many files or rows each class has. */
export type ClassesItem = z.infer<typeof classes>

export const card = z.strictObject({
  path: z.string(),
  fields: jsonObject.nullable().meta({ description: 'front matter; null where there is none or it can not be read' }),
  problem: z.string().nullable(),
  text: z.string().meta({ description: 'Markdown behind the front matter' })
}).meta({ id: 'DataCard' })
/** The README.md of a version. */
export type CardItem = z.infer<typeof card>
export const cardBody = z.strictObject({
  fields: jsonObject.exactOptional().meta({ description: 'set beside those there are; null takes one away' }),
  text: z.string().max(1024 * 1024).exactOptional()
})
export type CardBody = z.infer<typeof cardBody>

export const usageQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(400).default(90) })
export const usage = z.strictObject({
  days: z.array(z.strictObject({ day: z.string(), reads: count, downloads: count, bytes, experiments: count })).readonly(),
  total: z.strictObject({ reads: count, downloads: count, bytes, experiments: count })
}).meta({ id: 'Usage' })
/** Use over time, on this node; experiments of the whole team. */
export type UsageItem = z.infer<typeof usage>

export const storedSize = z.strictObject({ bytes: bytes.meta({ description: 'of its files' }), storedBytes: bytes.meta({ description: 'each chunk once, before packing' }), chunks: count, addedBytes: bytes.meta({ description: 'of chunks its parent does not have' }), addedChunks: count })
export type StoredSizeItem = z.infer<typeof storedSize>

const link = z.strictObject({ path: z.string(), url: z.string(), size: bytes.exactOptional(), hash: hash.exactOptional() })
export type LinkItem = z.infer<typeof link>
export const linkPage = page(link)
export const linksQuery = z.strictObject({ prefix: z.string().exactOptional(), ...filePaging })
export const fetchLinksBody = z.strictObject({ paths: z.array(z.string()).max(10_000).readonly().exactOptional().meta({ description: 'only these; default all' }) })
export const linksReport = z.strictObject({
  done: count,
  bytes,
  failed: z.array(z.strictObject({ path: z.string(), url: z.string(), code: z.string(), detail: text })).readonly()
})
export type LinksReportItem = z.infer<typeof linksReport>

export const deleteDatasetReport = z.strictObject({ deleted: z.string(), sources: linksReport })
export type DeleteDatasetReport = z.infer<typeof deleteDatasetReport>
