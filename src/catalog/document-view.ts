import type { DatasetFields, DeviceId, VersionId } from '../model/index.ts'
import { ARCHIVED, CREATED, DELETED, FIELD, HIDDEN, REGISTRY, type Scalar, TAG, isWrittenOnce, readBeginning, readJson, versionKeyOf } from './schema.ts'
import type { Json } from './views.ts'

/** What a document alone says of a dataset; publish records come on top. */
export interface DocumentView extends DatasetFields {
  readonly archived: boolean
  readonly deleted: boolean
  /** Sorted, as all lists here. */
  readonly tags: readonly string[]
  /** Publish records (hex) whose versions were deleted. */
  readonly hidden: readonly string[]
  /** Milliseconds since 1970; undefined while nobody has made the dataset. */
  readonly createdAt?: number
  /** Automerge actor of who made it. */
  readonly creator: string
  /** In order of creation. */
  readonly versions: readonly VersionDocument[]
}

export interface VersionDocument {
  readonly id: VersionId
  readonly number: string
  readonly name: string
  readonly description: string
  readonly comment: string
  readonly mode: 'inherit' | 'new'
  readonly parents: readonly VersionId[]
  readonly heads: readonly string[]
  readonly tags: readonly string[]
  readonly metadata: { readonly [key: string]: Json }
  readonly maskLabels: { readonly [rgb: string]: readonly string[] }
  /** By publish record (hex) that shares its number with another: the number it has instead. */
  readonly renumbered: { readonly [record: string]: string }
  /** Missing in what was written down before there were notes. */
  readonly notes?: { readonly [name: string]: Json }
  readonly archived: boolean
  readonly deleted: boolean
  readonly order: number
  readonly createdAt: number
  readonly creator: string
}

/** A document's keys with their values, and the actor who wrote each. */
export type Keys = ReadonlyMap<string, { readonly value: Scalar, readonly actor: string }>

/**
 * A checked copy of a document, key by key: what is missing or of another type becomes its default, what nobody asked for stays behind.
 * Admission lets nothing else in; a reader that trusts nobody needs not know that.
 */
export function viewOf(keys: Keys): DocumentView {
  const parts = new Parts(keys)
  const created = keys.get(CREATED)
  const text = (field: string): string => textOf(keys.get(FIELD + field)?.value)
  const flag = (field: string): boolean => keys.get(FIELD + field)?.value === true
  return {
    namespace: text('namespace'),
    name: text('name'),
    displayName: text('displayName'),
    description: text('description'),
    type: text('type'),
    task: text('task'),
    format: text('format'),
    status: text('status'),
    scenario: text('scenario'),
    license: text('license'),
    publicAccess: flag('publicAccess'),
    strictTypes: flag('strictTypes'),
    example: flag('example'),
    archived: keys.get(ARCHIVED)?.value === true,
    deleted: keys.get(DELETED)?.value === true,
    tags: parts.tags.sort(),
    registry: parts.registry.sort() as DeviceId[],
    hidden: parts.hidden.sort(),
    ...typeof created?.value === 'number' ? { createdAt: created.value } : {},
    creator: created?.actor ?? '',
    versions: [...parts.versions].flatMap(([id, parts]) => versionOf(id, parts) ?? []).sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
  }
}

/** The keys of one version by part: `number` → '' → value, `tag` → name → value. */
type VersionParts = Map<string, Map<string, { readonly value: Scalar, readonly actor: string }>>

/** A document's keys sorted by what they belong to. */
class Parts {
  readonly tags: string[] = []
  readonly registry: string[] = []
  readonly hidden: string[] = []
  readonly versions = new Map<VersionId, VersionParts>()

  constructor(keys: Keys) {
    for (const [key, item] of keys) {
      if (key.startsWith(TAG)) this.tags.push(key.slice(TAG.length))
      else if (key.startsWith(REGISTRY)) this.registry.push(key.slice(REGISTRY.length))
      else if (key.startsWith(HIDDEN)) this.hidden.push(key.slice(HIDDEN.length))
      else this.#addToVersion(key, item)
    }
  }

  #addToVersion(key: string, item: { readonly value: Scalar, readonly actor: string }): void {
    const place = versionKeyOf(key)
    if (place === undefined) return
    const version = this.versions.get(place.id) ?? new Map() as VersionParts
    const part = version.get(isWrittenOnce(key) ? '' : place.part) ?? new Map<string, typeof item>()
    part.set(place.rest, item)
    version.set(isWrittenOnce(key) ? '' : place.part, part)
    this.versions.set(place.id, version)
  }
}

function versionOf(id: VersionId, parts: VersionParts): VersionDocument | undefined {
  const item = parts.get('')?.get('')
  const beginning = readBeginning(textOf(item?.value))
  if (item === undefined || beginning === undefined) return undefined
  const one = (part: string): Scalar | undefined => parts.get(part)?.get('')?.value
  const names = (part: string): string[] => [...parts.get(part)?.keys() ?? []].sort()
  return {
    id,
    number: textOf(one('number')),
    name: textOf(one('name')),
    description: textOf(one('description')),
    comment: textOf(one('comment')),
    mode: beginning.mode,
    parents: beginning.parents,
    heads: names('head'),
    tags: names('tag'),
    metadata: Object.fromEntries(jsonOf(parts, 'metadata')) as { readonly [key: string]: Json },
    maskLabels: Object.fromEntries(jsonOf(parts, 'mask').map(([rgb, labels]) => [rgb, Array.isArray(labels) ? labels.filter(label => typeof label === 'string') : []])),
    renumbered: Object.fromEntries(names('renumber').map(record => [record, textOf(parts.get('renumber')?.get(record)?.value)])),
    notes: Object.fromEntries(jsonOf(parts, 'note')) as { readonly [name: string]: Json },
    archived: one(ARCHIVED) === true,
    deleted: one(DELETED) === true,
    order: beginning.order,
    createdAt: beginning.at,
    creator: item.actor
  }
}

const textOf = (value: Scalar | undefined): string => typeof value === 'string' ? value : ''

/** Sorted by key, each value parsed; ones that are no JSON are left out. */
function jsonOf(parts: VersionParts, part: string): [string, unknown][] {
  return [...parts.get(part) ?? []].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([key, item]): [string, unknown][] => {
    const json = readJson(textOf(item.value))
    return json === undefined ? [] : [[key, json.value]]
  })
}
