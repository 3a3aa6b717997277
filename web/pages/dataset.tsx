import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { datasetQuery } from '../api/queries.ts'
import type { Dataset, DatasetRef } from '../api/types.ts'
import { Badge, ExampleBadge } from '../parts/badge.tsx'
import { Breadcrumbs } from '../parts/breadcrumbs.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { DatasetActions } from '../parts/dataset-actions.tsx'
import { DataCard } from '../parts/data-card.tsx'
import { Facts, Figures, Panel } from '../parts/facts.tsx'
import { showBytes, showCount } from '../parts/figures.ts'
import { Icon, iconOfType } from '../parts/icon.tsx'
import { later } from '../parts/later.tsx'
import { licenceLabel } from '../parts/licences.ts'
import { MemberName } from '../parts/member.tsx'
import { HOME, datasetsPlace, nameIn, versionPlace } from '../parts/places.ts'
import { Replication } from '../parts/replication.tsx'
import { Loaded, Skeleton } from '../parts/states.tsx'
import { Tags } from '../parts/tags.tsx'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'
import { Versions } from '../parts/versions.tsx'
import { visible } from '../parts/visible.ts'

const DatasetUse = later(() => import('../parts/experiments/dataset-use.tsx'), <Skeleton rows={4} label="Loading what uses it" />)

/** One dataset: what it is, and its versions. */
export default function DatasetPage({ ns, name }: DatasetRef) {
  useTitle(`${ns}/${name}`)
  const query = useQuery(datasetQuery({ ns, name }))
  return (
    <>
      <Breadcrumbs label="Way here" steps={[{ text: 'Datasets', to: HOME }, { text: ns, to: datasetsPlace({ namespace: ns }) }, { text: name }]} />
      <Loaded query={query} rows={8} heading="h1">{dataset => <Shown dataset={dataset} />}</Loaded>
    </>
  )
}

function Shown({ dataset }: { dataset: Dataset }) {
  const ref = { ns: dataset.namespace, name: dataset.name }
  const { current } = dataset
  return (
    <>
      <Head dataset={dataset} />
      <Figures figures={[
        { name: 'Versions', value: showCount(dataset.published + dataset.drafts), note: `${showCount(dataset.published)} published` },
        { name: 'Files', value: typeof current?.files === 'number' ? showCount(current.files) : '–', note: current === null ? undefined : `in ${current.number}` },
        { name: 'Size', value: typeof current?.bytes === 'number' ? showBytes(current.bytes) : '–', note: current === null ? undefined : `in ${current.number}` },
        { name: 'Updated', value: <Time at={dataset.updatedAt} /> }
      ]}
      />
      <div className="columns">
        <div className="column">
          <Versions of={ref} latest={dataset.latest} />
          {current !== null && <DataCard version={{ ...ref, version: nameIn(current.ref) }} />}
          <DatasetUse of={ref} />
        </div>
        <Fields dataset={dataset} />
      </div>
    </>
  )
}

function Head({ dataset }: { dataset: Dataset }) {
  const { current } = dataset
  const ref = { ns: dataset.namespace, name: dataset.name }
  return (
    <header className="page-head is-tall">
      <span className="tile is-large" title={dataset.type}><Icon name={iconOfType(dataset.type)} size={26} /></span>
      <div className="page-title">
        <h1>{dataset.displayName === '' ? dataset.name : visible(dataset.displayName)}</h1>
        <p className="ref"><span className="mono muted">{dataset.ref}</span><CopyButton text={dataset.ref} what="the reference" />{dataset.example && <ExampleBadge />}{dataset.archived && <Badge>Archived</Badge>}</p>
      </div>
      <DatasetActions dataset={dataset} />
      {current !== null && <Link href={versionPlace({ ...ref, version: nameIn(current.ref) })} className="button is-primary">Open {current.number}<Icon name="right" /></Link>}
      {dataset.description !== '' && <p className="lead">{visible(dataset.description)}</p>}
      <Tags tags={dataset.tags} />
    </header>
  )
}

/** K2: the fields in three sections. */
function Fields({ dataset }: { dataset: Dataset }) {
  return (
    <aside className="column is-side" aria-label="Fields">
      <Replication dataset={dataset} />
      <Panel id="basic" title="Basic information">
        <Facts facts={[
          ['Name', dataset.name],
          ['Namespace', dataset.namespace],
          ['Display name', visible(dataset.displayName)],
          ['Latest version', dataset.latest ?? 'none published yet'],
          ['Type', dataset.type],
          ['Task', dataset.task],
          ['Format', dataset.format],
          ['Status', dataset.status]
        ]}
        />
      </Panel>
      <Panel id="configuration" title="Configuration">
        <Facts facts={[
          ['Licence', licenceLabel(dataset.license)],
          ['Access', dataset.publicAccess ? 'every member of the workspace' : 'its creator and those it is shared with'],
          ['Strict types', dataset.strictTypes ? 'on: files of other types are left out' : 'off'],
          ['Must be kept by', dataset.registry.length === 0 ? 'nobody in particular' : <ul key="registry" className="plain">{dataset.registry.map(id => <li key={id}><MemberName id={id} /></li>)}</ul>]
        ]}
        />
      </Panel>
      <Panel id="metadata" title="Metadata">
        <Facts facts={[
          ['Scenario', dataset.scenario],
          ['Created', <Time key="created" at={dataset.createdAt} />],
          ['Creator', <MemberName key="by" id={dataset.createdBy} />],
          ['Updated', <Time key="updated" at={dataset.updatedAt} />],
          ['Id', <span key="id" className="long"><span className="mono" title={dataset.id}>{dataset.id}</span><CopyButton text={dataset.id} what="the id" /></span>]
        ]}
        />
      </Panel>
    </aside>
  )
}
