import type { DatasetView, VersionView } from '../catalog/index.ts'
import { type Hash, hashFromHex, hashToHex } from '../model/index.ts'
import { Recent } from '../runtime/index.ts'
import { type Entry, type TreeChange, diffTrees } from '../trees/index.ts'
import { parentsOf } from './lineage.ts'
import type { ChangeCounts, Resolved } from './service.ts'
import type { Shared } from './shared.ts'

/** What differs between two versions, in the order of the paths; only what differs is read. */
export async function* diffVersions(shared: Shared, before: Resolved, after: Resolved, prefix: string | undefined): AsyncIterable<TreeChange> {
  const [from, to] = await Promise.all([shared.standings.of(before.version), shared.standings.of(after.version)])
  yield* diffTrees(shared.store, from.tree, to.tree, prefix === undefined ? {} : { prefix })
}

/** Counts of pairs of trees, which never change; some hundred bytes each. */
const KEPT_COUNTS = 4096

/** Counts what changed between versions, each pair of trees once. */
export class Changes {
  readonly #known = new Recent<ChangeCounts>(KEPT_COUNTS)

  /** W2: against the first parent, or against nothing. Files and links are counted, empty folders are not; bytes may be negative. */
  async of(shared: Shared, version: VersionView, dataset: DatasetView): Promise<ChangeCounts> {
    const { tree } = await shared.standings.of(version)
    const parent = parentsOf(dataset, version)[0]?.published
    if (parent === undefined) {
      const { files, links, bytes } = await shared.standings.stats(version)
      return { added: files + links, modified: 0, removed: 0, bytes }
    }
    return this.#known.get(`${parent.tree} ${hashToHex(tree)}`, () => countChanges(shared, hashFromHex(parent.tree), tree))
  }
}

async function countChanges(shared: Shared, before: Hash, after: Hash): Promise<ChangeCounts> {
  const counts = { added: 0, modified: 0, removed: 0, bytes: 0 }
  for await (const change of diffTrees(shared.store, before, after)) {
    const [had, has] = [counted(change.before), counted(change.after)]
    if (had && has) counts.modified++
    else if (has) counts.added++
    else if (had) counts.removed++
    counts.bytes += sizeOf(change.after) - sizeOf(change.before)
  }
  return counts
}

const counted = (entry: Entry | undefined): boolean => entry !== undefined && entry.kind !== 'folder'
const sizeOf = (entry: Entry | undefined): number => entry?.kind === 'file' ? entry.size : 0
