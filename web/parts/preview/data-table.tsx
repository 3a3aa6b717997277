import { useMemo } from 'react'
import { showCount } from '../figures.ts'
import { TableFoot, usePage } from '../row-pager.tsx'
import { statsOf, type ColumnStats, type ColumnType } from './column-stats.ts'
import type { Table } from './tables.ts'

const TYPE_NAMES: Readonly<Record<ColumnType, string>> = { number: 'number', truth: 'true / false', time: 'time', text: 'text', empty: 'empty' }

/** Rows of a table that was read whole, or its beginning. */
export function DataTable({ table }: { table: Table }) {
  const page = usePage('page', table.rows.length)
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
