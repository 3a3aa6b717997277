import { z } from 'zod'
import { VERSION_COLUMNS } from '../csv.ts'
import { bytes, count, flag, jsonObject, maskLabels, page, paging, text, time, word, words } from './field.ts'
import { fileEntry } from './files.ts'

/** Versions as HTTP shows and takes them. */

export const createVersion = z.strictObject({
  number: word.exactOptional().meta({ description: 'semver; default: the next minor of the highest' }),
  name: word.exactOptional(),
  from: words.exactOptional().meta({ description: 'published versions it comes from: numbers, names or ids' }),
  mode: z.enum(['inherit', 'new']).default('inherit'),
  take: z.enum(['ours', 'theirs', 'both']).exactOptional().meta({ description: 'of what several parents have differently: the first one\'s, the others\', or both' }),
  description: text.exactOptional(),
  comment: text.exactOptional(),
  metadata: jsonObject.exactOptional()
})
export type CreateVersionBody = z.input<typeof createVersion>

export const editVersion = z.strictObject({
  number: word.exactOptional(),
  name: word.exactOptional(),
  description: text.exactOptional(),
  comment: text.exactOptional(),
  metadata: jsonObject.exactOptional(),
  maskLabels: maskLabels.exactOptional(),
  tags: words.exactOptional()
})
export type EditVersionBody = z.infer<typeof editVersion>

export const versionQuery = z.strictObject({
  q: word.exactOptional().meta({ description: 'words that number, name, description or tags hold' }),
  state: z.enum(['draft', 'published']).exactOptional(),
  archived: flag.exactOptional(),
  tag: word.exactOptional(),
  ...paging
})
export type VersionColumn = typeof VERSION_COLUMNS[number]

export const versionCsvQuery = z.strictObject({
  q: word.exactOptional().meta({ description: 'words that number, name, description or tags hold' }),
  state: z.enum(['draft', 'published']).exactOptional(),
  archived: flag.exactOptional(),
  tag: word.exactOptional(),
  columns: z.string().max(1000).exactOptional().meta({ description: `separated by commas; of ${VERSION_COLUMNS.join(', ')}` }),
  versions: z.string().max(8192).exactOptional().meta({ description: 'only these (numbers, names or ids, separated by commas): the rows on screen' })
})

/** W6: versions of one request: those of a dataset many times over. */
const MAX_BULK = 10_000
export const bulkBody = z.strictObject({
  action: z.enum(['archive', 'restore', 'delete', 'tag']),
  versions: z.array(word).min(1).max(MAX_BULK).readonly().exactOptional().meta({ description: 'numbers, names or ids; without them all that the filter finds' }),
  filter: z.strictObject({ q: word.exactOptional(), state: z.enum(['draft', 'published']).exactOptional(), archived: z.boolean().exactOptional(), tag: word.exactOptional() }).exactOptional(),
  add: words.exactOptional(),
  remove: words.exactOptional(),
  force: z.boolean().exactOptional().meta({ description: 'for delete: published ones too' })
})
export type BulkBody = z.infer<typeof bulkBody>
export const bulkResult = z.strictObject({
  done: count,
  failed: count,
  results: z.array(z.strictObject({
    version: z.string(),
    id: z.string().exactOptional(),
    error: z.strictObject({ code: z.string(), detail: z.string(), facts: jsonObject }).exactOptional()
  })).readonly()
})
export type BulkResultItem = z.infer<typeof bulkResult>

export const deleteVersionQuery = z.strictObject({ force: flag.exactOptional(), archived: flag.exactOptional().meta({ description: 'only from the archive' }) })

export const published = z.strictObject({
  record: z.string(),
  at: time,
  by: z.string(),
  message: z.string(),
  tree: z.string(),
  commit: z.string(),
  files: count,
  links: count,
  bytes,
  clashes: z.array(z.string()).readonly().meta({ description: 'other records of the same number: published apart' }),
  rivals: z.array(z.string()).readonly().exactOptional().meta({ description: 'other records of this very version: published apart' }),
  sealedNumber: z.string().exactOptional().meta({ description: 'the number its record states, where it was renumbered since' }),
  holders: z.array(z.string()).readonly().meta({ description: 'devices that said, signed, that they hold and have verified all of it' })
})

export const changeCounts = z.strictObject({ added: count, modified: count, removed: count, bytes: z.number() })

const parentConflict = z.strictObject({ path: z.string(), keptAt: z.string().exactOptional() })

const shown = {
  id: z.string(),
  ref: z.string().meta({ description: 'namespace/name@number, with the id where the number is not unique' }),
  dataset: z.string(),
  number: z.string(),
  name: z.string(),
  state: z.enum(['draft', 'published']),
  mode: z.enum(['inherit', 'new']),
  parents: z.array(z.strictObject({ id: z.string(), number: z.string().nullable(), name: z.string().nullable() })).readonly(),
  heads: z.array(z.string()).readonly(),
  description: z.string(),
  comment: z.string(),
  metadata: jsonObject,
  maskLabels: z.record(z.string(), z.array(z.string()).readonly()),
  tags: z.array(z.string()).readonly(),
  archived: z.boolean(),
  createdAt: time,
  createdBy: z.string(),
  updatedAt: time,
  revision: z.string(),
  files: count.nullable().meta({ description: 'null while its tree is not on this node' }),
  links: count.nullable(),
  bytes: bytes.nullable(),
  published: published.nullable(),
  warnings: z.array(z.string()).readonly().exactOptional().meta({ description: 'what to know about how it was chosen' }),
  conflicts: z.array(parentConflict).readonly().exactOptional().meta({ description: 'paths its parents have differently; both contents were kept' })
}

export const version = z.strictObject(shown).meta({ id: 'Version' })
/** A version. */
export type Version = z.infer<typeof version>

export const versionDetails = z.strictObject({ ...shown, changes: changeCounts.nullable() }).meta({ id: 'VersionDetails' })
/** A version with what changed against its first parent. */
export type VersionDetails = z.infer<typeof versionDetails>

export const versionPage = page(version)

export const publishBody = z.strictObject({ as: word.exactOptional(), message: text.exactOptional() })
export type PublishBody = z.infer<typeof publishBody>

/** @property head the last commit of the draft, as its `heads` say */
export const undoBody = z.strictObject({ head: z.string().regex(/^[0-9a-f]{64}$/, 'must be one of the version’s heads') })

export const snapshotBody = z.strictObject({
  publishName: word.exactOptional(),
  childName: word.exactOptional(),
  childMetadata: jsonObject.exactOptional(),
  childComment: text.exactOptional()
})
export type SnapshotBody = z.infer<typeof snapshotBody>

export const snapshotResult = z.strictObject({ published: version, child: version })
export type SnapshotResult = z.infer<typeof snapshotResult>

export const diffQuery = z.strictObject({
  against: word.exactOptional().meta({ description: 'version of the same dataset, or namespace/name@version; default: the first parent' }),
  prefix: z.string().exactOptional()
})
export const diffItem = z.strictObject({
  path: z.string(),
  change: z.enum(['added', 'modified', 'removed']),
  before: fileEntry.nullable(),
  after: fileEntry.nullable()
}).meta({ id: 'DiffItem' })
/** One path that differs between two versions. */
export type DiffItem = z.infer<typeof diffItem>

export const logQuery = z.strictObject(paging)
export const logItem = z.strictObject({
  at: time,
  by: z.string(),
  change: z.string(),
  version: z.string().exactOptional(),
  detail: jsonObject
}).meta({ id: 'LogItem' })
/** Who did what, when. */
export type LogItem = z.infer<typeof logItem>
export const logPage = page(logItem)
