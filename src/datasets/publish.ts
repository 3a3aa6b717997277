import type { DatasetView, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import { CURRENT, type Hash, VERSION_RULES, formatDatasetRef, readFields, refuseProblems } from '../model/index.ts'
import { treeStats, writeCommit } from '../trees/index.ts'
import { needSettled } from './conflicts.ts'
import { needDraft, resolvedIn } from './deps.ts'
import { checkData, isBroken, locate } from './integrity.ts'
import { parentsOf } from './lineage.ts'
import { versionLabel } from './resolve.ts'
import type { Resolved, Watched } from './service.ts'
import type { Shared } from './shared.ts'
import type { Standing } from './standings.ts'

export interface PublishOptions extends Watched {
  /** The number to publish under. */
  readonly as?: string | undefined
  readonly message?: string | undefined
  /** The name it has from then on; without one its own stays, except `Current`, which only drafts have. */
  readonly name?: string | undefined
}

const OPTION_RULES = { as: VERSION_RULES.number, message: VERSION_RULES.description }

/** Of a version that is not complete, this many paths are named. */
const NAMED_PATHS = 20

/**
 * L3, L5: seals a draft. Every chunk is read back and checked first; then one signed record states what the version is, for good.
 * @throws VERSION_PUBLISHED, VERSION_EXISTS, FIELD_INVALID, VERSION_NOT_READY naming what is missing, CANCELLED
 */
export async function publishVersion(shared: Shared, target: Resolved, options: PublishOptions): Promise<Resolved> {
  const { as, message } = options
  refuseProblems(readFields<{ as: string, message: string }>({ as, message }, OPTION_RULES, 'publication').problems)
  return shared.drafts.exclusive([target.version.id], () => shared.leases.during(async () => {
    const { dataset, version } = shared.directory.need(target.dataset.id, target.version.id)
    needDraft(dataset, version, 'publishing it again')
    const number = as ?? version.number
    needFree(dataset, version, number)
    const { tree, commit, over } = await settle(shared, dataset, version)
    await needSettled(shared, dataset, version)
    await needComplete(shared, dataset, version, tree, options)
    const { files, links, bytes } = await treeStats(shared.store, tree)
    options.signal?.throwIfAborted()
    await shared.store.barrier()
    const view = await shared.catalog.publish({
      dataset: dataset.id,
      version: version.id,
      number,
      name: options.name ?? (version.name === CURRENT ? '' : version.name),
      tree,
      commit,
      over,
      files,
      links,
      bytes,
      parents: parentsOf(dataset, version).flatMap(parent => parent.published?.record ?? []),
      message: message ?? ''
    })
    shared.log.info('published', { dataset: formatDatasetRef(dataset), number, version: version.id })
    return resolvedIn(view, version.id)
  }), options.signal)
}

/** A draft may keep the number it was given unless that was published; a number chosen now must be nobody's. @throws VERSION_EXISTS */
function needFree(dataset: DatasetView, version: VersionView, number: string): void {
  refuseProblems(readFields<{ number: string }>({ number }, { number: VERSION_RULES.number }, 'version').problems)
  const others = dataset.versions.filter(other => other.id !== version.id && other.number === number)
  const taken = others.find(other => other.state === 'published' || number !== version.number)
  if (taken === undefined) return
  fail('VERSION_EXISTS', `${formatDatasetRef(dataset)} has a version ${versionLabel(taken)} already; publish this one under another number`,
    { field: 'number', version: taken.id, number })
}

/** The one commit the version will be: heads apart are merged, an empty draft gets its first. */
async function settle(shared: Shared, dataset: DatasetView, version: VersionView): Promise<{ tree: Hash, commit: Hash, over: readonly string[] }> {
  const { tree, commit, heads, awaited } = await standingOf(shared, dataset, version)
  if (awaited.length > 0) {
    fail('VERSION_NOT_READY', `edits that other nodes made to ${formatDatasetRef(dataset)}@${version.number} have not arrived here yet`,
      { dataset: dataset.id, version: version.id, awaited })
  }
  if (commit !== undefined) return { tree, commit, over: heads }
  const first = { tree, parents: [], by: shared.catalog.device, at: Math.floor(shared.clock.now()), message: '' }
  return { tree, commit: await writeCommit(shared.store, first), over: heads }
}

/** @throws VERSION_NOT_READY when none of its commits can be read here */
async function standingOf(shared: Shared, dataset: DatasetView, version: VersionView): Promise<Standing> {
  try {
    return await shared.standings.of(version)
  } catch (error) {
    if (!isBroken(error)) throw error
    return fail('VERSION_NOT_READY', `${formatDatasetRef(dataset)}@${version.number} is not complete on this node: ${error.message}`,
      { dataset: dataset.id, version: version.id },
      error)
  }
}

/** @throws VERSION_NOT_READY */
async function needComplete(shared: Shared, dataset: DatasetView, version: VersionView, tree: Hash, watched: Watched): Promise<void> {
  const damage = await checkData(shared.store, [tree], watched)
  if (damage.length === 0) return
  const missing = damage.filter(one => one.problem === 'missing').length
  const places = await locate(shared.store, tree, damage, NAMED_PATHS)
  const what = [missing > 0 ? `${missing} missing` : '', damage.length > missing ? `${damage.length - missing} damaged` : ''].filter(Boolean).join(' and ')
  const where = places.length === 0 ? '' : `, in ${places.map(place => place.path).slice(0, 3).join(', ')}${places.length > 3 ? ' and more' : ''}`
  fail('VERSION_NOT_READY', `${what} of the chunks of ${formatDatasetRef(dataset)}@${version.number} on this node${where}`,
    { dataset: dataset.id, version: version.id, missing, damaged: damage.length - missing, paths: places.map(place => place.path) })
}
