import { fail } from '../errors/index.ts'
import { type DatasetFields, type VersionId, formatDatasetRef, hashToHex } from '../model/index.ts'
import type { CatalogChange, NewVersion, VersionFields } from './catalog.ts'
import {
  ARCHIVED, CREATED, DELETED, type Edit, FIELD, HIDDEN, MAX_ORDER, type Part, REGISTRY, TAG, VERSION_TEXTS, problemOf, versionKey, versionPart, writeBeginning
} from './schema.ts'
import type { DatasetView, VersionView } from './views.ts'

/** Named changes as edits of a document: pure, from a view and what is asked for. */

/** How a document keeps what is said of versions whose id is not the one it has for them. */
export interface Keeping {
  /** Under which version's keys it keeps what is said of a version. */
  keptAt(version: VersionId): VersionId
  /** Published versions under whose keys commits of a draft stand that were made apart from the publication. */
  apartAt(version: VersionId): readonly VersionId[]
  /** Whether the number of a version's record stands in another, too. */
  isClashing(record: string): boolean
  /** Whether any record states a number. */
  isSealed(number: string): boolean
  /** Whether anything was said of a version. */
  isBegun(version: VersionId): boolean
}

/** A dataset as it is edited: what there is, and what the changes before in the same envelope made of it. */
interface Draft {
  readonly view: DatasetView
  readonly at: number
  readonly keeping: Keeping
  readonly versions: Map<VersionId, Pick<VersionView, 'state' | 'number' | 'heads' | 'metadata' | 'maskLabels'>>
  order: number
  readonly edits: Edit[]
}

/** @param at milliseconds since 1970 @param order of the last version of the document */
export function editsFor(view: DatasetView, changes: readonly CatalogChange[], at: number, order: number, keeping: Keeping): readonly Edit[] {
  const draft: Draft = { view, at, order, keeping, versions: new Map(view.versions.map(version => [version.id, version])), edits: [] }
  for (const change of changes) {
    if ('version' in change && typeof change.version === 'string' && change.change !== 'version.delete') begin(draft, change.version)
    apply(draft, change)
  }
  return checked(draft.edits)
}

/** Edits without which nothing can be said of a version; none for most. */
export function editsToBegin(view: DatasetView, version: VersionId, at: number, order: number, keeping: Keeping): readonly Edit[] {
  const draft: Draft = { view, at, order, keeping, versions: new Map(), edits: [] }
  begin(draft, version)
  return checked(draft.edits)
}

export function editsForNew(fields: DatasetFields, tags: readonly string[], first: NewVersion, at: number): readonly Edit[] {
  const edits: Edit[] = [{ key: CREATED, value: Math.floor(at) }, ...fieldEdits(fields, []), ...tags.map(tag => ({ key: TAG + tag, value: true })), ...versionEdits(first, at, 1)]
  return checked(edits)
}

/** What a dataset's rules let through may still be nothing a document holds. @throws FIELD_INVALID, LIMIT_EXCEEDED */
function checked(edits: readonly Edit[]): readonly Edit[] {
  for (const edit of edits) {
    const problem = problemOf(edit)
    if (problem !== undefined) fail(problem.includes('more than') ? 'LIMIT_EXCEEDED' : 'FIELD_INVALID', `the catalog does not take ${problem}`, { key: edit.key.slice(0, 200) })
  }
  return edits
}

function apply(draft: Draft, change: CatalogChange): void {
  switch (change.change) {
    case 'dataset.edit': draft.edits.push(...fieldEdits(change.fields, draft.view.registry)); break
    case 'dataset.archive': draft.edits.push({ key: ARCHIVED, value: change.archived }); break
    case 'dataset.delete': draft.edits.push({ key: DELETED, value: true }, ...draft.view.versions.flatMap(version => deletionOf(draft, version))); break
    case 'dataset.tag': draft.edits.push(...setEdits(TAG, change.add, change.remove)); break
    case 'version.create': createVersion(draft, change.version); break
    case 'version.edit': editVersion(draft, change.version, change.fields); break
    case 'version.tag': needVersion(draft, change.version); draft.edits.push(...setEdits(versionPart(draft.keeping.keptAt(change.version), 'tag/'), change.add, change.remove)); break
    case 'version.archive': needVersion(draft, change.version); draft.edits.push({ key: versionPart(draft.keeping.keptAt(change.version), ARCHIVED), value: change.archived }); break
    case 'version.delete': draft.edits.push(...deletionOf(draft, { ...draft.view.versions.find(version => version.id === change.version), ...needVersion(draft, change.version), id: change.version })); break
    case 'version.renumber': renumber(draft, change.version, change.number); break
    case 'version.note': needVersion(draft, change.version); draft.edits.push(...noteEdits(draft.keeping.keptAt(change.version), change.notes)); break
    case 'draft.commit': commit(draft, change); break
  }
}

/**
 * Edits that make a draft of what was committed apart from a publication: the first who says anything of it begins it. Its heads stay where
 * they are: somebody who deletes it meanwhile could not take away what is moved to another key apart from that.
 */
function begin(draft: Draft, id: VersionId): void {
  const version = draft.view.versions.find(item => item.id === id)
  if (version === undefined || draft.keeping.apartAt(id).length === 0 || draft.keeping.isBegun(id) || draft.edits.some(edit => edit.key === versionKey(id))) return
  draft.order = Math.min(draft.order + 1, MAX_ORDER)
  draft.edits.push(...versionEdits(version, draft.at, draft.order))
}

function needVersion(draft: Draft, id: VersionId): Pick<VersionView, 'state' | 'number' | 'heads' | 'metadata' | 'maskLabels'> {
  return draft.versions.get(id) ?? fail('VERSION_NOT_FOUND', `${formatDatasetRef(draft.view)} has no version ${id}`, { dataset: draft.view.id, version: id })
}

function needDraft(draft: Draft, id: VersionId, what: string): ReturnType<typeof needVersion> {
  const version = needVersion(draft, id)
  if (version.state === 'published') fail('VERSION_PUBLISHED', `${formatDatasetRef(draft.view)}@${version.number} is published: its ${what} never changes`, { dataset: draft.view.id, version: id })
  return version
}

function fieldEdits(fields: Partial<DatasetFields>, registryNow: readonly string[]): Edit[] {
  const { registry, ...scalars } = fields
  const edits: Edit[] = Object.entries(scalars).flatMap(([field, value]) => value === undefined ? [] : [{ key: FIELD + field, value }])
  if (registry !== undefined) edits.push(...setEdits(REGISTRY, registry, registryNow.filter(id => !(registry as readonly string[]).includes(id))))
  return edits
}

const setEdits = (prefix: string, add: readonly string[], remove: readonly string[]): Edit[] => [
  ...remove.filter(name => !add.includes(name)).map(name => ({ key: prefix + name })),
  ...add.map(name => ({ key: prefix + name, value: true }))
]

function createVersion(draft: Draft, version: NewVersion): void {
  if (draft.versions.has(version.id)) fail('VERSION_EXISTS', `${formatDatasetRef(draft.view)} has a version ${version.id} already`, { dataset: draft.view.id, version: version.id })
  draft.order = Math.min(draft.order + 1, MAX_ORDER)
  draft.edits.push(...versionEdits(version, draft.at, draft.order))
  const { number, metadata, maskLabels, commit } = version
  draft.versions.set(version.id, { state: 'draft', number, metadata, maskLabels, heads: commit === undefined ? [] : [hashToHex(commit)] })
}

function versionEdits(version: NewVersion, at: number, order: number): Edit[] {
  const { id, mode, parents, commit } = version
  return [
    { key: versionKey(id), value: writeBeginning({ at: Math.floor(at), order, mode, parents }) },
    ...textEdits(id, version),
    ...mapEdits(id, 'metadata', version.metadata, {}),
    ...mapEdits(id, 'mask', version.maskLabels, {}),
    ...commit === undefined ? [] : [{ key: versionPart(id, `head/${hashToHex(commit)}`), value: '' }]
  ]
}

const textEdits = (id: VersionId, fields: Partial<VersionFields>): Edit[] =>
  VERSION_TEXTS.flatMap(field => fields[field] === undefined ? [] : [{ key: versionPart(id, field), value: fields[field] }])

/** Objects are kept by key, so that fields changed apart both stay. */
function mapEdits(id: VersionId, part: Part, after: object, before: object): Edit[] {
  const json = (value: unknown): string => JSON.stringify(value)
  const old = new Map(Object.entries(before))
  const now = new Map(Object.entries(after))
  return [
    ...[...old.keys()].filter(key => !now.has(key)).map(key => ({ key: versionPart(id, `${part}/${key}`) })),
    ...[...now].filter(([key, value]) => !old.has(key) || json(old.get(key)) !== json(value)).map(([key, value]) => ({ key: versionPart(id, `${part}/${key}`), value: json(value) }))
  ]
}

const noteEdits = (id: VersionId, notes: object): Edit[] => Object.entries(notes).map(([name, value]) =>
  value === null ? { key: versionPart(id, `note/${name}`) } : { key: versionPart(id, `note/${name}`), value: JSON.stringify(value) })

/** Of a published version its record says all but these. */
const NOTES: readonly string[] = ['description', 'comment']

function editVersion(draft: Draft, id: VersionId, fields: Partial<VersionFields>): void {
  const sealed = Object.entries(fields).filter(([field, value]) => value !== undefined && !NOTES.includes(field)).map(([field]) => field)
  const version = sealed.length > 0 ? needDraft(draft, id, sealed.join(' and ')) : needVersion(draft, id)
  draft.edits.push(...textEdits(draft.keeping.keptAt(id), fields))
  if (fields.metadata !== undefined) draft.edits.push(...mapEdits(id, 'metadata', fields.metadata, version.metadata))
  if (fields.maskLabels !== undefined) draft.edits.push(...mapEdits(id, 'mask', fields.maskLabels, version.maskLabels))
  draft.versions.set(id, { ...version, ...fields.metadata === undefined ? {} : { metadata: fields.metadata }, ...fields.maskLabels === undefined ? {} : { maskLabels: fields.maskLabels } })
}

function renumber({ view, keeping, edits }: Draft, id: VersionId, number: string): void {
  const version = view.versions.find(item => item.id === id) ?? fail('VERSION_NOT_FOUND', `${formatDatasetRef(view)} has no version ${id}`, { dataset: view.id, version: id })
  const record = version.published?.record
  if (record === undefined || !keeping.isClashing(record)) {
    fail('VERSION_PUBLISHED', `${formatDatasetRef(view)}@${version.number} has its number for good: no other record states the same`, { dataset: view.id, version: id })
  }
  const isTaken = keeping.isSealed(number) || view.versions.some(other => other.id !== id && other.state === 'published' && other.number === number)
  if (isTaken) fail('VERSION_EXISTS', `${formatDatasetRef(view)}@${number} was published already`, { dataset: view.id, number })
  edits.push({ key: versionPart(keeping.keptAt(id), `renumber/${record}`), value: number })
}

/** A deleted draft loses its heads: one that is committed apart stands, and keeps the version. A published one is hidden by its record. */
function deletionOf(draft: Draft, { id, heads, published }: Pick<VersionView, 'id' | 'heads'> & { readonly published?: VersionView['published'] }): Edit[] {
  const gone = published === undefined ? heads.flatMap(head => headKeys(draft, id, head)) : [{ key: HIDDEN + published.record, value: true }]
  return [{ key: versionPart(draft.keeping.keptAt(id), DELETED), value: true }, ...gone]
}

/** Edits that take a head away, wherever the document keeps it. */
const headKeys = ({ keeping }: Draft, id: VersionId, head: string): Edit[] => [id, ...keeping.apartAt(id)].map(at => ({ key: versionPart(at, `head/${head}`) }))

/** Each commit is a key of its own that takes away those it follows: commits made apart both stay. */
function commit(draft: Draft, change: Extract<CatalogChange, { readonly change: 'draft.commit' }>): void {
  const version = needDraft(draft, change.version, 'content')
  const head = hashToHex(change.commit)
  const followed = change.over.filter(other => other !== head)
  draft.edits.push(...followed.flatMap(other => headKeys(draft, change.version, other)), { key: versionPart(change.version, `head/${head}`), value: change.message })
  draft.versions.set(change.version, { ...version, heads: [...version.heads.filter(other => !followed.includes(other)), head] })
}
