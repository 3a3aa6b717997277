import { fail } from '../errors/index.ts'
import { checkPath } from './path.ts'

export interface DatasetRef { readonly namespace: string; readonly name: string }
/** `version` is a number, a name, an id, `latest`, or undefined for the dataset's current version. */
export interface VersionRef extends DatasetRef { readonly version?: string }
/** `path` is '' for the top of the version. */
export interface FileRef extends VersionRef { readonly path: string }

/** What a namespace or a dataset's name may be: as Hugging Face has it, so that its clients can name every dataset. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/

/** @throws REFERENCE_INVALID naming the part that is wrong */
export function parseDatasetRef(text: string): DatasetRef {
  const [namespace, name, ...rest] = text.split('/')
  if (namespace === undefined || name === undefined || rest.length > 0) fail('REFERENCE_INVALID', `"${text}" is not namespace/name`)
  return { namespace: checkName('namespace', namespace), name: checkName('name', name) }
}

/** @throws REFERENCE_INVALID */
export function checkName(field: 'namespace' | 'name', value: string): string {
  if (!NAME.test(value) || value.includes('..') || value.endsWith('.')) {
    fail('REFERENCE_INVALID', `the ${field} "${value}" is not valid: use 1 to 96 letters, digits, dots, dashes and underscores, starting with a letter or digit`, { field })
  }
  return value
}

/** Reads `namespace/name` or `namespace/name@version`. @throws REFERENCE_INVALID */
export function parseVersionRef(text: string): VersionRef {
  const at = text.indexOf('@')
  if (at < 0) return parseDatasetRef(text)
  const version = text.slice(at + 1)
  if (version === '') fail('REFERENCE_INVALID', `"${text}" names no version behind the @`)
  return { ...parseDatasetRef(text.slice(0, at)), version }
}

/** Reads `namespace/name[@version][:path]`. A version's name may hold colons (snapshots do): the path follows the last `:` that is not inside a time. @throws REFERENCE_INVALID, PATH_INVALID */
export function parseFileRef(text: string): FileRef {
  const colon = pathColon(text)
  const ref = parseVersionRef(colon < 0 ? text : text.slice(0, colon))
  const path = colon < 0 ? '' : text.slice(colon + 1).replace(/\/+$/, '')
  return { ...ref, path: path === '' ? '' : checkPath(path) }
}

/** The colon behind the version: the first that is not one of the two in a time of day (`…T05:02:11…`). */
function pathColon(text: string): number {
  for (let i = text.indexOf(':'); i >= 0; i = text.indexOf(':', i + 1)) {
    if (!/@.*T\d{2}(:\d{2})?$/.test(text.slice(0, i)) || !/^\d{2}/.test(text.slice(i + 1))) return i
  }
  return -1
}

export const formatDatasetRef = (ref: DatasetRef): string => `${ref.namespace}/${ref.name}`
