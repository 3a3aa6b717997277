import type { Page } from '../contract.ts'
import type { QueryValue, Transport } from './transport.ts'

export interface PageQuery { readonly limit?: number, readonly cursor?: string }

/** Rows fetched at a time when all are wanted. */
const PAGE_LENGTH = 500

/** All rows of a paged list. */
export async function* pages<Item>(http: Transport, path: string, query: Readonly<Record<string, QueryValue>>): AsyncGenerator<Item> {
  let cursor: string | undefined
  do {
    const page: Page<Item> = await http.json('GET', path, { query: { ...query, limit: PAGE_LENGTH, cursor } })
    yield* page.items
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
}
