import type { DatasetView, VersionView } from '../../src/catalog/index.ts'
import { parentsOf } from '../../src/datasets/index.ts'

/** Everything a version comes from, each once. */
export function ancestorsOf(dataset: DatasetView, version: VersionView): readonly VersionView[] {
  const found = new Set<VersionView>()
  for (const open = [...parentsOf(dataset, version)]; open.length > 0;) {
    const next = open.pop()
    if (next === undefined || found.has(next)) continue
    found.add(next)
    open.push(...parentsOf(dataset, next))
  }
  return [...found]
}
