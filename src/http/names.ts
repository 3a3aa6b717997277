import { checkName, parseVersionRef, type DatasetRef, type VersionRef } from '../model/index.ts'
import type { DatasetView, MemberView, VersionView } from '../catalog/index.ts'
import { fail } from '../errors/index.ts'

/** References as addresses and answers hold them. */

/** Stands in an address for a reference that names no version. */
const CURRENT_PART = 'current'

/** @throws REFERENCE_INVALID */
export const datasetOf = (params: { readonly ns: string, readonly name: string }): DatasetRef =>
  ({ namespace: checkName('namespace', params.ns), name: checkName('name', params.name) })

/** @throws REFERENCE_INVALID */
export const versionOf = (params: { readonly ns: string, readonly name: string, readonly version: string }): VersionRef =>
  ({ ...datasetOf(params), ...params.version === CURRENT_PART ? {} : { version: params.version } })

/** A version of the same dataset, or a whole reference. @throws REFERENCE_INVALID */
export const siblingOf = (ref: DatasetRef, text: string): VersionRef =>
  text.includes('/') ? parseVersionRef(text) : { namespace: ref.namespace, name: ref.name, version: text }

/** A reference as text. */
export const textOf = (ref: VersionRef): string => `${ref.namespace}/${ref.name}${ref.version === undefined ? '' : `@${ref.version}`}`

/** The version another comes from: its first parent, where that is still there. */
export function parentView({ dataset, version }: { readonly dataset: DatasetView, readonly version: VersionView }): VersionRef | undefined {
  const parent = version.parents[0]
  if (parent === undefined || !dataset.versions.some(other => other.id === parent)) return undefined
  return { namespace: dataset.namespace, name: dataset.name, version: parent }
}

/** A member by its id, or by a name only one member has. @throws MEMBER_NOT_FOUND */
export function memberOf(members: readonly MemberView[], named: string): MemberView {
  const here = members.filter(member => !member.removed)
  const found = here.filter(member => member.id === named)
  const matching = found.length > 0 ? found : here.filter(member => member.name === named)
  const [only, ...others] = matching
  if (only === undefined) return fail('MEMBER_NOT_FOUND', `${named} is not a member of this workspace`, { member: named })
  return others.length === 0 ? only : fail('MEMBER_NOT_FOUND', `${matching.length} members are called ${named}; name the one by its id`, { member: named })
}
