import type { VersionId } from '../model/index.ts'
import { isSealedNumber } from '../trust/index.ts'
import { MAX_JSON_DEPTH, MAX_KEY_BYTES, MAX_VALUE } from './limits.ts'

/**
 * The shape of a dataset's Automerge document: one flat map of keys to scalars, nothing nested. So no two nodes ever create the same
 * object apart (one would hide the other), sets merge key by key, and whether a foreign operation fits is a matter of the operation alone.
 * Part of the format: what is allowed here never becomes less.
 */
export type Scalar = string | number | boolean
export interface Edit {
  readonly key: string
  /** undefined: the key goes. */
  readonly value?: Scalar
}

/** Keys of a dataset itself. */
export const FIELD = 'field/'
export const TAG = 'tag/'
export const REGISTRY = 'registry/'
export const HIDDEN = 'hidden/'
export const CREATED = 'created'
export const DELETED = 'deleted'
export const ARCHIVED = 'archived'

export const TEXT_FIELDS = ['namespace', 'name', 'displayName', 'description', 'type', 'task', 'format', 'status', 'scenario', 'license'] as const
export const FLAG_FIELDS = ['publicAccess', 'strictTypes', 'example'] as const

/** Keys of one version: `version/<id>` says how it began and is written once; the others stand below it. */
export const VERSION = 'version/'
export const versionKey = (id: VersionId): string => VERSION + id
export const versionPart = (id: VersionId, part: string): string => `${VERSION}${id}/${part}`
export const VERSION_TEXTS = ['number', 'name', 'description', 'comment'] as const
/** Parts of a version that are maps: what follows is a tag, a commit (hex), a metadata field, a colour, a publish record (hex), a note's name. */
export const PARTS = ['tag', 'head', 'metadata', 'mask', 'renumber', 'note'] as const
export type Part = typeof PARTS[number]

/** How a version began. */
export interface Beginning {
  /** Milliseconds since 1970, a label. */
  readonly at: number
  /** Counts up along what follows what, so that all nodes list versions in one order. */
  readonly order: number
  readonly mode: 'inherit' | 'new'
  readonly parents: readonly VersionId[]
}

const ID = /^[a-z2-7]{26}$/
const HASH = /^[0-9a-f]{64}$/
/** Versions one version comes from. */
const MAX_PARENTS = 256
/** More versions than a dataset ever has; whoever counts further stays here. */
export const MAX_ORDER = 1_000_000_000

/** A version's key taken apart. */
export interface VersionKey { readonly id: VersionId, readonly part: string, readonly rest: string }

export function versionKeyOf(key: string): VersionKey | undefined {
  if (!key.startsWith(VERSION)) return undefined
  const id = key.slice(VERSION.length, VERSION.length + 26)
  const below = key.slice(VERSION.length + 26)
  if (!ID.test(id) || (below !== '' && !below.startsWith('/'))) return undefined
  const slash = below.indexOf('/', 1)
  return { id: id as VersionId, part: slash < 0 ? below.slice(1) : below.slice(1, slash), rest: slash < 0 ? '' : below.slice(slash + 1) }
}

/** Keys that are written once: a second writer of one would change who made what. */
export const isWrittenOnce = (key: string): boolean => key === CREATED || (key.startsWith(VERSION) && key.length === VERSION.length + 26)

/** What is wrong with an edit by itself; undefined when nothing is. */
export function problemOf({ key, value }: Edit): string | undefined {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `a key of more than ${MAX_KEY_BYTES} bytes`
  const check = checkFor(key)
  if (check === undefined) return 'a key that no document has'
  if (value === undefined) return mayGo(key) ? undefined : `${key} never goes`
  if (typeof value === 'string' && value.length > MAX_VALUE) return `more than ${MAX_VALUE} characters in ${key}`
  return check(value) ? undefined : `a value ${key} can not have`
}

type Check = (value: Scalar) => boolean

const isText: Check = value => typeof value === 'string'
const isFlag: Check = value => typeof value === 'boolean'
const isTrue: Check = value => value === true
const isTime: Check = value => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isNumber: Check = value => typeof value === 'string' && isSealedNumber(value)
const isJson: Check = value => typeof value === 'string' && readJson(value) !== undefined
const isBeginning: Check = value => typeof value === 'string' && readBeginning(value) !== undefined

/** Members of sets and maps come and go; everything else is only written over. */
const mayGo = (key: string): boolean => key.startsWith(TAG) || key.startsWith(REGISTRY) || (PARTS as readonly string[]).includes(versionKeyOf(key)?.part ?? '')

function checkFor(key: string): Check | undefined {
  if (key === CREATED) return isTime
  if (key === DELETED) return isTrue
  if (key === ARCHIVED) return isFlag
  if (key.startsWith(FIELD)) return fieldCheck(key.slice(FIELD.length))
  if (key.startsWith(TAG)) return isName(key.slice(TAG.length)) ? isTrue : undefined
  if (key.startsWith(REGISTRY)) return /^[1-9A-HJ-NP-Za-km-z]{1,64}$/.test(key.slice(REGISTRY.length)) ? isTrue : undefined
  if (key.startsWith(HIDDEN)) return HASH.test(key.slice(HIDDEN.length)) ? isTrue : undefined
  const version = versionKeyOf(key)
  return version === undefined ? undefined : versionCheck(key, version)
}

function fieldCheck(field: string): Check | undefined {
  if ((TEXT_FIELDS as readonly string[]).includes(field)) return isText
  return (FLAG_FIELDS as readonly string[]).includes(field) ? isFlag : undefined
}

function versionCheck(key: string, { part, rest }: VersionKey): Check | undefined {
  if (isWrittenOnce(key)) return isBeginning
  if (rest === '') {
    if ((VERSION_TEXTS as readonly string[]).includes(part)) return isText
    return part === ARCHIVED ? isFlag : part === DELETED ? isTrue : undefined
  }
  if (part === 'head') return HASH.test(rest) ? isText : undefined
  if (part === 'renumber') return HASH.test(rest) ? isNumber : undefined
  if (!isName(rest)) return undefined
  return part === 'tag' ? isTrue : part === 'metadata' || part === 'mask' || part === 'note' ? isJson : undefined
}

/** A key of an object some reader may make of a map: never one that would alter the object itself. */
const isName = (text: string): boolean => text !== '' && text !== '__proto__'

/** A value of JSON, or undefined where the text is none, or one no reader should meet. */
export function readJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isTame(value, 0) ? { value } : undefined
  } catch {
    return undefined // No JSON, or nested deeper than the parser's stack.
  }
}

function isTame(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth >= MAX_JSON_DEPTH) return false
  return Object.entries(value).every(([key, item]) => key !== '__proto__' && isTame(item, depth + 1))
}

export const writeBeginning = ({ at, order, mode, parents }: Beginning): string => JSON.stringify([at, order, mode, ...parents])

export function readBeginning(text: string): Beginning | undefined {
  const json = readJson(text)?.value
  if (!Array.isArray(json)) return undefined
  const [at, order, mode, ...parents] = json as unknown[]
  const isRight = Number.isSafeInteger(at) && Number(at) >= 0 && Number.isSafeInteger(order) && Number(order) >= 0 && Number(order) <= MAX_ORDER && (mode === 'inherit' || mode === 'new') &&
    parents.length <= MAX_PARENTS && parents.every(id => typeof id === 'string' && ID.test(id))
  if (!isRight) return undefined
  const beginning: Beginning = { at: Number(at), order: Number(order), mode, parents: parents as VersionId[] }
  return writeBeginning(beginning) === text ? beginning : undefined
}
