import { Link } from 'wouter'
import type { Dataset } from '../api/types.ts'
import { Badge, ExampleBadge } from './badge.tsx'
import { counted, showBytes } from './figures.ts'
import { Icon, iconOfType } from './icon.tsx'
import { datasetPlace, datasetsPlace } from './places.ts'
import { Time } from './time.tsx'
import { visible } from './visible.ts'

/** Tags beyond these are only counted: a row stays a row. */
const TAGS_SHOWN = 4

/** A dataset in the list. All of it leads to the dataset, but its tags, which narrow the list. */
export function DatasetRow({ dataset }: { dataset: Dataset }) {
  const { current } = dataset
  return (
    <article className="dataset">
      <span className="tile" title={dataset.type}><Icon name={iconOfType(dataset.type)} size={20} /></span>
      <div className="dataset-main">
        <h2>
          <Link href={datasetPlace({ ns: dataset.namespace, name: dataset.name })} className="cover"><span className="muted">{dataset.namespace}/</span>{dataset.name}</Link>
          {dataset.example && <ExampleBadge />}
          {dataset.archived && <Badge>Archived</Badge>}
          {dataset.status !== 'ready' && <Badge tone={dataset.status === 'failed' ? 'bad' : 'draft'}>{dataset.status}</Badge>}
        </h2>
        <p className="dataset-text">{[dataset.displayName, dataset.description].filter(text => text !== '').map(visible).join(' — ')}</p>
        <ul className="tags" aria-label="Type and tags">
          <li><Link href={datasetsPlace({ type: dataset.type })} className="tag is-type">{dataset.type}</Link></li>
          {dataset.tags.slice(0, TAGS_SHOWN).map(tag => <li key={tag}><Link href={datasetsPlace({ tag })} className="tag">{tag}</Link></li>)}
          {dataset.tags.length > TAGS_SHOWN && <li className="faint">+{dataset.tags.length - TAGS_SHOWN}</li>}
        </ul>
      </div>
      <ul className="dataset-figures">
        <li>{counted(dataset.published + dataset.drafts, 'version')}</li>
        <li>{typeof current?.files === 'number' ? counted(current.files, 'file') : '–'}</li>
        <li>{typeof current?.bytes === 'number' ? showBytes(current.bytes) : '–'}</li>
        <li className="muted"><Time at={dataset.updatedAt} /></li>
      </ul>
    </article>
  )
}
