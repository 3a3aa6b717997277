import type { VersionView } from '../catalog/index.ts'
import {
  type Flaw, type Inventory, type Place, type Resolved, type Watched, checkChunks, isBroken, locate, referenceTo, takeInventory
} from '../datasets/index.ts'
import { type Hash, HashSet, type VersionRef, hashFromHex, hashToHex } from '../model/index.ts'
import type { UpkeepDeps } from './deps.ts'
import { repairFlaws } from './repair.ts'
import type { DamagedFile, VerifyReport } from './service.ts'

export interface VerifyOptions extends Watched { readonly repair?: boolean }

/** What a check came to. */
interface Findings { readonly chunks: number, readonly bytes: number, readonly flaws: readonly Flaw[] }

/** Chunks asked for at once whether they are here. */
const ASKED_AT_ONCE = 16_384
/** Below a part of a tree that was repaired there may be more to repair: as many rounds as a tree is deep, and a few. */
const MAX_ROUNDS = 16

/** Reads back what a version (or everything) consists of, and repairs it from peers when asked. */
export async function verifyData(deps: UpkeepDeps, ref: VersionRef | undefined, options: VerifyOptions): Promise<VerifyReport> {
  const versions = ref === undefined ? everyVersion(deps) : [deps.datasets.resolve(ref)]
  const check = (): Promise<Findings> => ref === undefined ? checkAll(deps, options) : checkVersions(deps, versions, options)
  let findings = await check()
  let repaired = 0
  for (let round = 0; options.repair === true && findings.flaws.length > 0 && round < MAX_ROUNDS; round++) {
    const done = await repairFlaws(deps, findings.flaws, options)
    if (done === 0) break
    repaired += done
    findings = await check()
  }
  const damaged = await placesOf(deps, versions, findings.flaws)
  if (damaged.length > 0) deps.log.error('damage found', { places: damaged.length, first: damaged[0] })
  return { chunks: findings.chunks, bytes: findings.bytes, damaged, repaired }
}

const everyVersion = ({ catalog }: UpkeepDeps): readonly Resolved[] =>
  catalog.datasets().flatMap(dataset => dataset.versions.map(version => ({ dataset, version })))

async function checkVersions(deps: UpkeepDeps, versions: readonly Resolved[], watched: Watched): Promise<Findings> {
  watched.progress?.({ phase: 'listing', files: 0, bytes: 0 })
  const { trees, flaws } = await treesOf(deps, versions)
  const inventory = await takeInventory(deps.store, trees, watched.signal)
  const commits = await deps.store.scrub({ hashes: versions.flatMap(({ version }) => commitsOf(version)) })
  const damaged = await checkChunks(deps.store, inventory, watched)
  const { nodes, data, bytes, nodeBytes } = inventory
  return { chunks: nodes.size + data.size, bytes: bytes + nodeBytes, flaws: onePerHash([...flaws, ...commits, ...inventory.flaws, ...damaged]) }
}

/** Everything in the store is read, in the order it lies in; then it is asked for what is needed and was not among it. */
async function checkAll(deps: UpkeepDeps, { signal, progress }: Watched): Promise<Findings> {
  const { bytes: totalBytes } = await deps.store.stats()
  const counts = { chunks: 0, bytes: 0 }
  const damaged = await deps.store.scrub({
    ...signal === undefined ? {} : { signal },
    onProgress: (chunks, bytes) => {
      Object.assign(counts, { chunks, bytes })
      progress?.({ phase: 'checking', files: 0, bytes, totalBytes })
    }
  })
  progress?.({ phase: 'listing', files: 0, bytes: counts.bytes, totalBytes })
  const { trees, flaws } = await treesOf(deps, everyVersion(deps).filter(({ version }) => isExpected(deps, version)))
  const inventory = await takeInventory(deps.store, trees, signal)
  const missing = await missingOf(deps, inventory, signal)
  return { ...counts, flaws: onePerHash([...flaws, ...damaged, ...inventory.flaws, ...missing]) }
}

/** What was made here must be here; what others made may be here in parts, or not at all. */
const isExpected = ({ catalog: { device } }: UpkeepDeps, version: VersionView): boolean => version.createdBy === device || version.published?.by === device

const commitsOf = ({ published, heads }: VersionView): readonly Hash[] => (published === undefined ? heads : [published.commit]).map(hashFromHex)

/** The trees versions stand at; commits that can't be read are flaws. */
async function treesOf(deps: UpkeepDeps, versions: readonly Resolved[]): Promise<{ trees: readonly Hash[], flaws: readonly Flaw[] }> {
  const trees: Hash[] = []
  const flaws: Flaw[] = []
  for (const { version } of versions) {
    try {
      trees.push(await deps.datasets.tree(version))
    } catch (error) {
      if (!isBroken(error)) throw error
      const [commit] = commitsOf(version)
      const hash = typeof error.facts['hash'] === 'string' ? hashFromHex(error.facts['hash']) : commit
      if (hash !== undefined) flaws.push({ hash, problem: error.code === 'CHUNK_MISSING' ? 'missing' : 'damaged' })
    }
  }
  return { trees, flaws }
}

async function missingOf({ store }: UpkeepDeps, { data }: Inventory, signal: AbortSignal | undefined): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = []
  for (const hashes of data.batches(ASKED_AT_ONCE)) {
    signal?.throwIfAborted()
    const has = await store.hasMany(hashes)
    flaws.push(...hashes.filter((_, i) => has[i] !== true).map(hash => ({ hash, problem: 'missing' as const })))
  }
  return flaws
}

function onePerHash(flaws: readonly Flaw[]): readonly Flaw[] {
  const seen = new HashSet()
  return flaws.filter(flaw => seen.add(flaw.hash))
}

/** Which files of which versions are hurt; a flaw in none of them (left-over data, a draft's earlier state) has neither. */
async function placesOf(deps: UpkeepDeps, versions: readonly Resolved[], flaws: readonly Flaw[]): Promise<readonly DamagedFile[]> {
  if (flaws.length === 0) return []
  const places: DamagedFile[] = []
  const placed = new HashSet()
  for (const { dataset, version } of versions) {
    for (const { hash, path, problem } of await placesIn(deps, version, flaws)) {
      placed.add(hash)
      places.push(damagedFile(referenceTo(dataset, version), { hash, path, problem }))
    }
  }
  const elsewhere = flaws.filter(flaw => !placed.has(flaw.hash))
  return [...places, ...elsewhere.map(flaw => damagedFile('', { ...flaw, path: '' }))]
}

const damagedFile = (version: string, { hash, path, problem }: Place): DamagedFile =>
  ({ version, path, problem: problem === 'missing' ? 'missing' : 'damaged', hash: hashToHex(hash) })

async function placesIn({ datasets, store }: UpkeepDeps, version: VersionView, flaws: readonly Flaw[]): Promise<readonly Place[]> {
  const commits = new HashSet()
  for (const commit of commitsOf(version)) commits.add(commit)
  const places = flaws.filter(flaw => commits.has(flaw.hash)).map(flaw => ({ ...flaw, path: '' }))
  try {
    return [...places, ...await locate(store, await datasets.tree(version), flaws)]
  } catch (error) {
    // Without its commit nothing more can be said of it.
    if (isBroken(error)) return places
    throw error
  }
}
