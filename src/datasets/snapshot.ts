import type { DatasetView, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import { CURRENT, type DatasetRef, VERSION_RULES, type VersionInput, formatDatasetRef, readFields, refuseProblems, shown } from '../model/index.ts'
import { isoMicros } from '../runtime/index.ts'
import { publishVersion } from './publish.ts'
import { versionLabel } from './resolve.ts'
import type { Resolved, Snapshot, Watched } from './service.ts'
import type { Shared } from './shared.ts'
import { createVersion, needUnused } from './versions.ts'

/**
 * C3: publishes the draft people work on, keeping its id, under the name `snapshot <time>`, and goes on with a new draft `Current`
 * that starts as the published version is.
 * @throws VERSION_NOT_FOUND when there is no such draft, VERSION_EXISTS when there are several or a name is taken, FIELD_INVALID
 */
export async function takeSnapshot(shared: Shared, ref: DatasetRef, options: Snapshot & Watched): Promise<{ published: Resolved, child: Resolved }> {
  const dataset = shared.directory.find(ref)
  const { values, problems } = readFields<Partial<Names>>({
    publishName: options.publishName, childName: options.childName, childMetadata: options.childMetadata, childComment: options.childComment
  }, NAME_RULES, 'snapshot')
  refuseProblems([...problems, ...emptyNames(values)])
  const draft = onlyDraft(dataset)
  const name = values.publishName ?? `snapshot ${isoMicros(shared.clock.now())}`
  const childName = values.childName ?? CURRENT
  needUnused(dataset, { name }, draft.id)
  needUnused(dataset, { name: childName }, draft.id)
  if (name === childName) refuseProblems([{ field: 'childName', detail: `the childName must differ from the name the snapshot gets, ${shown(name)}` }])
  const published = await publishVersion(shared, { dataset, version: draft }, { name, signal: options.signal, progress: options.progress })
  const child = await createVersion(shared, ref, {
    mode: 'inherit',
    from: [published.version.id],
    name: childName,
    ...values.childMetadata === undefined ? {} : { metadata: values.childMetadata },
    ...values.childComment === undefined ? {} : { comment: values.childComment }
  })
  return { published, child: { dataset: child.dataset, version: child.version } }
}

interface Names {
  readonly publishName: string
  readonly childName: string
  readonly childMetadata: VersionInput['metadata']
  readonly childComment: string
}

const NAME_RULES = {
  publishName: VERSION_RULES.name,
  childName: VERSION_RULES.name,
  childMetadata: VERSION_RULES.metadata,
  childComment: VERSION_RULES.comment
}

const emptyNames = (values: Partial<Names>): readonly { field: string, detail: string }[] => (['publishName', 'childName'] as const)
  .filter(field => values[field] === '')
  .map(field => ({ field, detail: `the ${field} is empty; leave it out for the usual name` }))

/** The draft a snapshot is of: the only one there is, or the only one named `Current`. */
function onlyDraft(dataset: DatasetView): VersionView {
  const drafts = dataset.versions.filter(version => version.state === 'draft' && !version.archived)
  const named = drafts.filter(version => version.name === CURRENT)
  const [draft, ...others] = drafts.length > 1 ? named : drafts
  const name = formatDatasetRef(dataset)
  if (drafts.length === 0) fail('VERSION_NOT_FOUND', `${name} has no draft to take a snapshot of; create a version first`, { dataset: dataset.id })
  if (draft === undefined) {
    fail('VERSION_EXISTS', `${name} has ${drafts.length} drafts and none is named ${CURRENT}: ${drafts.map(versionLabel).join(', ')}`,
      { dataset: dataset.id, drafts: drafts.map(version => version.id) })
  }
  if (others.length > 0) {
    fail('VERSION_EXISTS', `${name} has ${named.length} drafts named ${CURRENT}; rename all but one`,
      { dataset: dataset.id, drafts: named.map(version => version.id) })
  }
  return draft
}
