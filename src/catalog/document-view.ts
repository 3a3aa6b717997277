import { isImmutableString } from '@automerge/automerge'
import type { DatasetId, DeviceId, VersionId } from '../model/index.ts'
import type { DatasetView, Json, VersionView } from './views.ts'

/** What a document alone says of a dataset: publish records come on top. */
export type DocumentView = Omit<DatasetView, 'revision' | 'versions'> & { readonly deleted: boolean, readonly versions: readonly VersionDocumentView[] }
export type VersionDocumentView = Omit<VersionView, 'state' | 'published'>

/** Longer ones are not from a Shoal that keeps the rules; a view must not carry them. Characters. */
const MAX_TEXT = 64 * 1024
/** Keys of one set or map a view shows. */
const MAX_KEYS = 100_000

/**
 * A checked copy of a document, field by field: what is missing or of another type becomes its default, what nobody asked for stays
 * behind. Nothing of the document's own objects gets out (a peer can make keys like `__proto__`).
 */
export function viewOf(id: DatasetId, document: unknown): DocumentView {
  const fields = part(document, 'fields')
  const versions = part(document, 'versions')
  return {
    id,
    namespace: text(fields, 'namespace'),
    name: text(fields, 'name'),
    displayName: text(fields, 'displayName'),
    description: text(fields, 'description'),
    type: text(fields, 'type'),
    task: text(fields, 'task'),
    format: text(fields, 'format'),
    status: text(fields, 'status'),
    scenario: text(fields, 'scenario'),
    license: text(fields, 'license'),
    publicAccess: flag(fields, 'publicAccess'),
    strictTypes: flag(fields, 'strictTypes'),
    example: flag(fields, 'example'),
    tags: keysOf(part(document, 'tags')),
    registry: keysOf(part(document, 'registry')) as DeviceId[],
    archived: flag(fields, 'archived'),
    deleted: flag(fields, 'deleted'),
    createdAt: text(fields, 'createdAt'),
    createdBy: text(fields, 'createdBy') as DeviceId,
    updatedAt: text(fields, 'updatedAt'),
    versions: keysOf(versions).map(key => versionOf(key as VersionId, own(versions, key))).filter(version => version !== undefined).sort(byCreation)
  }
}

const byCreation = (a: VersionDocumentView, b: VersionDocumentView): number =>
  a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1

function versionOf(id: VersionId, version: unknown): VersionDocumentView | undefined {
  const fields = part(version, 'fields')
  if (flag(fields, 'deleted')) return undefined
  return {
    id,
    number: text(fields, 'number'),
    name: text(fields, 'name'),
    heads: keysOf(part(version, 'heads')).filter(head => /^[0-9a-f]{64}$/.test(head)),
    parents: keysOf(part(version, 'parents')) as VersionId[],
    mode: text(fields, 'mode') === 'inherit' ? 'inherit' : 'new',
    description: text(fields, 'description'),
    comment: text(fields, 'comment'),
    metadata: json(fields, 'metadata'),
    maskLabels: labels(json(fields, 'maskLabels')),
    tags: keysOf(part(version, 'tags')),
    archived: flag(fields, 'archived'),
    createdAt: text(fields, 'createdAt'),
    createdBy: text(fields, 'createdBy') as DeviceId,
    updatedAt: text(fields, 'updatedAt')
  }
}

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined

const part = (value: unknown, key: string): unknown => own(value, key)

/** Sorted, so that every node shows the same. */
const keysOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).slice(0, MAX_KEYS).sort() : []

function text(fields: unknown, key: string): string {
  const value = own(fields, key)
  const string = typeof value === 'string' ? value : isImmutableString(value) ? value.toString() : ''
  return string.slice(0, MAX_TEXT)
}

const flag = (fields: unknown, key: string): boolean => own(fields, key) === true

/** A JSON object kept as text; anything else is an empty one. */
function json(fields: unknown, key: string): { readonly [key: string]: Json } {
  const value = own(fields, key)
  try {
    const parsed: unknown = JSON.parse(isImmutableString(value) ? value.toString() : '{}')
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed as { readonly [key: string]: Json } : {}
  } catch {
    return {} // Not from a Shoal that keeps the rules: as good as none.
  }
}

const labels = (value: { readonly [key: string]: Json }): { readonly [rgb: string]: readonly string[] } =>
  Object.fromEntries(Object.entries(value).map(([rgb, names]) => [rgb, Array.isArray(names) ? names.filter(name => typeof name === 'string') : []]))
