import { columnVisibilityFeature, createColumnHelper, createSortedRowModel, rowSelectionFeature, rowSortingFeature, sortFns, tableFeatures, useTable } from '@tanstack/react-table'
import type { KeyboardEvent } from 'react'
import { Link } from 'wouter'
import type { DatasetRef, Version } from '../api/types.ts'
import { Badge, StateBadge } from './badge.tsx'
import { counted, showBytes, showCount, showTime } from './figures.ts'
import { Icon } from './icon.tsx'
import { MemberName } from './member.tsx'
import { nameIn, versionPlace } from './places.ts'
import { Time } from './time.tsx'
import { VersionMenu } from './version-actions.tsx'

/** W1, W5, W6: the versions of a dataset as a table: sorted by any column, rows chosen by boxes. */

const features = tableFeatures({ rowSelectionFeature, rowSortingFeature, columnVisibilityFeature, sortedRowModel: createSortedRowModel(), sortFns })
const column = createColumnHelper<typeof features, Version>()

/** A number's parts with zeros before them sort as text does. */
const sortable = (number: string): string => number.split(/[-+]/)[0]?.split('.').map(part => part.padStart(9, '0')).join('.') ?? number

const Elsewhere = () => <span className="faint" title="Its data is not on this node">elsewhere</span>

/** The names of columns, in their order. They are called as the API calls them: so does the CSV. */
export const COLUMN_NAMES = { number: 'Version', state: 'State', tags: 'Tags', files: 'Files', bytes: 'Size', createdBy: 'By', createdAt: 'Created', updatedAt: 'Updated' } as const
export type ColumnName = keyof typeof COLUMN_NAMES
export const COLUMNS = Object.keys(COLUMN_NAMES) as readonly ColumnName[]
export const HIDDEN_AT_FIRST: readonly ColumnName[] = ['tags', 'createdBy', 'createdAt']

const columns = column.columns([
  column.accessor(version => sortable(version.number), { id: 'number', header: 'Version' }),
  column.accessor('state', { header: 'State' }),
  column.accessor(version => version.tags.join(', '), { id: 'tags', header: 'Tags' }),
  column.accessor(version => version.files ?? -1, { id: 'files', header: 'Files' }),
  column.accessor(version => version.bytes ?? -1, { id: 'bytes', header: 'Size' }),
  column.accessor('createdBy', { header: 'By' }),
  column.accessor('createdAt', { header: 'Created' }),
  column.accessor('updatedAt', { header: 'Updated' })
])

const FIGURES = new Set<string>(['files', 'bytes', 'createdAt', 'updatedAt'])

interface Shown {
  readonly versions: readonly Version[]
  readonly chosen: ReadonlySet<string>
  readonly choose: (ids: readonly string[]) => void
  readonly hidden: ReadonlySet<ColumnName>
}

/** All versions, sorted and with their boxes; who shows them decides which rows are on screen. */
export function useVersionTable({ versions, chosen, choose, hidden }: Shown) {
  const rowSelection = Object.fromEntries([...chosen].map(id => [id, true as const]))
  return useTable({
    features, columns, data: versions, getRowId: version => version.id,
    state: { rowSelection, columnVisibility: Object.fromEntries([...hidden].map(name => [name, false])) },
    onRowSelectionChange: update => choose(Object.entries(typeof update === 'function' ? update(rowSelection) : update).flatMap(([id, is]) => is ? [id] : []))
  })
}

type VersionTableModel = ReturnType<typeof useVersionTable>

interface Props {
  readonly of: DatasetRef
  readonly table: VersionTableModel
  /** Those on screen. */
  readonly rows: ReturnType<VersionTableModel['getRowModel']>['rows']
  readonly latest: string | null
  readonly chosen: ReadonlySet<string>
  readonly choose: (ids: readonly string[]) => void
}

export function VersionTable({ of, table, rows, latest, chosen, choose }: Props) {
  const visible = rows.map(row => row.id)
  const isAll = visible.every(id => chosen.has(id))
  // What is chosen beyond the screen stays chosen.
  const chooseVisible = (): void => choose(isAll ? [...chosen].filter(id => !visible.includes(id)) : [...new Set([...chosen, ...visible])])
  return (
    <table className="rows versions" onKeyDown={walk}>
      <thead>
        <tr>
          <th scope="col" className="box"><input type="checkbox" aria-label="Choose all versions shown" checked={isAll} ref={box => { if (box !== null) box.indeterminate = !isAll && visible.some(id => chosen.has(id)) }} onChange={chooseVisible} /></th>
          {table.getHeaderGroups()[0]?.headers.map(({ column }) => {
            const sorted = column.getIsSorted()
            return (
              <th key={column.id} scope="col" className={FIGURES.has(column.id) ? 'figure' : ''} aria-sort={sorted === false ? undefined : sorted === 'asc' ? 'ascending' : 'descending'}>
                <button type="button" className="sort" onClick={column.getToggleSortingHandler()}>{COLUMN_NAMES[column.id as ColumnName]}{sorted !== false && <Icon name="down" size={12} className={sorted === 'asc' ? 'is-up' : ''} />}</button>
              </th>
            )
          })}
          <th scope="col" className="end"><span className="unseen">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={row.id} className={row.getIsSelected() ? 'is-chosen' : ''}>
            <td className="box"><input type="checkbox" aria-label={`Choose ${row.original.number}`} checked={row.getIsSelected()} onChange={row.getToggleSelectedHandler()} /></td>
            {row.getVisibleCells().map(({ column }) => <Cell key={column.id} of={of} version={row.original} name={column.id as ColumnName} latest={latest} />)}
            <td className="end"><VersionMenu of={of} version={row.original} /></td>
          </tr>
        ))}
      </tbody>
      <caption className="unseen">{counted(rows.length, 'version')}</caption>
    </table>
  )
}

function Cell({ of, version, name, latest }: { of: DatasetRef, version: Version, name: ColumnName, latest: string | null }) {
  switch (name) {
    case 'number': return (
      <th scope="row">
        <Link href={versionPlace({ ...of, version: nameIn(version.ref) })} className="cover">{version.number}</Link>
        {version.name !== '' && <span className="muted version-name">{version.name}</span>}
        {version.number === latest && version.state === 'published' && <Badge tone="accent">Latest</Badge>}
        {version.description !== '' && <p className="version-text muted">{version.description}</p>}
      </th>
    )
    case 'state': return <td><StateBadge state={version.state} />{version.published !== null && version.published.clashes.length > 0 && <Badge tone="bad" title="Another version was published under this number">Conflict</Badge>}</td>
    case 'tags': return <td className="muted">{version.tags.join(', ')}</td>
    case 'files': return <td className="figure" data-unit={version.files === 1 ? 'file' : 'files'}>{version.files === null ? <Elsewhere /> : showCount(version.files)}</td>
    case 'bytes': return <td className="figure">{version.bytes === null ? <Elsewhere /> : showBytes(version.bytes)}</td>
    case 'createdBy': return <td className="muted"><MemberName id={version.createdBy} /></td>
    case 'createdAt': return <td className="figure muted" title={showTime(version.createdAt)}><Time at={version.createdAt} /></td>
    case 'updatedAt': return <td className="figure muted"><Time at={version.updatedAt} /></td>
  }
}

function walk(event: KeyboardEvent<HTMLTableElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('.cover')]
  const at = links.indexOf(event.target as HTMLElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key]
  if (to === undefined || at < 0) return
  event.preventDefault()
  links[Math.max(0, Math.min(links.length - 1, to))]?.focus()
}
