import { queryOf } from '../api/addresses.ts'
import type { DatasetRef, VersionRef } from '../api/types.ts'

/** Addresses of the page itself. What is shown can be read off the address, so that it can be shared and gone back to. */

export const HOME = '/'
export const TEAM = '/team'
export const ACTIVITY = '/activity'
export const SETTINGS = '/settings'

export const datasetsPlace = (filter: Readonly<Record<string, string | undefined>> = {}): string => `/${queryOf(filter)}`

export const datasetPlace = ({ ns, name }: DatasetRef): string => `/datasets/${encodeURIComponent(ns)}/${encodeURIComponent(name)}`

export const TABS = ['content', 'conflicts', 'preview', 'changes', 'quality', 'experiments', 'console'] as const
export type Tab = typeof TABS[number]

export interface WithinVersion {
  readonly tab?: Tab | undefined
  /** Folder that is open. */
  readonly folder?: string | undefined
  /** File that is shown. */
  readonly file?: string | undefined
  /** Whether the file fills the window. */
  readonly full?: boolean
}

export const versionPlace = (ref: VersionRef, { tab, folder, file, full }: WithinVersion = {}): string =>
  `${datasetPlace(ref)}/versions/${encodeURIComponent(ref.version)}${queryOf({ tab: tab === 'content' ? undefined : tab, folder, file, full: full === true ? true : undefined })}`

/** How addresses name a version: what stands behind the @ of its reference. */
export const nameIn = (ref: string): string => ref.slice(ref.indexOf('@') + 1)

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** A reference as it is written, taken apart; undefined for what is none. */
export function parseRef(text: string): DatasetRef & { readonly version: string | undefined } | undefined {
  const [, ns, name, version] = /^([^/@\s]+)\/([^/@\s]+)(?:@(.+))?$/.exec(text) ?? []
  return ns === undefined || name === undefined ? undefined : { ns, name, version }
}

/** Where a reference leads; undefined for what is none. */
export function placeOfRef(text: string): string | undefined {
  const ref = parseRef(text)
  if (ref === undefined) return undefined
  const { version } = ref
  return version === undefined ? datasetPlace(ref) : versionPlace({ ...ref, version })
}
