import type { CatalogChange, DatasetView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import {
  CURRENT, DATASET_DEFAULTS, DATASET_RULES, type DatasetFields, type DatasetInput, type DeviceId, FIXED_FIELDS, type Problem, formatDatasetRef, readFields, refuseProblems
} from '../model/index.ts'
import { type DatasetsDeps, newVersionId } from './deps.ts'
import type { Directory } from './directory.ts'
import type { CreateDataset, EditDataset } from './service.ts'

/** K1, C1: creates a dataset with the form's defaults and an empty draft named `Current`. @throws FIELD_INVALID, DATASET_EXISTS */
export async function createDataset(deps: DatasetsDeps, directory: Directory, input: CreateDataset): Promise<DatasetView> {
  const { values, problems } = readFields<DatasetInput>(input, DATASET_RULES, 'dataset')
  const missing = (['namespace', 'name'] as const).filter(field => input[field] === undefined)
  refuseProblems([
    ...missing.map(field => ({ field, detail: `the ${field} is missing; give one such as ${field === 'name' ? 'imagenet-1k' : 'vision'}` })),
    ...problems,
    ...strangersIn(deps, values.registry)
  ])
  const { version, tags, ...fields } = { ...DATASET_DEFAULTS, ...values as DatasetInput }
  const taken = directory.lookup(fields)
  if (taken !== undefined) {
    fail('DATASET_EXISTS', `there is a dataset ${formatDatasetRef(fields)} already`, { dataset: taken.id, archived: taken.archived })
  }
  return deps.catalog.create({ ...fields, registry: fields.registry as readonly DeviceId[] }, tags, {
    id: newVersionId(deps.chance), number: version, name: CURRENT, parents: [], mode: 'new', description: '', comment: '', metadata: {}, maskLabels: {}
  })
}

/** Devices that are to keep a copy but belong to nobody of the workspace. */
function strangersIn(deps: DatasetsDeps, registry: readonly string[] | undefined): readonly Problem[] {
  if (registry === undefined || registry.length === 0) return []
  const members = new Set<string>(deps.catalog.members().filter(member => !member.removed).map(member => member.id))
  const strangers = registry.filter(id => !members.has(id))
  if (strangers.length === 0) return []
  return [{ field: 'registry', detail: `the registry names ${strangers.join(', ')}, not a member of this workspace; see \`shoal members\`` }]
}

/** K3. @throws FIELD_FIXED with the reason, FIELD_INVALID, EDIT_CONFLICT when the dataset is no longer at `ifMatch` */
export async function editDataset(deps: DatasetsDeps, dataset: DatasetView, input: EditDataset, ifMatch: string | undefined): Promise<DatasetView> {
  const fixed = Object.entries(input).filter(([field, value]) => value !== undefined && Object.hasOwn(FIXED_FIELDS, field)).map(([field]) => field)
  const [first] = fixed
  if (first !== undefined) {
    const problems = fixed.map(field => ({ field, detail: `the ${field} of ${formatDatasetRef(dataset)} stays as it is: ${FIXED_FIELDS[field]}` }))
    fail('FIELD_FIXED', problems.map(problem => problem.detail).join('; '), { field: first, problems })
  }
  const { values, problems } = readFields<Partial<DatasetInput>>(input, DATASET_RULES, 'dataset')
  refuseProblems([...problems, ...strangersIn(deps, values.registry)])
  needRevision(dataset, ifMatch)
  const changes = editsOf(dataset, values)
  return changes.length === 0 ? dataset : deps.catalog.apply(dataset.id, changes)
}

/** Asked where nothing else of the dataset is edited until the answer is acted on. @throws EDIT_CONFLICT */
export function needRevision(dataset: DatasetView, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch === dataset.revision) return
  fail('EDIT_CONFLICT', `${formatDatasetRef(dataset)} was changed since it was loaded`,
    { dataset: dataset.id, revision: dataset.revision, given: ifMatch })
}

/** Only what differs is changed, so that saving a form untouched leaves no trace in the history. */
function editsOf(dataset: DatasetView, { tags, ...values }: Partial<DatasetInput>): readonly CatalogChange[] {
  const changed = Object.entries(values).filter(([field, value]) => !same(dataset[field as keyof DatasetView], value))
  const fields: Partial<DatasetFields> = Object.fromEntries(changed)
  return [
    ...Object.keys(fields).length > 0 ? [{ change: 'dataset.edit' as const, fields }] : [],
    ...tags === undefined ? [] : tagChange(dataset.tags, tags).map(change => ({ change: 'dataset.tag' as const, ...change }))
  ]
}

interface TagChange { readonly add: readonly string[], readonly remove: readonly string[] }

/** What to add and remove to get from one set of tags to another; nothing when they are equal. */
export function tagChange(before: readonly string[], after: readonly string[]): readonly TagChange[] {
  const add = after.filter(tag => !before.includes(tag))
  const remove = before.filter(tag => !after.includes(tag))
  return add.length + remove.length === 0 ? [] : [{ add, remove }]
}

const same = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]))
