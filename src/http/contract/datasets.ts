import { z } from 'zod'
import { DATA_TYPES, FORMATS, STATUSES, TASKS } from '../../model/index.ts'
import { bytes, count, flag, page, paging, text, time, word, words } from './field.ts'

/** Datasets as HTTP shows and takes them. */

/** Documented here, checked with all other rules where datasets are made, so that one answer names every wrong field. */
const choice = (choices: readonly string[]) => word.exactOptional().meta({ enum: [...choices] })

const fields = {
  displayName: word.exactOptional(),
  description: text.exactOptional(),
  type: choice(DATA_TYPES),
  task: choice(TASKS),
  format: choice(FORMATS),
  status: choice(STATUSES),
  scenario: word.exactOptional(),
  license: word.exactOptional().meta({ description: 'an SPDX identifier, or Proprietary' }),
  publicAccess: z.boolean().exactOptional(),
  strictTypes: z.boolean().exactOptional(),
  tags: words.exactOptional(),
  registry: words.exactOptional().meta({ description: 'peers that must keep a full copy' })
}

export const createDataset = z.strictObject({
  namespace: word,
  name: word,
  version: word.exactOptional().meta({ description: 'semver of the first draft; default 1.0.0' }),
  ...fields,
  example: z.boolean().exactOptional()
})
export type CreateDatasetBody = z.infer<typeof createDataset>

/** Fixed fields are taken here too, so that the answer can say why they are refused. */
export const editDataset = z.strictObject({ namespace: word.exactOptional(), name: word.exactOptional(), version: word.exactOptional(), ...fields })
export type EditDatasetBody = z.infer<typeof editDataset>

export const datasetQuery = z.strictObject({
  q: word.exactOptional().meta({ description: 'words that name, display name, description or tags hold' }),
  tag: word.exactOptional(),
  type: word.exactOptional(),
  task: word.exactOptional(),
  format: word.exactOptional(),
  status: word.exactOptional(),
  license: word.exactOptional(),
  namespace: word.exactOptional(),
  archived: flag.exactOptional(),
  ...paging
})

export const versionSummary = z.strictObject({
  id: z.string(),
  ref: z.string(),
  number: z.string(),
  name: z.string(),
  state: z.enum(['draft', 'published']),
  files: count.nullable(),
  bytes: bytes.nullable()
})

export const dataset = z.strictObject({
  id: z.string(),
  ref: z.string().meta({ description: 'namespace/name' }),
  namespace: z.string(),
  name: z.string(),
  displayName: z.string(),
  description: z.string(),
  type: z.string(),
  task: z.string(),
  format: z.string(),
  status: z.string(),
  scenario: z.string(),
  license: z.string(),
  publicAccess: z.boolean(),
  strictTypes: z.boolean(),
  example: z.boolean(),
  tags: z.array(z.string()).readonly(),
  registry: z.array(z.string()).readonly(),
  archived: z.boolean(),
  createdAt: time,
  createdBy: z.string(),
  updatedAt: time,
  revision: z.string().meta({ description: 'what ETag and If-Match carry' }),
  drafts: count,
  published: count,
  latest: z.string().nullable().meta({ description: 'highest published number' }),
  structure: z.enum(['simple', 'advanced']).meta({ description: 'simple: one line of versions, at most the last a draft; advanced: a tree' }),
  warnings: z.array(z.string()).readonly().exactOptional().meta({ description: 'forged or altered statements that were refused; they are neither shown nor served' }),
  current: versionSummary.nullable().meta({ description: 'the version people work on' })
}).meta({ id: 'Dataset' })
/** A dataset. */
export type Dataset = z.infer<typeof dataset>

export const datasetPage = page(dataset)
/** C7: tags to add and to take away, beside those there are. */
export const tagChange = z.strictObject({ add: words.exactOptional(), remove: words.exactOptional() })
export type TagChangeBody = z.infer<typeof tagChange>

export const deleteDatasetQuery = z.strictObject({
  allVersions: flag.exactOptional().meta({ description: 'also when it holds drafts with files' }),
  force: flag.exactOptional().meta({ description: 'with allVersions: also when it holds published versions' }),
  deleteSources: flag.exactOptional().meta({ description: 'with allVersions: ask the addresses of its links to delete what they hold' })
})
export type DeleteDatasetQuery = z.infer<typeof deleteDatasetQuery>
/** What to do where the name is taken already. */
export const ifExistsQuery = z.strictObject({ ifExists: z.enum(['fail', 'return']).default('fail') })
