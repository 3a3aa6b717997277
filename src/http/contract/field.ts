import { z } from 'zod'
import type { Json } from '../../catalog/index.ts'

/** The pieces every part of the contract is made of. Schemas are read once at start: keep them few. */

/** ISO-8601 UTC. */
export const time = z.string().meta({ format: 'date-time', description: 'ISO-8601, UTC' })
/** A count or a number of bytes. */
export const count = z.number().int().nonnegative()
export const bytes = count.meta({ description: 'bytes' })
/** As `b3sum` prints it, behind `blake3:`. */
export const hash = z.string().meta({ pattern: '^blake3:[0-9a-f]{64}$', description: 'BLAKE3 of the whole file' })

/** Free text of people; long enough for a page of Markdown, short enough for a catalog that is loaded whole. Characters. */
const MAX_TEXT = 20_000
/** Names, numbers, tags, choices. Characters. */
const MAX_WORD = 400
/** Tags of one dataset or version, parents of a version, peers of a registry. */
const MAX_WORDS = 256

export const text = z.string().max(MAX_TEXT)
export const word = z.string().max(MAX_WORD)
export const words = z.array(word).max(MAX_WORDS).readonly()

/** Any JSON object. How deep and how well-formed it is was checked where the body was read. */
export const jsonObject = z.custom<{ readonly [key: string]: Json }>(
  value => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a JSON object'
).meta({ type: 'object', additionalProperties: true })

/** Colours (`#rrggbb` or `r,g,b`) to labels. */
export const maskLabels = z.record(word, words)

/** A page of a list: `next` is the cursor of the page behind it, null on the last one. */
export const page = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item).readonly(), next: z.string().nullable() })

/** One page of a list. */
export interface Page<Item> { readonly items: readonly Item[], readonly next: string | null }

/** A yes-or-no in a query: `true` or `false`. */
export const flag = z.preprocess(value => value === 'true' ? true : value === 'false' ? false : value, z.boolean())

/** Rows of a page where none is asked for, and at most. */
const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000
/** A listing of files is cheaper by the row. */
const DEFAULT_FILE_LIMIT = 1000
const MAX_FILE_LIMIT = 10_000

const cursor = z.string().max(8192).exactOptional().meta({ description: '`next` of the page before' })
export const paging = { limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT), cursor }
export const filePaging = { limit: z.coerce.number().int().min(1).max(MAX_FILE_LIMIT).default(DEFAULT_FILE_LIMIT), cursor }
