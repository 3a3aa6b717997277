import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useLocation } from 'wouter'
import { createDataset } from '../api/changes.ts'
import { choicesQuery, datasetsQuery, type DatasetFilter } from '../api/queries.ts'
import { Code } from '../parts/copy.tsx'
import { DatasetFilters } from '../parts/dataset-filters.tsx'
import { DatasetList } from '../parts/dataset-list.tsx'
import { later } from '../parts/later.tsx'
import { TEAM, datasetPlace } from '../parts/places.ts'
import { counted, showCount } from '../parts/figures.ts'
import { Icon } from '../parts/icon.tsx'
import { useQueryState } from '../parts/query-state.ts'
import { Empty, Failure, Skeleton } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'

const CreateDatasetDialog = later(async () => ({ default: (await import('../parts/dataset-form.tsx')).CreateDatasetDialog }), null)

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
        <AddDataset namespace={filter.namespace} />
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
      <p>Create one here and drop files into it, or import a folder of this machine.</p>
      <Code label="Import a folder" text={IMPORT} />
      <p className="muted">Does your team have data already? <Link href={`${TEAM}?join=true`}>Join it</Link> with the invite you were given.</p>
    </Empty>
  )
}

const IMPORT = 'npx shoal import ./my-folder my-team/my-data'

/** K1 */
function AddDataset({ namespace }: { namespace: string | undefined }) {
  const [params, change] = useQueryState()
  const { data: choices } = useQuery(choicesQuery())
  const [, navigate] = useLocation()
  const open = params.get('create') === 'true'
  const close = (): void => {
    if (new URLSearchParams(window.location.search).get('create') === 'true') change({ create: undefined }, { replace: true })
  }
  const usual = namespace ?? choices?.namespaces.find(name => name !== 'examples') ?? ''
  return (
    <>
      <button type="button" className="button is-primary is-end" onClick={() => change({ create: 'true' })}><Icon name="plus" />New dataset</button>
      {open && (
        <CreateDatasetDialog
          key={usual} namespace={usual} close={close} create={async body => {
            const dataset = await createDataset(body)
            navigate(datasetPlace({ ns: dataset.namespace, name: dataset.name }))
          }}
        />
      )}
    </>
  )
}
