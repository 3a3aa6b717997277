import { fail } from '../errors/index.ts'
import type { Page } from './contract.ts'

interface Paging { readonly limit: number, readonly cursor?: string }

/**
 * One page of a list that stands in memory. The cursor is the key of the last row sent, so that rows added or removed in between
 * move nothing; keys are unique.
 * @throws FIELD_INVALID when the cursor's row is gone
 */
export function pageOf<Row>(rows: readonly Row[], keyOf: (row: Row) => string, { limit, cursor }: Paging): Page<Row> {
  const at = cursor === undefined ? -1 : rows.findIndex(row => keyOf(row) === cursor)
  if (cursor !== undefined && at < 0) fail('FIELD_INVALID', 'the cursor is not one of this list any more; begin again without it', { field: 'cursor' })
  const items = rows.slice(at + 1, at + 1 + limit)
  const last = items.at(-1)
  return { items, next: last !== undefined && at + 1 + limit < rows.length ? keyOf(last) : null }
}

/** The same, each row shown as HTTP does. */
export async function shownPage<Row, Shown>(rows: readonly Row[], keyOf: (row: Row) => string, paging: Paging, show: (row: Row) => Shown | Promise<Shown>): Promise<Page<Shown>> {
  const page = pageOf(rows, keyOf, paging)
  return { items: await Promise.all(page.items.map(show)), next: page.next }
}
