import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { datasetAt, queryOf } from '../api/addresses.ts'
import { versionsQuery } from '../api/queries.ts'
import type { DatasetRef, Version } from '../api/types.ts'
import { Disclosure } from './disclosure.tsx'
import { Panel } from './facts.tsx'
import { counted, showCount } from './figures.ts'
import { CheckField } from './form.tsx'
import { Icon } from './icon.tsx'
import { later } from './later.tsx'
import { useQueryState } from './query-state.ts'
import { TableFoot, usePage } from './row-pager.tsx'
import { Empty, Failure, Skeleton } from './states.tsx'
import { BulkBar } from './version-bulk.tsx'
import { COLUMNS, COLUMN_NAMES, HIDDEN_AT_FIRST, VersionTable, useVersionTable, type ColumnName } from './version-table.tsx'

const Lineage = later(() => import('./lineage.tsx'), <Skeleton rows={5} label="Loading the graph" />)

/** The versions of a dataset, newest first: as a list, or as the graph of what comes from what. */
export function Versions({ of, latest }: { of: DatasetRef, latest: string | null }) {
  const [params, change] = useQueryState()
  const archived = params.get('archived') === 'true'
  const isGraph = params.get('view') === 'graph' && !archived
  const query = useInfiniteQuery(versionsQuery(of, archived))
  const versions = useMemo(() => query.data?.pages.flatMap(page => page.items).toReversed(), [query.data])
  // The graph and choices beyond the screen need them all; they come in pages of hundreds.
  useEffect(() => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage()
  }, [query])
  const aside = (
    <span className="panel-actions">
      <span className="segments" role="group" aria-label="Shown as">
        <button type="button" className="button is-small is-quiet" aria-pressed={!isGraph && !archived} onClick={() => change({ view: undefined, archived: undefined })}><Icon name="list" />List</button>
        <button type="button" className="button is-small is-quiet" aria-pressed={isGraph} onClick={() => change({ view: 'graph', archived: undefined })}><Icon name="branch" />Graph</button>
        <button type="button" className="button is-small is-quiet" aria-pressed={archived} onClick={() => change({ archived: archived ? undefined : 'true', view: undefined })}><Icon name="archive" />Archive</button>
      </span>
    </span>
  )
  return (
    <Panel id="versions" title={archived ? 'Archived versions' : 'Versions'} aside={aside}>
      {versions === undefined
        ? query.error === null ? <Skeleton rows={3} label="Loading versions" /> : <Failure error={query.error} retry={() => void query.refetch()} />
        : versions.length === 0 ? <NoVersions archived={archived} />
          : isGraph ? <Lineage of={of} versions={versions} chosen={params.get('selected') ?? undefined} choose={selected => change({ selected }, { replace: true })} />
            : <List key={String(archived)} of={of} versions={versions} latest={latest} archived={archived} />}
    </Panel>
  )
}

function NoVersions({ archived }: { archived: boolean }) {
  return archived
    ? <Empty icon="archive" title="No version is archived"><p>Versions that are archived leave the list and wait here; from here they can be restored or deleted for good.</p></Empty>
    : <Empty icon="branch" title="No versions"><p>Start one with New version, above.</p></Empty>
}

function List({ of, versions, latest, archived }: { of: DatasetRef, versions: readonly Version[], latest: string | null, archived: boolean }) {
  const [params, change] = useQueryState()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [hidden, setHidden] = useState<ReadonlySet<ColumnName>>(new Set(HIDDEN_AT_FIRST))
  const words = params.get('filter') ?? ''
  const state = params.get('state') ?? ''
  const filtered = useMemo(() => versions.filter(version => matches(version, words, state)), [versions, words, state])
  const selected = versions.filter(version => chosen.has(version.id))
  const choose = (ids: readonly string[]): void => setChosen(new Set(ids))
  const table = useVersionTable({ versions: filtered, chosen, choose, hidden })
  const sorted = table.getRowModel().rows
  const page = usePage('rows', sorted.length)
  const rows = sorted.slice(page.from, page.to)
  const columns = COLUMNS.filter(name => !hidden.has(name)).join(',')
  const csv = (query: Readonly<Record<string, string | undefined>>): string => datasetAt(of, `/versions.csv${queryOf({ columns, ...query })}`)
  return (
    <>
      {selected.length > 0
        ? <BulkBar of={of} chosen={selected} all={versions} filtered={filtered} isArchive={archived} choose={next => choose(next.map(version => version.id))} />
        : (
          <div className="list-tools">
            <label className="search is-small">
              <span className="unseen">Filter versions</span>
              <Icon name="search" />
              <input type="search" placeholder="Filter versions" value={words} onChange={event => change({ filter: event.target.value }, { replace: true })} autoComplete="off" spellCheck={false} />
            </label>
            <label className={`choice is-small${state === '' ? '' : ' is-set'}`}>
              <span className="unseen">State</span>
              <select value={state} onChange={event => change({ state: event.target.value })}><option value="">State</option><option value="draft">Draft</option><option value="published">Published</option></select>
            </label>
            <Disclosure className="button is-quiet is-small" button={<><Icon name="settings" />Columns</>}>
              {() => <div className="column-choices">{COLUMNS.slice(1).map(name => <CheckField key={name} label={COLUMN_NAMES[name]} value={!hidden.has(name)} change={is => setHidden(new Set(is ? [...hidden].filter(other => other !== name) : [...hidden, name]))} />)}</div>}
            </Disclosure>
            <Disclosure className="button is-quiet is-small" button={<><Icon name="download" />CSV</>}>
              {close => (
                <div className="choices">
                  <a className="choice-row" download href={csv({ versions: rows.map(row => row.id).join(',') })} onClick={close}><span>Rows on screen</span><span className="faint figure">{showCount(rows.length)}</span></a>
                  <a className="choice-row" download href={csv({ q: words.trim(), state, archived: archived ? 'true' : undefined })} onClick={close}><span>All that match</span><span className="faint figure">{showCount(filtered.length)}</span></a>
                  <p className="choice-note muted">With the columns shown.</p>
                </div>
              )}
            </Disclosure>
          </div>
        )}
      {filtered.length === 0
        ? <Empty icon="search" title="No version matches"><button type="button" className="button" onClick={() => change({ filter: undefined, state: undefined })}>Show all versions</button></Empty>
        : <VersionTable of={of} table={table} rows={rows} latest={latest} chosen={chosen} choose={choose} />}
      {page.pages > 1 && <TableFoot page={page}>{counted(sorted.length, 'version')}</TableFoot>}
    </>
  )
}

/** Every word stands in the number, the name, the description or a tag. */
function matches(version: Version, words: string, state: string): boolean {
  const text = `${version.number} ${version.name} ${version.description} ${version.tags.join(' ')}`.toLowerCase()
  return (state === '' || version.state === state) && words.trim().toLowerCase().split(/\s+/).every(word => text.includes(word))
}

