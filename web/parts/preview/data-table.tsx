import { useMemo, type ReactNode } from 'react'
import { showCount } from '../figures.ts'
import { Icon } from '../icon.tsx'
import { useQueryState } from '../query-state.ts'
import { statsOf, type ColumnStats, type ColumnType } from './column-stats.ts'
import type { Table } from './tables.ts'

/** Rows on one page of a table: what readers of dataset hubs know. */
export const ROWS_PER_PAGE = 100

const TYPE_NAMES: Readonly<Record<ColumnType, string>> = { number: 'number', truth: 'true / false', time: 'time', text: 'text', empty: 'empty' }

/** Rows of a table that was read whole, or its beginning. */
export function DataTable({ table }: { table: Table }) {
  const page = usePage(table.rows.length)
  const stats = useMemo(() => table.columns.map((_, i) => statsOf(table.rows.map(row => row[i] ?? ''))), [table])
  if (table.columns.length === 0) return <p className="muted pad">There are no rows in it.</p>
  return (
    <>
      <TableGrid columns={table.columns.map((name, i) => ({ name, stats: stats[i] }))} rows={table.rows.slice(page.from, page.to)} from={page.from} />
      <TableFoot page={page}>{table.isCut ? `The first ${showCount(table.rows.length)} rows` : `${showCount(table.rows.length)} rows`}, {showCount(table.columns.length)} columns</TableFoot>
    </>
  )
}

export interface Column {
  readonly name: string
  /** As the file itself states it. */
  readonly type?: string | undefined
  readonly stats?: ColumnStats | undefined
}

export interface TablePage { readonly page: number, readonly pages: number, readonly from: number, readonly to: number, readonly go: (page: number) => void }

/** Which page of a table is shown; it stands in the address. @param count rows in all */
export function usePage(count: number): TablePage {
  const [params, change] = useQueryState()
  const pages = Math.max(1, Math.ceil(count / ROWS_PER_PAGE))
  const asked = Number(params.get('page') ?? 1)
  const page = Number.isSafeInteger(asked) ? Math.min(pages, Math.max(1, asked)) : 1
  return { page, pages, from: (page - 1) * ROWS_PER_PAGE, to: Math.min(count, page * ROWS_PER_PAGE), go: next => change({ page: next === 1 ? undefined : String(next) }, { replace: true }) }
}

export function TableGrid({ columns, rows, from }: { columns: readonly Column[], rows: readonly (readonly string[])[], from: number }) {
  const isFigure = columns.map(({ stats }) => stats?.type === 'number')
  return (
    <div key={from} className="data-table" tabIndex={0} role="region" aria-label="Rows of the file">
      <table>
        <thead>
          <tr>
            <th scope="col" className="row-number"><span className="unseen">Row</span></th>
            {columns.map((column, i) => <th key={i} scope="col" className={isFigure[i] === true ? 'figure' : ''} aria-label={column.name}><Head column={column} /></th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => <tr key={i}><th scope="row" className="row-number">{showCount(from + i + 1)}</th>{columns.map((_, j) => <td key={j} className={isFigure[j] === true ? 'figure' : ''}>{row[j]}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  )
}

/** A column's name, its type and how its values spread. */
function Head({ column: { name, type, stats } }: { column: Column }) {
  const bars = stats?.bars ?? []
  return (
    <span className="column-head">
      <span className="column-name">{name}</span>
      <span className="column-type">{type ?? (stats === undefined ? '' : TYPE_NAMES[stats.type])}{stats !== undefined && stats.missing > 0 && <span title={`${showCount(stats.missing)} missing`}> · {showCount(stats.missing)} missing</span>}</span>
      {stats !== undefined && (
        <>
          <svg className="column-bars" viewBox={`0 0 ${Math.max(1, bars.length) * 6} 20`} preserveAspectRatio="none" role="img" aria-label={stats.text}>
            {bars.map((bar, i) => <rect key={i} x={i * 6} y={20 - Math.max(1, bar * 20)} width="5" height={Math.max(1, bar * 20)} />)}
          </svg>
          <span className="column-text">{stats.text}</span>
        </>
      )}
    </span>
  )
}

export function TableFoot({ page: { page, pages, from, to, go }, children }: { page: TablePage, children: ReactNode }) {
  return (
    <div className="table-foot muted">
      <span>{children}</span>
      {pages > 1 && (
        <span className="pager">
          <span className="figure" role="status">{showCount(from + 1)} – {showCount(to)}</span>
          <button type="button" className="button is-small is-square" aria-label="Page before" disabled={page === 1} onClick={() => go(page - 1)}><Icon name="left" /></button>
          <label><span className="unseen">Page</span><input key={page} className="input" defaultValue={page} inputMode="numeric" onKeyDown={event => { if (event.key === 'Enter') go(Number(event.currentTarget.value)) }} onBlur={event => { if (Number(event.currentTarget.value) !== page) go(Number(event.currentTarget.value)) }} /></label>
          <span>of {showCount(pages)}</span>
          <button type="button" className="button is-small is-square" aria-label="Page behind" disabled={page === pages} onClick={() => go(page + 1)}><Icon name="right" /></button>
        </span>
      )}
    </div>
  )
}
