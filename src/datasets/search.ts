import type { DatasetView, VersionView } from '../catalog/index.ts'
import { readLicence } from '../model/index.ts'
import type { DatasetQuery, VersionFilter } from './service.ts'

/** Upper and lower case, and the ways Unicode writes one letter, are the same to a search. */
const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

/** A query as fields are kept: a licence may be asked for in free spelling, as it may be given. */
export function inStoredForm(query: DatasetQuery): DatasetQuery {
  const license = query.license === undefined ? undefined : readLicence(query.license)
  return license?.ok === true ? { ...query, license: license.value } : query
}

/** Whether a dataset fits a query; every word of `q` must appear somewhere in what people wrote about it. */
export function matchesQuery(dataset: DatasetView, query: DatasetQuery): boolean {
  if (dataset.archived !== (query.archived ?? false)) return false
  for (const field of ['type', 'task', 'format', 'status', 'license', 'namespace'] as const) if (query[field] !== undefined && dataset[field] !== query[field]) return false
  if (query.tag !== undefined && !dataset.tags.includes(query.tag)) return false
  return query.q === undefined || holdsWords(textOf(dataset), query.q)
}

const holdsWords = (text: string, q: string): boolean => plain(q).split(/\s+/).every(word => text.includes(word))

/** What a view is searched for, made when it first is: a search goes through thousands of them. */
const texts = new WeakMap<DatasetView, string>()

function textOf(dataset: DatasetView): string {
  const text = texts.get(dataset) ?? plain([`${dataset.namespace}/${dataset.name}`, dataset.displayName, dataset.description, ...dataset.tags].join('\n'))
  texts.set(dataset, text)
  return text
}

/** Whether a version fits a filter. Without `archived`, only those that are not. */
export function matchesFilter(version: VersionView, filter: VersionFilter): boolean {
  if (version.archived !== (filter.archived ?? false)) return false
  if (filter.tag !== undefined && !version.tags.includes(filter.tag)) return false
  if (filter.q !== undefined && !holdsWords(plain([version.number, version.name, version.description, ...version.tags].join('\n')), filter.q)) return false
  return filter.state === undefined || version.state === filter.state
}
