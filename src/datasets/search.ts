import type { DatasetView, VersionView } from '../catalog/index.ts'
import type { DatasetQuery, VersionFilter } from './service.ts'

/** Upper and lower case, and the ways Unicode writes one letter, are the same to a search. */
const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Whether a dataset fits a query; every word of `q` must appear somewhere in what people wrote about it. */
export function matchesQuery(dataset: DatasetView, query: DatasetQuery): boolean {
  if (dataset.archived !== (query.archived ?? false)) return false
  for (const field of ['type', 'task', 'status', 'license', 'namespace'] as const) if (query[field] !== undefined && dataset[field] !== query[field]) return false
  if (query.tag !== undefined && !dataset.tags.includes(query.tag)) return false
  return query.q === undefined || holdsWords([`${dataset.namespace}/${dataset.name}`, dataset.displayName, dataset.description, ...dataset.tags], query.q)
}

function holdsWords(texts: readonly string[], q: string): boolean {
  const text = plain(texts.join('\n'))
  return plain(q).split(/\s+/).every(word => text.includes(word))
}

/** Whether a version fits a filter. Without `archived`, only those that are not. */
export function matchesFilter(version: VersionView, filter: VersionFilter): boolean {
  if (version.archived !== (filter.archived ?? false)) return false
  if (filter.tag !== undefined && !version.tags.includes(filter.tag)) return false
  if (filter.q !== undefined && !holdsWords([version.number, version.name, version.description, ...version.tags], filter.q)) return false
  return filter.state === undefined || version.state === filter.state
}
