import { diffArrays } from 'diff'
import { useMemo } from 'react'
import { counted } from '../figures.ts'
import type { Table } from '../preview/tables.ts'

/** Rows of a table before and after: those added, those removed, and in those changed, which cells. */

interface DiffRow {
  readonly kind: 'same' | 'added' | 'removed' | 'changed'
  readonly cells: readonly string[]
  /** Of a changed row: what stood there before. */
  readonly before?: readonly string[]
}

/** Rows that stayed, shown around each change. */
const AROUND = 2
/** Of rows that take each other's place, those with this share of cells in common are one row that changed. */
const ALIKE = 0.5

export function RowDiff({ before, after }: { before: Table, after: Table }) {
  const columns = [...new Set([...after.columns, ...before.columns])]
  const rows = useMemo(() => compared(arranged(before, columns), arranged(after, columns)), [before, after])
  const shown = near(rows)
  const count = (kind: DiffRow['kind']): number => rows.filter(row => row.kind === kind).length
  const gone = before.columns.filter(column => !after.columns.includes(column))
  const fresh = before.columns.length === 0 ? [] : after.columns.filter(column => !before.columns.includes(column))
  return (
    <>
      <p className="diff-sum muted">
        <span className="is-added">+{counted(count('added'), 'row')}</span> <span className="is-modified">~{counted(count('changed'), 'row')}</span> <span className="is-removed">−{counted(count('removed'), 'row')}</span>
        {fresh.length > 0 && <span> new columns: {fresh.join(', ')}</span>}{gone.length > 0 && <span> columns gone: {gone.join(', ')}</span>}
        {(before.isCut || after.isCut) && <span> (in the first rows)</span>}
      </p>
      <div className="diff-rows" tabIndex={0} role="region" aria-label="Rows that differ">
        <table>
          <thead><tr><th scope="col"><span className="unseen">Change</span></th>{columns.map(column => <th key={column} scope="col" className={gone.includes(column) ? 'is-removed' : fresh.includes(column) ? 'is-added' : ''}>{column}</th>)}</tr></thead>
          <tbody>
            {shown.map((row, i) => row === undefined
              ? <tr key={i} className="diff-gap"><td colSpan={columns.length + 1}>⋯</td></tr>
              : (
                <tr key={i} className={`is-${row.kind === 'changed' ? 'modified' : row.kind}`}>
                  <th scope="row">{row.kind === 'same' ? '' : <><span aria-hidden="true">{{ added: '+', removed: '−', changed: '~' }[row.kind]}</span><span className="unseen">{row.kind}</span></>}</th>
                  {row.cells.map((cell, j) => {
                    const old = row.before?.[j]
                    return <td key={j} className={old !== undefined && old !== cell ? 'is-new' : ''}>{old !== undefined && old !== cell && <><del>{old === '' ? '∅' : old}</del> </>}{cell}</td>
                  })}
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const arranged = (table: Table, columns: readonly string[]): string[][] => {
  const at = columns.map(column => table.columns.indexOf(column))
  return table.rows.map(row => at.map(i => i < 0 ? '' : row[i] ?? ''))
}

function compared(before: readonly string[][], after: readonly string[][]): DiffRow[] {
  const key = (row: readonly string[]): string => JSON.stringify(row)
  const rows: DiffRow[] = []
  let removed: string[] = []
  const settle = (added: readonly string[]): void => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      const [old, now] = [removed[i], added[i]].map(text => text === undefined ? undefined : JSON.parse(text) as string[])
      if (old !== undefined && now !== undefined && alike(old, now)) rows.push({ kind: 'changed', cells: now, before: old })
      else {
        if (old !== undefined) rows.push({ kind: 'removed', cells: old })
        if (now !== undefined) rows.push({ kind: 'added', cells: now })
      }
    }
    removed = []
  }
  for (const part of diffArrays(before.map(key), after.map(key))) {
    if (part.removed) removed = part.value
    else if (part.added) settle(part.value)
    else {
      settle([])
      for (const text of part.value) rows.push({ kind: 'same', cells: JSON.parse(text) as string[] })
    }
  }
  settle([])
  return rows
}

const alike = (a: readonly string[], b: readonly string[]): boolean => a.filter((cell, i) => cell === b[i]).length >= a.length * ALIKE

/** Changes with a few rows around them; undefined where some are left out. */
function near(rows: readonly DiffRow[]): (DiffRow | undefined)[] {
  const keep = new Set(rows.flatMap((row, i) => row.kind === 'same' ? [] : Array.from({ length: AROUND * 2 + 1 }, (_, j) => i + j - AROUND)))
  return rows.flatMap((row, i) => keep.has(i) ? [row] : keep.has(i - 1) ? [undefined] : [])
}
