import type { DatasetRef, SelectionQuery, VersionRef } from './types.ts'

/** Addresses of the HTTP API. */

export const API = '/api/v1'

type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** `?a=1&b=2`, without what is undefined or empty. */
export function queryOf(query: Query): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') params.set(name, String(value))
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

export const datasetAt = ({ ns, name }: DatasetRef, below = ''): string => `${API}/datasets/${encodeURIComponent(ns)}/${encodeURIComponent(name)}${below}`

export const versionAt = (ref: VersionRef, below = ''): string => datasetAt(ref, `/versions/${encodeURIComponent(ref.version)}${below}`)

/** A file's bytes. @param options `download`: as an attachment */
export const fileAt = (ref: VersionRef, path: string, options: { download?: boolean } = {}): string =>
  versionAt(ref, `/files/${path.split('/').map(encodeURIComponent).join('/')}${queryOf({ download: options.download === true ? true : undefined })}`)

export const ARCHIVES = ['zip', 'tar.gz', 'tar'] as const

/** @param selection what of the version is meant; everything by default */
export const archiveAt = (ref: VersionRef, format: typeof ARCHIVES[number], selection: SelectionQuery = {}): string => versionAt(ref, `/archive.${format}${queryOf({ ...selection })}`)
