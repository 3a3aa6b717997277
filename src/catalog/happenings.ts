import type { VersionId } from '../model/index.ts'
import type { PublishItem } from './record.ts'
import { ARCHIVED, CREATED, DELETED, type Edit, FIELD, REGISTRY, type Scalar, TAG, isWrittenOnce, readBeginning, versionKeyOf } from './schema.ts'
import type { HistoryItem, Json } from './views.ts'

/** What one envelope did, for the history: told by what it changed, not by what its author says of it. */
export type Happening = Pick<HistoryItem, 'change' | 'version' | 'detail'>

/** Characters of a text that the history shows; the whole of it stands in the dataset. */
const MAX_SHOWN = 200
/** Names of a list that the history shows. */
const MAX_NAMES = 20

const shown = (value: Scalar | undefined): Json => typeof value === 'string' ? value.slice(0, MAX_SHOWN) : value ?? null

/** What the edits of one change did, in words of named changes. */
export function happeningsOf(edits: readonly Edit[]): readonly Happening[] {
  const versions = new Map<VersionId, Edit[]>()
  const dataset: Edit[] = []
  for (const edit of edits) {
    const version = versionKeyOf(edit.key)?.id
    if (version === undefined) dataset.push(edit)
    else versions.set(version, [...versions.get(version) ?? [], edit])
  }
  const first = dataset.some(edit => edit.key === CREATED) ? [...versions.values()].flat() : undefined
  // A dataset begins with its first version: one happening.
  if (first !== undefined) return [{ change: 'dataset.create', detail: { ...pick(fieldsOf(dataset, FIELD), ['namespace', 'name']), number: numberIn(first) } }]
  return [...datasetHappenings(dataset), ...[...versions].flatMap(([version, edits]) => versionHappenings(version, edits))]
}

const numberIn = (edits: readonly Edit[]): Json => shown(edits.find(edit => versionKeyOf(edit.key)?.part === 'number')?.value)

function datasetHappenings(edits: readonly Edit[]): readonly Happening[] {
  const value = (key: string): Scalar | undefined => edits.find(edit => edit.key === key)?.value
  const fields = fieldsOf(edits, FIELD)
  const registry = namesOf(edits, REGISTRY)
  const tags = namesOf(edits, TAG)
  return [
    ...value(DELETED) === true ? [{ change: 'dataset.delete', detail: {} }] : [],
    ...value(ARCHIVED) === undefined ? [] : [{ change: 'dataset.archive', detail: { archived: value(ARCHIVED) === true } }],
    ...Object.keys(fields).length + registry.count === 0 ? [] : [{ change: 'dataset.edit', detail: { ...fields, ...registry.count === 0 ? {} : { registry: registry.detail } } }],
    ...tags.count === 0 ? [] : [{ change: 'dataset.tag', detail: tags.detail }]
  ]
}

function versionHappenings(version: VersionId, edits: readonly Edit[]): readonly Happening[] {
  const parts = edits.map(edit => ({ edit, place: versionKeyOf(edit.key) }))
  const value = (part: string): Scalar | undefined => parts.find(({ place }) => place?.part === part && place.rest === '')?.edit.value
  const beginning = edits.find(edit => isWrittenOnce(edit.key))?.value
  const prefix = `version/${version}/`
  const fields: { [key: string]: Json } = Object.fromEntries<Json>(['number', 'name', 'description', 'comment'].flatMap(part => value(part) === undefined ? [] : [[part, shown(value(part))]]))
  if (beginning !== undefined) return [{ change: 'version.create', version, detail: { ...pick(fields, ['number', 'name']), ...beginningDetail(beginning) } }]
  if (value(DELETED) === true) return [{ change: 'version.delete', version, detail: {} }]
  const [metadata, masks, tags] = [namesOf(edits, `${prefix}metadata/`, 'set'), namesOf(edits, `${prefix}mask/`, 'set'), namesOf(edits, `${prefix}tag/`)]
  const edited = { ...fields, ...metadata.count === 0 ? {} : { metadata: metadata.detail }, ...masks.count === 0 ? {} : { maskLabels: masks.detail } }
  const notes = namesOf(edits, `${prefix}note/`, 'set')
  return [
    ...Object.keys(edited).length === 0 ? [] : [{ change: 'version.edit', version, detail: edited }],
    ...notes.count === 0 ? [] : [{ change: 'version.note', version, detail: notes.detail }],
    ...tags.count === 0 ? [] : [{ change: 'version.tag', version, detail: tags.detail }],
    ...edits.filter(edit => edit.key.startsWith(`${prefix}renumber/`)).map(edit => ({ change: 'version.renumber', version, detail: { record: edit.key.slice(`${prefix}renumber/`.length), number: shown(edit.value) } })),
    ...value(ARCHIVED) === undefined ? [] : [{ change: 'version.archive', version, detail: { archived: value(ARCHIVED) === true } }],
    ...commitsOf(version, edits, `${prefix}head/`)
  ]
}

function beginningDetail(text: Scalar): { readonly [key: string]: Json } {
  const beginning = readBeginning(String(text))
  return beginning === undefined ? {} : { mode: beginning.mode, parents: beginning.parents.slice(0, MAX_NAMES) }
}

/** A commit writes its head and takes those away that it follows. */
function commitsOf(version: VersionId, edits: readonly Edit[], prefix: string): readonly Happening[] {
  const heads = edits.filter(edit => edit.key.startsWith(prefix))
  const over = heads.filter(edit => edit.value === undefined).map(edit => edit.key.slice(prefix.length))
  return heads.filter(edit => edit.value !== undefined).map(edit => ({
    change: 'draft.commit', version, detail: { commit: edit.key.slice(prefix.length), over: over.slice(0, MAX_NAMES), message: shown(edit.value) }
  }))
}

const fieldsOf = (edits: readonly Edit[], prefix: string): { [key: string]: Json } =>
  Object.fromEntries(edits.filter(edit => edit.key.startsWith(prefix)).map(edit => [edit.key.slice(prefix.length), shown(edit.value)]))

const pick = (fields: { readonly [key: string]: Json }, names: readonly string[]): { readonly [key: string]: Json } =>
  Object.fromEntries(names.filter(name => fields[name] !== undefined).map(name => [name, fields[name] as Json]))

/** What was added to a set and taken from it. */
function namesOf(edits: readonly Edit[], prefix: string, added = 'add'): { readonly count: number, readonly detail: { readonly [key: string]: Json } } {
  const own = edits.filter(edit => edit.key.startsWith(prefix))
  const names = (isAdded: boolean): string[] => own.filter(edit => (edit.value !== undefined) === isAdded).map(edit => edit.key.slice(prefix.length).slice(0, MAX_SHOWN)).slice(0, MAX_NAMES)
  return { count: own.length, detail: { [added]: names(true), remove: names(false) } }
}

export const publishHappening = (item: PublishItem): Happening => ({
  change: 'version.publish',
  version: item.version,
  detail: { number: item.number, name: item.name, message: item.message.slice(0, MAX_SHOWN), record: item.record, tree: item.tree, files: item.files, bytes: item.bytes }
})

/** Versions that edits concern. */
export const versionsIn = (edits: readonly Edit[]): readonly VersionId[] => [...new Set(edits.flatMap(edit => versionKeyOf(edit.key)?.id ?? []))]
