import type { CatalogChange, DatasetView, Json, VersionFields, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import {
  CURRENT, LATEST, type DatasetRef, type Hash, type MaskLabels, type Problem, VERSION_RULES, type VersionId, type VersionInput, formatDatasetRef,
  hashFromHex, nextNumber, readFields, refuseProblems, shown
} from '../model/index.ts'
import { type MergeConflict, type TreeEdit, editTree, mergeCommits } from '../trees/index.ts'
import { needRevision, tagChange } from './create.ts'
import { needDraft, newVersionId, resolvedIn } from './deps.ts'
import { chooseVersion, versionLabel } from './resolve.ts'
import type { CreateVersion, Created, EditVersion, Resolved } from './service.ts'
import type { Shared } from './shared.ts'

/** L4, C4, K5: a draft that starts as its published parents are (`inherit`, nothing is copied) or empty (`new`). */
export async function createVersion(shared: Shared, ref: DatasetRef, input: CreateVersion): Promise<Created> {
  const { mode, from, take, ...given } = input
  const { values, problems } = readFields<Partial<VersionInput>>(given, VERSION_RULES, 'version')
  refuseProblems([...modeProblem(mode), ...fromProblem(from), ...takeProblem(take), ...problems])
  return shared.locks.run(shared.directory.find(ref).id, () => shared.leases.during(async () => {
    const dataset = shared.directory.find(ref)
    const parents = chooseParents(dataset, mode, from)
    const number = values.number ?? nextNumber(dataset.versions.map(version => version.number))
    const name = values.name ?? defaultName(dataset)
    needUnused(dataset, { number, name })
    const start = mode === 'inherit' ? await startOf(shared, parents) : {}
    const id = newVersionId(shared.chance)
    const view = await shared.catalog.apply(dataset.id, [{
      change: 'version.create',
      version: {
        id, number, name, mode,
        parents: parents.map(parent => parent.id),
        description: values.description ?? '',
        comment: values.comment ?? '',
        metadata: values.metadata ?? inheritedMetadata(mode, parents),
        maskLabels: mode === 'inherit' ? inheritedMaskLabels(parents) : {},
        ...start.commit === undefined ? {} : { commit: start.commit }
      }
    }])
    const { conflicts } = start
    if (conflicts === undefined || conflicts.length === 0 || take === undefined || take === 'both') return { ...resolvedIn(view, id), ...conflicts === undefined ? {} : { conflicts } }
    // Decided with it: what takes a side here leaves nothing open for later.
    return await shared.drafts.commitAlone(view.id, id, async (_, tree) => ({
      tree: await editTree(shared.store, tree, conflicts.flatMap(conflict => sideOf(conflict, take))),
      settles: conflicts.map(({ path, keptAt }) => keptAt ?? path),
      message: `Take ${take} of what the parents have differently`
    }))
  }))
}

function modeProblem(mode: unknown): readonly Problem[] {
  if (mode === 'inherit' || mode === 'new') return []
  return [{ field: 'mode', detail: `the mode must be inherit (start with what the parent holds) or new (start empty), not ${shown(mode)}` }]
}

function fromProblem(from: unknown): readonly Problem[] {
  const fine = from === undefined || (Array.isArray(from) && from.every(item => typeof item === 'string'))
  return fine ? [] : [{ field: 'from', detail: `the from must be a list of versions such as ["1.0.0"], not ${shown(from)}` }]
}

function takeProblem(take: unknown): readonly Problem[] {
  if (take === undefined || take === 'ours' || take === 'theirs' || take === 'both') return []
  return [{ field: 'take', detail: `the take must be ours (the first parent's), theirs or both, not ${shown(take)}` }]
}

/** C4: of a path that parents have differently, only one side stays. */
function sideOf({ path, ours, theirs, keptAt }: MergeConflict, take: 'ours' | 'theirs'): readonly TreeEdit[] {
  const side = take === 'ours' ? ours : theirs
  const other: readonly TreeEdit[] = keptAt === undefined ? [] : [{ op: 'remove', path: keptAt }]
  return [...other, side === undefined ? { op: 'remove', path } : { op: 'put', entry: { ...side, path } }]
}

/** @throws VERSION_IS_DRAFT when a parent is not published, VERSION_NOT_FOUND */
function chooseParents(dataset: DatasetView, mode: CreateVersion['mode'], from: readonly string[] | undefined): readonly VersionView[] {
  if (from === undefined || from.length === 0) {
    if (mode === 'new') return []
    const draft = dataset.versions.find(version => version.state === 'draft')
    const nothing = !dataset.versions.some(version => version.state === 'published')
    if (nothing && draft !== undefined) {
      fail('VERSION_IS_DRAFT', `${formatDatasetRef(dataset)} has nothing published to inherit from, only ${versionLabel(draft)}`,
        { dataset: dataset.id, version: draft.id })
    }
    return [chooseVersion(dataset, LATEST).version]
  }
  const parents = new Map<VersionId, VersionView>()
  for (const wanted of from) {
    const { version } = chooseVersion(dataset, wanted)
    if (version.state === 'draft') {
      fail('VERSION_IS_DRAFT', `${formatDatasetRef(dataset)}@${wanted} is a draft; a version comes only from published ones`,
        { dataset: dataset.id, version: version.id })
    }
    parents.set(version.id, version)
  }
  return [...parents.values()]
}

/** The first draft beside published versions is the one people work on. */
const defaultName = (dataset: DatasetView): string => dataset.versions.some(version => version.name === CURRENT) ? '' : CURRENT

/** K5: numbers and names are used once. @throws VERSION_EXISTS (facts: version, the one that has it) */
export function needUnused(dataset: DatasetView, wanted: { readonly number?: string, readonly name?: string }, except?: VersionId): void {
  const others = dataset.versions.filter(version => version.id !== except)
  const sameNumber = others.find(version => version.number === wanted.number)
  if (sameNumber !== undefined) {
    fail('VERSION_EXISTS', `${formatDatasetRef(dataset)} has a version ${versionLabel(sameNumber)} already`,
      { field: 'number', version: sameNumber.id, number: sameNumber.number })
  }
  const sameName = wanted.name === undefined || wanted.name === '' ? undefined : others.find(version => version.name === wanted.name)
  if (sameName !== undefined) {
    fail('VERSION_EXISTS', `${formatDatasetRef(dataset)} has a version named ${shown(sameName.name)} already: ${versionLabel(sameName)}`,
      { field: 'name', version: sameName.id, name: sameName.name })
  }
}

/** Where a version that inherits starts: at its parent's commit, or at the merge of several. */
async function startOf(shared: Shared, parents: readonly VersionView[]): Promise<{ commit?: Hash, conflicts?: readonly MergeConflict[] }> {
  const commits = parents.flatMap(parent => parent.published === undefined ? [] : hashFromHex(parent.published.commit))
  const [first] = commits
  if (first === undefined) return {}
  if (commits.length === 1) return { commit: first }
  const merged = await mergeCommits(shared.store, commits)
  await shared.store.barrier()
  return { commit: merged.commit, conflicts: merged.conflicts }
}

const inheritedMetadata = (mode: CreateVersion['mode'], parents: readonly VersionView[]): { readonly [key: string]: Json } =>
  mode === 'inherit' ? parents[0]?.metadata ?? {} : {}

/** Masks that are inherited keep their meaning; where parents differ about a colour, the first one's labels stay. */
function inheritedMaskLabels(parents: readonly VersionView[]): MaskLabels {
  return Object.fromEntries(parents.toReversed().flatMap(parent => Object.entries(parent.maskLabels)))
}

/** What may still be said about a published version: notes beside what its record seals. */
const NOTES: readonly string[] = ['description', 'comment', 'tags']

/** A number that several versions were published under is settled by giving one of them another. */
const isNumberOpen = ({ published }: VersionView): boolean => published !== undefined && (published.clashes.length > 0 || published.sealedNumber !== undefined)

/** @param ifMatch the revision of the dataset the caller saw @throws VERSION_PUBLISHED for what publishing sealed, FIELD_INVALID, VERSION_EXISTS, EDIT_CONFLICT */
export async function editVersion(shared: Shared, resolved: Resolved, input: EditVersion, ifMatch?: string): Promise<Resolved> {
  const { values, problems } = readFields<Partial<VersionInput>>(input, VERSION_RULES, 'version')
  refuseProblems(problems)
  const { id } = resolved.dataset
  return shared.locks.run(id, async () => {
    const { dataset, version } = shared.directory.need(id, resolved.version.id)
    needRevision(dataset, ifMatch)
    const { tags, ...fields } = values
    const differs = ([field, value]: [string, unknown]): boolean => JSON.stringify(version[field as keyof VersionView]) !== JSON.stringify(value)
    const changed: Partial<VersionFields> = Object.fromEntries(Object.entries(fields).filter(differs))
    const number = isNumberOpen(version) ? changed.number : undefined
    const sealed = Object.keys(changed).filter(field => !NOTES.includes(field) && !(field === 'number' && number !== undefined))
    if (sealed.length > 0) needDraft(dataset, version, `a change of its ${sealed.join(' and ')}`)
    needUnused(dataset, changed, version.id)
    const { number: _number, ...others } = changed
    const edited = number === undefined ? changed : others
    const changes: readonly CatalogChange[] = [
      ...number === undefined ? [] : [{ change: 'version.renumber' as const, version: version.id, number }],
      ...Object.keys(edited).length > 0 ? [{ change: 'version.edit' as const, version: version.id, fields: edited }] : [],
      ...tags === undefined ? [] : tagChange(version.tags, tags).map(change => ({ change: 'version.tag' as const, version: version.id, ...change }))
    ]
    return changes.length === 0 ? { dataset, version } : resolvedIn(await shared.catalog.apply(dataset.id, changes), version.id)
  })
}

/** W4. Doing it again changes nothing. */
export async function archiveVersion(shared: Shared, { dataset, version }: Resolved, archived: boolean): Promise<Resolved> {
  if (version.archived === archived) return { dataset, version }
  return resolvedIn(await shared.catalog.apply(dataset.id, [{ change: 'version.archive', version: version.id, archived }]), version.id)
}
