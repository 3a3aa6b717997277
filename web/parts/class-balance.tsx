import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { filesQuery } from '../api/queries.ts'
import { classesQuery } from '../api/version-queries.ts'
import type { ClassesItem, VersionRef } from '../api/types.ts'
import { Bars } from './bars.tsx'
import { counted, showChange, showCount } from './figures.ts'
import { SelectField, TextField } from './form.tsx'
import { useQueryState } from './query-state.ts'
import { Loaded } from './states.tsx'
import { visible } from './visible.ts'

/** K7: how many files or rows each class has: by class folder, or by a column of a table. */

/** Bars of one chart; more classes are summed up. */
const SHOWN = 40
/** Entries looked through for tables to choose from. */
const LOOKED_THROUGH = 1000

export function ClassBalance({ version }: { version: VersionRef }) {
  const [params] = useQueryState()
  const [table, column] = [params.get('table') ?? undefined, params.get('column') ?? undefined]
  const query = useQuery({ ...classesQuery(version, { path: table, column: table === undefined ? undefined : column }), retry: false })
  const { data } = useQuery(filesQuery(version, { recursive: true, limit: LOOKED_THROUGH }))
  const tables = data?.items.flatMap(item => item.type === 'file' && /\.(?:csv|tsv|jsonl|ndjson)$/i.test(item.path) ? [item.path] : []) ?? []
  return (
    <>
      <Loaded query={query} rows={4}>{classes => <Balance classes={classes} hasTables={tables.length > 0} />}</Loaded>
      {tables.length > 0 && <TableChoice key={`${table ?? ''} ${column ?? ''}`} tables={tables} table={table ?? ''} column={column ?? ''} />}
    </>
  )
}

const unitOf = ({ by }: ClassesItem): string => by === 'column' ? 'row' : 'file'

function Balance({ classes, hasTables }: { classes: ClassesItem, hasTables: boolean }) {
  const { classes: found, total, rest, by, path, column } = classes
  if (found.length === 0) return <p className="muted">{total === 0 ? 'There is nothing to count yet.' : `No folders that name classes, and no table with a column called label or class.${hasTables ? ' Choose a table and a column below.' : ''}`}</p>
  const unit = unitOf(classes)
  const others = found.slice(SHOWN)
  const share = (count: number): string => `${(count / Math.max(1, total) * 100).toFixed(1)} %`
  return (
    <>
      <p className="muted">{counted(found.length, 'class', 'classes')} {by === 'column' ? <>in the column <strong>{visible(column ?? '')}</strong> of <span className="mono">{visible(path ?? '')}</span></> : 'by folder'}{rest > 0 ? `; ${counted(rest, unit)} of none` : ''}</p>
      <Bars unit={unit} bars={found.slice(0, SHOWN).map(({ name, count, splits }) => ({ name: visible(name), value: count, note: [share(count), ...Object.entries(splits).map(([split, files]) => `${split} ${showCount(files)}`)].join(' · ') }))} />
      {others.length > 0 && <p className="muted">and {counted(others.length, 'class', 'classes')} more with {counted(others.reduce((sum, one) => sum + one.count, 0), unit)}</p>}
    </>
  )
}

/** Classes of a table instead of those of folders. */
function TableChoice({ tables, table, column }: { tables: readonly string[], table: string, column: string }) {
  const [, change] = useQueryState()
  const [chosen, setChosen] = useState(table)
  const [typed, setTyped] = useState(column)
  return (
    <details className="table-choice" open={table !== ''}>
      <summary className="muted">Count a column of a table</summary>
      <form
        className="form-row is-three" onSubmit={event => {
          event.preventDefault()
          change({ table: chosen, column: typed.trim() }, { replace: true })
        }}
      >
        <SelectField label="Table" value={chosen} change={setChosen} choices={[['', 'none: by folder'], ...tables.map(path => [path, visible(path)] as const)]} />
        <TextField label="Column" value={typed} change={setTyped} placeholder="label" hint="Empty: the one that is called so" />
        <button type="submit" className="button">Count</button>
      </form>
    </details>
  )
}

/** Classes before and after, as far as they differ. @property against undefined: there was nothing before */
export default function BalanceChange({ version, against }: { version: VersionRef, against: string | undefined }) {
  const after = useQuery({ ...classesQuery(version), retry: false })
  const before = useQuery({ ...classesQuery({ ...version, version: against ?? '' }), enabled: against !== undefined, retry: false })
  return <Loaded query={after} rows={3}>{now => against === undefined ? <Pairs before={undefined} after={now} /> : <Loaded query={before} rows={3}>{then => <Pairs before={then} after={now} />}</Loaded>}</Loaded>
}

function Pairs({ before, after }: { before: ClassesItem | undefined, after: ClassesItem }) {
  const then = new Map(before?.classes.map(({ name, count }) => [name, count]))
  const now = new Map(after.classes.map(({ name, count }) => [name, count]))
  const all = [...new Set([...now.keys(), ...then.keys()])].map(name => ({ name, before: then.get(name) ?? 0, after: now.get(name) ?? 0 }))
  if (all.length === 0) return <p className="muted pad">Neither has class folders or a label column to count.</p>
  const most = Math.max(1, ...all.flatMap(one => [one.before, one.after]))
  const unit = unitOf(after.classes.length > 0 || before === undefined ? after : before)
  return (
    <div className="balance-table" tabIndex={0} role="region" aria-label="Classes before and after">
      <table className="rows">
        <thead><tr><th scope="col">Class</th><th scope="col" aria-hidden="true" /><th scope="col" className="figure">Before</th><th scope="col" className="figure">After</th><th scope="col" className="figure">Change in {unit}s</th></tr></thead>
        <tbody>
          {all.slice(0, SHOWN).map(({ name, before, after }) => (
            <tr key={name}>
              <th scope="row">{visible(name)}</th>
              <td aria-hidden="true"><svg className="bar-pair" viewBox="0 0 100 14" preserveAspectRatio="none"><rect width={before / most * 100} height="6" className="bar-before" /><rect y="8" width={after / most * 100} height="6" className="bar-value" /></svg></td>
              <td className="figure">{showCount(before)}</td><td className="figure">{showCount(after)}</td>
              <td className={`figure ${after > before ? 'is-added' : after < before ? 'is-removed' : 'muted'}`}>{after === before ? '–' : showChange(after - before, showCount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > SHOWN && <p className="pad muted">and {counted(all.length - SHOWN, 'class', 'classes')} more</p>}
    </div>
  )
}
