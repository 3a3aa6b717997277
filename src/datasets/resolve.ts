import type { Catalog, DatasetView, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'
import { CURRENT, LATEST, compareNumbers, formatDatasetRef, highestNumber, isVersionNumber } from '../model/index.ts'

/** What a reference names in a dataset, and what its reader should know about the choice. */
export interface Choice { readonly version: VersionView, readonly warnings: readonly string[] }

/** Fewer characters of an id are rather a name mistyped. */
const MIN_ID_PREFIX = 6
const ID_PREFIX = /^[a-z2-7]+$/

/** Versions named in a message; more help nobody. */
const SHOWN_VERSIONS = 5

/**
 * Finds the version a reference names: a number, a name, an id (or the start of one that fits no other), `latest`, or nothing for the
 * dataset's current version. A number that several versions were published under is never decided by chance.
 * @throws VERSION_NOT_FOUND, VERSION_CONFLICT naming the ids and trees, REFERENCE_INVALID when the start of an id fits several
 */
export function chooseVersion(dataset: DatasetView, wanted: string | undefined): Choice {
  if (wanted === undefined || wanted === '') return currentVersion(dataset)
  if (wanted === LATEST) return latestVersion(dataset)
  const found = byNumber(dataset, wanted) ?? byName(dataset, wanted) ?? byId(dataset, wanted)
  return found ?? fail('VERSION_NOT_FOUND', `${formatDatasetRef(dataset)} has no version ${wanted}; ${whatThereIs(dataset)}`,
    { dataset: dataset.id, version: wanted })
}

/** The newest draft named `Current`, else the newest draft, else the highest published version. Archived ones are out of the choice. */
function currentVersion(dataset: DatasetView): Choice {
  const drafts = dataset.versions.filter(version => version.state === 'draft' && !version.archived)
  const named = drafts.filter(version => version.name === CURRENT)
  const candidates = named.length > 0 ? named : drafts
  const newest = candidates.at(-1)
  if (newest === undefined) return latestVersion(dataset)
  if (candidates.length === 1) return { version: newest, warnings: [] }
  const several = `${candidates.length} drafts${named.length > 0 ? ` named ${CURRENT}` : ''}`
  return { version: newest, warnings: [`${formatDatasetRef(dataset)} has ${several}; this is the newest, ${versionLabel(newest)} (${newest.id})`] }
}

function latestVersion(dataset: DatasetView): Choice {
  const published = dataset.versions.filter(version => version.state === 'published' && !version.archived)
  const number = highestNumber(published.map(version => version.number))
  if (number === undefined) {
    fail('VERSION_NOT_FOUND', `${formatDatasetRef(dataset)} has no published version; ${whatThereIs(dataset)}`,
      { dataset: dataset.id, version: LATEST })
  }
  return { version: onlyOne(dataset, number, published.filter(version => version.number === number)), warnings: [] }
}

function byNumber(dataset: DatasetView, wanted: string): Choice | undefined {
  const found = dataset.versions.filter(version => version.number === wanted)
  const published = found.filter(version => version.state === 'published')
  if (published.length > 0) return { version: onlyOne(dataset, wanted, published), warnings: [] }
  return newestOf(found, `have the number ${wanted}`)
}

/** @throws VERSION_CONFLICT when there are several, or the one there is knows of a record that claims the same number */
function onlyOne(dataset: DatasetView, number: string, published: readonly VersionView[]): VersionView {
  const [version] = published
  const others = published.flatMap(version => version.published?.clashes ?? [])
  if (version !== undefined && published.length === 1 && others.length === 0) return version
  const versions = published.map(({ id, published }) => ({ id, tree: published?.tree, record: published?.record, by: published?.by }))
  const named = versions.map(version => `${version.id} (tree blake3:${version.tree ?? 'unknown'})`)
  const unseen = others.filter(record => !versions.some(version => version.record === record))
  const claims = [...named, ...unseen.map(record => `a record ${record}`)].join(' and ')
  return fail('VERSION_CONFLICT', `${formatDatasetRef(dataset)}@${number} was published more than once: ${claims}`,
    { dataset: dataset.id, number, versions, records: unseen })
}

/**
 * An id never comes to mean something else than it did on this node: where another record of the same version, made apart, takes the id
 * everywhere, the id answers a conflict here.
 * @throws VERSION_CONFLICT naming both records and trees
 */
export function needFirstSeen(catalog: Pick<Catalog, 'firstSeen'>, dataset: DatasetView, version: VersionView, wanted: string | undefined): void {
  const { published } = version
  if (published === undefined || wanted === undefined || !version.id.startsWith(wanted)) return
  const first = catalog.firstSeen(dataset.id, version.id)
  if (first === undefined || first === published.record) return
  const other = dataset.versions.find(item => item.published?.record === first)
  if (other?.published === undefined) return // It was deleted.
  const trees = `blake3:${other.published.tree} (seen first, now ${other.id}) and blake3:${published.tree}`
  fail('VERSION_CONFLICT', `${formatDatasetRef(dataset)} has two publications of the version ${version.id}: the trees ${trees}`,
    { dataset: dataset.id, version: version.id, records: [first, published.record] })
}

function byName(dataset: DatasetView, wanted: string): Choice | undefined {
  const found = dataset.versions.filter(version => version.name === wanted)
  const drafts = found.filter(version => version.state === 'draft')
  if (drafts.length > 0) return newestOf(drafts, `are named ${wanted}`)
  const [version] = found
  if (version === undefined) return undefined
  if (found.length > 1) {
    fail('VERSION_CONFLICT',
      `${formatDatasetRef(dataset)} has ${found.length} published versions named ${wanted}: ${found.map(version => version.id).join(' and ')}`,
      { dataset: dataset.id, versions: found.map(version => ({ id: version.id, tree: version.published?.tree })) })
  }
  return { version, warnings: [] }
}

function byId(dataset: DatasetView, wanted: string): Choice | undefined {
  const exact = dataset.versions.find(version => version.id === wanted)
  if (exact !== undefined) return { version: exact, warnings: [] }
  if (wanted.length < MIN_ID_PREFIX || !ID_PREFIX.test(wanted)) return undefined
  const found = dataset.versions.filter(version => version.id.startsWith(wanted))
  const [version] = found
  if (version === undefined) return undefined
  if (found.length > 1) {
    fail('REFERENCE_INVALID', `"${wanted}" is the start of ${found.length} ids: ${found.map(version => version.id).join(', ')}; give more of it`,
      { version: wanted })
  }
  return { version, warnings: [] }
}

/** Drafts made apart may share a number or name until one is changed: the newest is meant, and said to be. */
function newestOf(found: readonly VersionView[], what: string): Choice | undefined {
  const version = found.at(-1)
  if (version === undefined) return undefined
  return { version, warnings: found.length === 1 ? [] : [`${found.length} drafts ${what}; this is the newest (${version.id})`] }
}

function whatThereIs(dataset: DatasetView): string {
  if (dataset.versions.length === 0) return 'it has none'
  const newest = dataset.versions.slice(-SHOWN_VERSIONS).toReversed().map(versionLabel)
  const more = dataset.versions.length - newest.length
  return `it has ${newest.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** A version in a message: `1.1.0 (draft "Current")`. */
export function versionLabel(version: VersionView): string {
  const name = version.name === '' ? '' : ` "${version.name}"`
  return `${version.number} (${version.archived ? 'archived ' : ''}${version.state}${name})`
}

/** A reference that finds exactly this version: by number where that is enough, else by id. */
export function referenceTo(dataset: DatasetView, version: VersionView): string {
  const sameNumber = dataset.versions.filter(other => other.number === version.number)
  const alone = sameNumber.length === 1 && (version.published?.clashes.length ?? 0) === 0
  return `${formatDatasetRef(dataset)}@${alone ? version.number : version.id}`
}

/** Versions by number, highest first; what is not a number (a peer may hold anything) comes last. */
export function byNumberDescending(a: VersionView, b: VersionView): number {
  const [validA, validB] = [isVersionNumber(a.number), isVersionNumber(b.number)]
  if (!validA || !validB) return Number(validB) - Number(validA)
  return compareNumbers(b.number, a.number)
}
