import type { ChunkStore } from '../../chunks/index.ts'
import type { Datasets, Resolved } from '../../datasets/index.ts'
import { fail, isShoalError } from '../../errors/index.ts'
import { CURRENT, type Hash, LATEST, type VersionRef, checkName, formatDatasetRef, isVersionNumber } from '../../model/index.ts'
import { emptyTree } from '../../trees/index.ts'
import type { Typed } from '../kinds.ts'

/** The draft an import goes into. One that is missing is made when its content is there: an import that fails leaves nothing behind. */
export interface DraftPlan {
  /** Root of what it holds, or will begin with. */
  readonly tree: Hash
  /** @throws VERSION_PUBLISHED, VERSION_NOT_FOUND, FIELD_INVALID */
  make(): Promise<Resolved>
}

/** @throws VERSION_PUBLISHED, VERSION_NOT_FOUND (a name or id that there is not), REFERENCE_INVALID, CHUNK_MISSING */
export async function planDraft(datasets: Datasets, store: ChunkStore, ref: VersionRef): Promise<DraftPlan> {
  const resolved = found(() => datasets.resolve(ref))
  if (resolved?.version.state === 'draft') return { tree: await datasets.tree(resolved.version), make: async () => datasets.resolve(pinned(resolved)) }
  if (resolved !== undefined && ref.version !== undefined && ref.version !== CURRENT) {
    fail('VERSION_PUBLISHED', `${formatDatasetRef(ref)}@${resolved.version.number} is published`, { version: resolved.version.id })
  }
  checkName('namespace', ref.namespace)
  checkName('name', ref.name)
  const number = numberOf(ref)
  if (found(() => datasets.find(ref)) === undefined) {
    const fields = { namespace: ref.namespace, name: ref.name, ...number === undefined ? {} : { version: number } }
    return { tree: await emptyTree(store), make: () => unlessThere(datasets, ref, () => datasets.create(fields)) }
  }
  const parent = found(() => datasets.resolve({ ...ref, version: LATEST }))
  const fields = { mode: parent === undefined ? 'new' as const : 'inherit' as const, ...number === undefined ? {} : { number } }
  return {
    tree: parent === undefined ? await emptyTree(store) : await datasets.tree(parent.version),
    make: () => unlessThere(datasets, ref, () => datasets.createVersion(ref, fields))
  }
}

/** A2: the type of a dataset that is strict about it. */
export function strictTypeOf(datasets: Datasets, ref: VersionRef): Typed | undefined {
  const dataset = found(() => datasets.find(ref))
  return dataset?.strictTypes === true ? { type: dataset.type, strictTypes: true } : undefined
}

/** The number a missing draft is to have; undefined for the next one. @throws VERSION_NOT_FOUND */
function numberOf({ version, ...dataset }: VersionRef): string | undefined {
  if (version === undefined || version === CURRENT) return undefined
  if (isVersionNumber(version)) return version
  return fail('VERSION_NOT_FOUND', `${formatDatasetRef(dataset)} has no version ${version}; an import makes drafts by number only, such as 1.1.0`, { version })
}

/** Somebody else may have made it meanwhile. */
async function unlessThere(datasets: Datasets, ref: VersionRef, make: () => Promise<unknown>): Promise<Resolved> {
  try {
    await make()
  } catch (error) {
    if (!isShoalError(error, 'DATASET_EXISTS') && !isShoalError(error, 'VERSION_EXISTS')) throw error
  }
  return datasets.resolve(ref)
}

const pinned = ({ dataset, version }: Resolved): VersionRef => ({ namespace: dataset.namespace, name: dataset.name, version: version.id })

function found<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (isShoalError(error, 'DATASET_NOT_FOUND') || isShoalError(error, 'VERSION_NOT_FOUND')) return undefined
    throw error
  }
}
