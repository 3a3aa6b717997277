import { isMap, parseDocument } from 'yaml'
import { fail, isShoalError } from '../../errors/index.ts'
import type { JsonValue, VersionRef } from '../../model/index.ts'
import type { Files } from '../service.ts'

/** K7: the README.md of a version, with its front matter as Hugging Face and others write it. */
export interface DataCard {
  readonly path: string
  /** The fields between the two lines of dashes; null where there are none, or they can't be read. */
  readonly fields: { readonly [name: string]: JsonValue } | null
  /** What keeps the fields from being read. */
  readonly problem: string | null
  /** Markdown behind them. */
  readonly text: string
}

export interface CardChange {
  /** Set beside those there are; null takes one away. Fields nobody names stay as they are written. */
  readonly fields?: { readonly [name: string]: JsonValue }
  readonly text?: string
}

const CARD = 'README.md'
/** A page people read. Bytes. */
const MAX_CARD_BYTES = 1024 * 1024
const FRONT = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)/

/** @throws LIMIT_EXCEEDED, VERSION_NOT_FOUND; undefined where the version has none */
export async function readCard(files: Files, ref: VersionRef): Promise<DataCard | undefined> {
  const source = await sourceOf(files, ref)
  if (source === undefined) return undefined
  const front = FRONT.exec(source)
  if (front === null) return { path: CARD, fields: null, problem: null, text: source }
  return { path: CARD, ...fieldsOf(front[1] ?? ''), text: source.slice(front[0].length) }
}

/** Writes fields and text into a draft's card; what it does not name stays letter by letter. @throws VERSION_PUBLISHED, FIELD_INVALID */
export async function writeCard(files: Files, ref: VersionRef, change: CardChange): Promise<DataCard> {
  const source = await sourceOf(files, ref) ?? ''
  const front = FRONT.exec(source)
  const document = parseDocument(front?.[1] ?? '')
  if (change.fields !== undefined) {
    if (document.errors.length > 0) fail('FIELD_INVALID', `the front matter of ${CARD} can not be read: ${document.errors[0]?.message ?? ''}`, { field: 'fields' })
    if (document.contents !== null && !isMap(document.contents)) fail('FIELD_INVALID', `the front matter of ${CARD} is no list of fields`, { field: 'fields' })
    for (const [name, value] of Object.entries(change.fields)) {
      if (value !== null) document.set(name, value)
      else if (document.has(name)) document.delete(name)
    }
  }
  const fields = change.fields === undefined ? front?.[0] ?? '' : `---\n${document.contents === null ? '' : String(document)}---\n`
  const text = change.text ?? source.slice(front?.[0].length ?? 0)
  await files.write(ref, CARD, once(Buffer.from(fields + text)), { message: 'edit the data card' })
  return await readCard(files, ref) ?? fail('FILE_NOT_FOUND', `${CARD} is gone`, { path: CARD })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function sourceOf(files: Files, ref: VersionRef): Promise<string | undefined> {
  const parts: Uint8Array[] = []
  try {
    const { entry, bytes } = await files.read(ref, CARD)
    if (entry.size > MAX_CARD_BYTES) fail('LIMIT_EXCEEDED', `${CARD} has ${entry.size} bytes; a data card has at most ${MAX_CARD_BYTES}`, { path: CARD })
    for await (const part of bytes) parts.push(part)
  } catch (error) {
    if (isShoalError(error, 'FILE_NOT_FOUND')) return undefined
    throw error
  }
  return Buffer.concat(parts).toString('utf8').replace(/^\ufeff/, '')
}

function fieldsOf(yaml: string): Pick<DataCard, 'fields' | 'problem'> {
  try {
    const document = parseDocument(yaml)
    if (document.errors.length > 0) return { fields: null, problem: document.errors[0]?.message ?? '' }
    // Through JSON: dates and maps become what scripts can read, and nothing else gets through.
    const value: unknown = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? {}))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { fields: value as DataCard['fields'], problem: null } : { fields: null, problem: 'it is no list of fields' }
  } catch (error) {
    return { fields: null, problem: error instanceof Error ? error.message : String(error) }
  }
}
