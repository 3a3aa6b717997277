import { ImmutableString } from '@automerge/automerge'
import { fail } from '../errors/index.ts'
import type { DeviceId } from '../model/index.ts'
import { hashToHex } from '../model/index.ts'
import type { CatalogChange, DatasetFields, NewVersion, VersionFields } from './catalog.ts'

/**
 * The shape of a dataset's Automerge document, and each named change to it. Scalars are `ImmutableString`s (a plain string costs an
 * operation a character); sets are maps to `true`, so that additions and removals made apart merge; ids are unique and written once.
 * Runs in the document worker only.
 */
export interface DatasetDocument {
  [key: string]: unknown
  fields: Record<string, Scalar>
  tags: Record<string, true>
  registry: Record<string, true>
  versions: Record<string, VersionDocument>
}

export interface VersionDocument {
  [key: string]: unknown
  fields: Record<string, Scalar>
  parents: Record<string, true>
  /** Commits (hex) the draft stands at: a commit adds itself and removes those it follows, so commits made apart stand side by side. */
  heads: Record<string, true>
  tags: Record<string, true>
}

export type Scalar = ImmutableString | boolean

/** A change with what makes a document in the first place. */
export type Step = CatalogChange | { readonly change: 'dataset.create', readonly fields: DatasetFields, readonly tags: readonly string[], readonly first: NewVersion }

export interface Stamp {
  /** ISO-8601 UTC. */
  readonly at: string
  readonly by: DeviceId
}

const text = (value: string): ImmutableString => new ImmutableString(value)
const scalar = (value: string | boolean): Scalar => typeof value === 'string' ? text(value) : value
const setOf = (keys: readonly string[]): Record<string, true> => Object.fromEntries(keys.map(key => [checked(key), true as const]))

/** Automerge knows no such key, for it would change the object itself. @throws FIELD_INVALID */
const checked = (key: string): string => key === '__proto__' ? fail('FIELD_INVALID', 'no tag and no other key may be "__proto__"') : key

/** Makes one named change inside an Automerge change. Whether it is allowed was checked before. */
export function applyStep(document: DatasetDocument, step: Step, stamp: Stamp): void {
  switch (step.change) {
    case 'dataset.create': return createDocument(document, step, stamp)
    case 'dataset.edit': editFields(document, step.fields); break
    case 'dataset.archive': document.fields['archived'] = step.archived; break
    case 'dataset.delete': document.fields['deleted'] = true; break
    case 'dataset.tag': changeSet(document.tags, step.add, step.remove); break
    case 'version.create': document.versions[step.version.id] = newVersion(step.version, stamp); break
    default: return applyVersionStep(document, step, stamp)
  }
  document.fields['updatedAt'] = text(stamp.at)
}

type VersionStep = Extract<CatalogChange, { readonly version: string }>

function applyVersionStep(document: DatasetDocument, step: VersionStep, stamp: Stamp): void {
  const version = document.versions[step.version]
  if (version === undefined) return
  switch (step.change) {
    case 'version.edit': editVersion(version, step.fields); break
    case 'version.tag': changeSet(version.tags, step.add, step.remove); break
    case 'version.archive': version.fields['archived'] = step.archived; break
    case 'version.delete': version.fields['deleted'] = true; break
    case 'draft.commit': changeSet(version.heads, [hashToHex(step.commit)], step.over); break
  }
  version.fields['updatedAt'] = text(stamp.at)
  document.fields['updatedAt'] = text(stamp.at)
}

function createDocument(document: DatasetDocument, step: Extract<Step, { change: 'dataset.create' }>, stamp: Stamp): void {
  const { registry, ...fields } = step.fields
  document.fields = { createdAt: text(stamp.at), createdBy: text(stamp.by), updatedAt: text(stamp.at) }
  for (const [name, value] of Object.entries(fields)) document.fields[name] = scalar(value)
  document.tags = setOf(step.tags)
  document.registry = setOf(registry)
  document.versions = { [step.first.id]: newVersion(step.first, stamp) }
}

function editFields(document: DatasetDocument, changes: Partial<DatasetFields>): void {
  const { registry, ...fields } = changes
  for (const [name, value] of Object.entries(fields)) document.fields[name] = scalar(value)
  if (registry !== undefined) changeSet(document.registry, registry, Object.keys(document.registry).filter(id => !registry.includes(id as DeviceId)))
}

function newVersion(version: NewVersion, stamp: Stamp): VersionDocument {
  const made: VersionDocument = {
    fields: { mode: text(version.mode), createdAt: text(stamp.at), createdBy: text(stamp.by), updatedAt: text(stamp.at) },
    parents: setOf(version.parents),
    heads: setOf(version.commit === undefined ? [] : [hashToHex(version.commit)]),
    tags: {}
  }
  const { number, name, description, comment, metadata, maskLabels } = version
  editVersion(made, { number, name, description, comment, metadata, maskLabels })
  return made
}

/** Objects are kept as JSON text: they change as a whole. */
function editVersion(version: VersionDocument, fields: Partial<VersionFields>): void {
  for (const [name, value] of Object.entries(fields)) version.fields[name] = text(typeof value === 'string' ? value : JSON.stringify(value))
}

function changeSet(set: Record<string, true>, add: readonly string[], remove: readonly string[]): void {
  for (const key of remove) delete set[key]
  for (const key of add.map(checked)) if (set[key] !== true) set[key] = true
}
