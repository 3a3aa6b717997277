import { showCount } from '../figures.ts'
import type { Table } from './tables.ts'

/** Rows of a table file. */
export function DataTable({ table }: { table: Table }) {
  if (table.columns.length === 0) return <p className="muted pad">There are no rows in it.</p>
  return (
    <>
      <div className="data-table" tabIndex={0} role="region" aria-label="Rows of the file">
        <table>
          <thead><tr><th scope="col" className="row-number"><span className="unseen">Row</span></th>{table.columns.map((column, i) => <th key={i} scope="col" className={table.numeric[i] === true ? 'figure' : ''}>{column}</th>)}</tr></thead>
          <tbody>
            {table.rows.map((row, i) => (
              <tr key={i}><th scope="row" className="row-number">{i + 1}</th>{table.columns.map((_, j) => <td key={j} className={table.numeric[j] === true ? 'figure' : ''}>{row[j]}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="table-foot muted">{table.isCut ? `The first ${showCount(table.rows.length)} rows` : `${showCount(table.rows.length)} rows`}, {showCount(table.columns.length)} columns</p>
    </>
  )
}
