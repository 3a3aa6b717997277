import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { datasetsQuery, type DatasetFilter } from '../api/queries.ts'
import { Code } from '../parts/copy.tsx'
import { DatasetFilters } from '../parts/dataset-filters.tsx'
import { DatasetList } from '../parts/dataset-list.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { counted, showCount } from '../parts/figures.ts'
import { Icon } from '../parts/icon.tsx'
import { useQueryState } from '../parts/query-state.ts'
import { Empty, Failure, Skeleton } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'

/** All datasets of the workspace. */
export default function Datasets() {
  useTitle('')
  const [params, change] = useQueryState()
  const filter = filterOf(params)
  const query = useInfiniteQuery(datasetsQuery(filter))
  const datasets = query.data?.pages.flatMap(page => page.items) ?? []
  const more = query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined
  return (
    <>
      <header className="page-head">
        <h1>{filter.archived === true ? 'Archived datasets' : 'Datasets'}</h1>
        <p className="muted" role="status">{query.data === undefined ? '' : query.hasNextPage ? `more than ${showCount(datasets.length)}` : counted(datasets.length, 'dataset')}</p>
        <AddDataset />
      </header>
      <DatasetFilters filter={filter} change={change} />
      <section className={`panel${query.isPlaceholderData ? ' is-stale' : ''}`} aria-label="Datasets" aria-busy={query.isFetching}>
        {query.data === undefined
          ? query.error === null ? <Skeleton rows={6} label="Loading datasets" /> : <Failure error={query.error} retry={() => void query.refetch()} />
          : datasets.length > 0 ? <DatasetList datasets={datasets} more={more} /> : <NoDatasets filter={filter} clear={() => change(NO_FILTER)} />}
      </section>
    </>
  )
}

const NO_FILTER = { q: undefined, type: undefined, tag: undefined, namespace: undefined, archived: undefined }

function filterOf(params: URLSearchParams): DatasetFilter {
  const given = (name: string): string | undefined => params.get(name) ?? undefined
  return { q: given('q'), type: given('type'), tag: given('tag'), namespace: given('namespace'), archived: params.get('archived') === 'true' }
}

function NoDatasets({ filter: { archived, ...filter }, clear }: { filter: DatasetFilter, clear: () => void }) {
  if (Object.values(filter).some(value => value !== undefined)) {
    return (
      <Empty icon="search" title={archived === true ? 'Nothing in the archive matches' : 'No dataset matches'}>
        <p>Every word must stand in the name, the description or a tag.</p>
        <button type="button" className="button" onClick={clear}>Show all datasets</button>
      </Empty>
    )
  }
  if (archived === true) {
    return (
      <Empty icon="archive" title="The archive is empty">
        <p>Datasets that are archived leave the list and wait here.</p>
        <button type="button" className="button" onClick={clear}>Show all datasets</button>
      </Empty>
    )
  }
  return (
    <Empty icon="others" title="No datasets yet">
      <p>Import a folder of this machine. It shows up here while it is read.</p>
      <Code label="Import a folder" text={IMPORT} />
      <p className="muted">Data of your team: run <code>npx shoal join</code> with the invite you were given.</p>
    </Empty>
  )
}

const IMPORT = 'npx shoal import ./my-folder my-team/my-data'

function AddDataset() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type="button" className="button is-primary is-end" onClick={() => setOpen(true)}><Icon name="plus" />Add a dataset</button>
      {open && (
        <Dialog title="Add a dataset" close={() => setOpen(false)}>
          <ol className="steps">
            <li><p>Import a folder of this machine. The dataset is created when there is none of that name; a second import only reads what changed.</p><Code label="Import a folder" text={IMPORT} /></li>
            <li><p>Look at it here, change the folder, import again. When it is right, seal it:</p><Code label="Publish" text="npx shoal publish my-team/my-data" /></li>
          </ol>
          <p className="muted">From another machine: <code>npx shoal invite</code> there, <code>npx shoal join</code> here.</p>
        </Dialog>
      )}
    </>
  )
}
