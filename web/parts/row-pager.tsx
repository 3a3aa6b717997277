import type { ReactNode } from 'react'
import { showCount } from './figures.ts'
import { Icon } from './icon.tsx'
import { useQueryState } from './query-state.ts'

/** Rows on screen at once: what readers of dataset hubs know; more make a table slow to choose in. The API takes as many by name. */
export const ROWS_PER_PAGE = 100

export interface RowPage { readonly page: number, readonly pages: number, readonly from: number, readonly to: number, readonly go: (page: number) => void }

/** Which rows of a table are on screen; it stands in the address. @param key under which name @param count rows in all */
export function usePage(key: 'page' | 'rows', count: number): RowPage {
  const [params, change] = useQueryState()
  const pages = Math.max(1, Math.ceil(count / ROWS_PER_PAGE))
  const within = (asked: number): number => Number.isSafeInteger(asked) ? Math.min(pages, Math.max(1, asked)) : 1
  const page = within(Number(params.get(key) ?? 1))
  const go = (to: number): void => change({ [key]: within(to) === 1 ? undefined : String(within(to)) }, { replace: true })
  return { page, pages, from: (page - 1) * ROWS_PER_PAGE, to: Math.min(count, page * ROWS_PER_PAGE), go }
}

/** The line below a table: what is in it, and where there is more than one page, which of it is seen and the way to the others. */
export function TableFoot({ page: { page, pages, from, to, go }, children }: { page: RowPage, children: ReactNode }) {
  return (
    <div className="table-foot muted">
      <span>{children}</span>
      {pages > 1 && (
        <span className="pager">
          <span className="figure" role="status">{showCount(from + 1)} – {showCount(to)}</span>
          <button type="button" className="button is-small is-square" aria-label="Previous page" disabled={page === 1} onClick={() => go(page - 1)}><Icon name="left" /></button>
          <label><span className="unseen">Page</span><input key={page} className="input" defaultValue={page} inputMode="numeric" onKeyDown={event => { if (event.key === 'Enter') go(Number(event.currentTarget.value)) }} onBlur={event => { if (Number(event.currentTarget.value) !== page) go(Number(event.currentTarget.value)) }} /></label>
          <span>of {showCount(pages)}</span>
          <button type="button" className="button is-small is-square" aria-label="Next page" disabled={page === pages} onClick={() => go(page + 1)}><Icon name="right" /></button>
        </span>
      )}
    </div>
  )
}
