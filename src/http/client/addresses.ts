import { fail } from '../../errors/index.ts'
import { checkPath, type DatasetRef, type VersionRef } from '../../model/index.ts'

/** Addresses of what a reference names, below `/api/v1`. */

const API = '/api/v1'

/** One part of an address. Addresses can't hold the parts `.` and `..`. */
function part(text: string): string {
  if (text === '.' || text === '..' || text === '') fail('REFERENCE_INVALID', `"${text}" can not be used in an address; name the version by its id`)
  return encodeURIComponent(text)
}

export const api = (path: string): string => API + path

export const datasetAt = (ref: DatasetRef, below = ''): string => `${API}/datasets/${part(ref.namespace)}/${part(ref.name)}${below}`

/** `current` stands for a reference that names no version. */
export const versionAt = (ref: VersionRef, below = ''): string => datasetAt(ref, `/versions/${part(ref.version ?? 'current')}${below}`)

/** @throws PATH_INVALID */
export const fileAt = (ref: VersionRef, path: string): string => versionAt(ref, `/files/${checkPath(path).split('/').map(encodeURIComponent).join('/')}`)
