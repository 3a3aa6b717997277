import { isShoalError } from '../errors/index.ts'
import { type Checked, type Rule, type Rules, flag, longText, oneOf, right, shortText, shown, wrong } from './field.ts'
import type { DeviceId } from './ids.ts'
import { readLicence } from './licence.ts'
import { checkName } from './reference.ts'
import { FIRST_NUMBER, readVersionNumber } from './version-number.ts'

/** K1's choices. */
export const DATA_TYPES = ['tabular', 'image', 'text', 'audio', 'video', 'time-series', 'others'] as const
export const TASKS = ['classification', 'regression', 'detection', 'segmentation', 'forecasting', 'others'] as const
export const FORMATS = ['csv', 'json', 'parquet', 'tfrecord', 'others'] as const
export const STATUSES = ['uploading', 'processing', 'ready', 'failed'] as const

/** What is said of a dataset in one value each; DATASET_RULES has what is allowed. */
export interface DatasetFields {
  readonly namespace: string
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly type: string
  readonly task: string
  readonly format: string
  readonly status: string
  readonly scenario: string
  readonly license: string
  readonly publicAccess: boolean
  readonly strictTypes: boolean
  /** Came with the node, to try things on. */
  readonly example: boolean
  /** Devices that must keep a full copy. */
  readonly registry: readonly DeviceId[]
}

/** Everything a user may state when creating a dataset, in stored form. */
export interface DatasetInput extends Omit<DatasetFields, 'registry'> {
  /** Number of the first draft. */
  readonly version: string
  readonly tags: readonly string[]
  readonly registry: readonly string[]
}

/** What a field is when nothing is said; namespace and name have none. */
export const DATASET_DEFAULTS: Omit<DatasetInput, 'namespace' | 'name'> = {
  version: FIRST_NUMBER,
  displayName: '',
  description: '',
  type: 'tabular',
  task: 'classification',
  format: 'csv',
  status: 'uploading',
  scenario: '',
  license: 'MIT',
  publicAccess: true,
  strictTypes: false,
  tags: [],
  registry: [],
  example: false
}

/** Texts live in the catalog, which every node loads whole; a README.md in the version has no such bound. Characters. */
export const MAX_DESCRIPTION = 20_000
/** A heading or a phrase. Characters. */
export const MAX_LINE = 200
const MAX_TAGS = 100
const MAX_TAG_LENGTH = 64
/** More devices than a team's workspace has. */
const MAX_REGISTRY = 100

const nameRule = (field: 'namespace' | 'name'): Rule<string> => value => {
  if (typeof value !== 'string') return wrong(`must be text such as ${field === 'name' ? 'imagenet-1k' : 'vision'}, not ${shown(value)}`)
  try {
    return right(checkName(field, value.trim()))
  } catch (error) {
    if (isShoalError(error, 'REFERENCE_INVALID')) return wrong(error.message.replace(/^the \w+ /, ''))
    throw error
  }
}

/** Reads tags: a list, or one text with commas between them. They are kept sorted and each once. */
export function readTags(value: unknown): Checked<readonly string[]> {
  const list: readonly unknown[] | undefined = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : undefined
  if (list === undefined) return wrong(`must be a list of words, or words with commas between them, not ${shown(value)}`)
  const tags = new Set<string>()
  for (const item of list) {
    const tag = shortText(MAX_TAG_LENGTH)(item)
    if (!tag.ok) return wrong(`hold ${shown(item)}, which ${tag.detail}`)
    if (tag.value.includes(',')) return wrong(`hold ${shown(item)}: a tag has no comma`)
    if (tag.value === '__proto__') return wrong(`hold ${shown(item)}, which is not allowed`)
    if (tag.value !== '') tags.add(tag.value)
  }
  return tags.size > MAX_TAGS ? wrong(`are ${tags.size}; at most ${MAX_TAGS} are kept`) : right([...tags].sort())
}

/** Reads the ids of the devices that must keep a copy; whether they are members is for who knows the members. */
function readRegistry(value: unknown): Checked<readonly string[]> {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const ids = list.filter(item => typeof item === 'string' && item !== '') as string[]
  if (!Array.isArray(value) || ids.length < list.length) return wrong(`must be a list of device ids, not ${shown(value)}`)
  return ids.length > MAX_REGISTRY ? wrong(`names ${ids.length} devices; at most ${MAX_REGISTRY} are kept`) : right([...new Set(ids)].sort())
}

/** How each field of a dataset is read. */
export const DATASET_RULES: Rules<DatasetInput> = {
  namespace: nameRule('namespace'),
  name: nameRule('name'),
  version: readVersionNumber,
  displayName: shortText(MAX_LINE),
  description: longText(MAX_DESCRIPTION),
  type: oneOf(DATA_TYPES),
  task: oneOf(TASKS),
  format: oneOf(FORMATS),
  status: oneOf(STATUSES),
  scenario: shortText(MAX_LINE),
  license: readLicence,
  publicAccess: flag,
  strictTypes: flag,
  tags: readTags,
  registry: readRegistry,
  example: flag
}

/** K3: the fields that stay as they were created, each with the reason. */
export const FIXED_FIELDS: Readonly<Record<string, string>> = {
  namespace: 'references to the dataset and its signed publish records name it',
  name: 'references to the dataset and its signed publish records name it',
  version: 'it was the number of the first version; give a new version another number',
  type: 'previews, strict types and everyone who uses the dataset rely on it',
  task: 'everyone who uses the dataset relies on it',
  format: 'previews and everyone who uses the dataset rely on it',
  example: 'only datasets that came with the node are examples'
}
