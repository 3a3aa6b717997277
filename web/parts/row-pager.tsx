import { counted, showCount } from './figures.ts'
import { Icon } from './icon.tsx'
import { useQueryState } from './query-state.ts'

/** Rows on screen at once: more make a table slow to choose in. The API takes as many by name. */
const ROWS_PER_PAGE = 100

export interface RowPage { readonly page: number, readonly pages: number, readonly from: number, readonly to: number, readonly go: (page: number) => void }

/** Which rows of a list are on screen; it stands in the address. @param count rows in all */
export function usePage(count: number): RowPage {
  const [params, change] = useQueryState()
  const pages = Math.max(1, Math.ceil(count / ROWS_PER_PAGE))
  const asked = Number(params.get('rows') ?? 1)
  const page = Number.isSafeInteger(asked) ? Math.min(pages, Math.max(1, asked)) : 1
  return { page, pages, from: (page - 1) * ROWS_PER_PAGE, to: Math.min(count, page * ROWS_PER_PAGE), go: next => change({ rows: next === 1 ? undefined : String(next) }, { replace: true }) }
}

/** Nothing where all rows fit. */
export function RowPager({ page: { page, pages, from, to, go }, count }: { page: RowPage, count: number }) {
  if (pages === 1) return null
  return (
    <div className="table-foot muted">
      <span className="figure" role="status">{showCount(from + 1)} – {showCount(to)} of {counted(count, 'row')}</span>
      <span className="pager">
        <button type="button" className="button is-small is-square" aria-label="Rows before" disabled={page === 1} onClick={() => go(page - 1)}><Icon name="left" /></button>
        <button type="button" className="button is-small is-square" aria-label="Rows behind" disabled={page === pages} onClick={() => go(page + 1)}><Icon name="right" /></button>
      </span>
    </div>
  )
}
