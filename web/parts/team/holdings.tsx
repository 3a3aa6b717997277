import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { replicationQuery } from '../../api/queries.ts'
import type { ReplicationItem } from '../../api/types.ts'
import { Panel } from '../facts.tsx'
import { showCount } from '../figures.ts'
import { placeOfRef } from '../places.ts'
import { useQueryState } from '../query-state.ts'
import { Empty, Loaded } from '../states.tsx'
import { CopyCount, MemberNames } from './copies.tsx'

/** Who holds what: each published version, the machines that hold all of it, and those that should and do not. */
export function Holdings() {
  const query = useInfiniteQuery(replicationQuery())
  const [params, change] = useQueryState()
  const onlyShort = params.get('copies') === 'missing'
  const aside = (
    <span className="segments" role="group" aria-label="Versions shown">
      <button type="button" className="button is-small is-quiet" aria-pressed={!onlyShort} onClick={() => change({ copies: undefined }, { replace: true })}>All</button>
      <button type="button" className="button is-small is-quiet" aria-pressed={onlyShort} onClick={() => change({ copies: 'missing' }, { replace: true })}>Copies missing</button>
    </span>
  )
  return (
    <Panel id="holdings" title="Who holds what" aside={aside}>
      <Loaded query={query} rows={3}>
        {({ pages }) => {
          const all = pages.flatMap(page => page.items)
          const items = onlyShort ? all.filter(item => item.shortfall.length > 0) : all
          if (items.length > 0) return <Table items={items} />
          return onlyShort && all.length > 0
            ? <Empty icon="seal" title="No copy is missing"><p>Every machine that must keep a version {query.hasNextPage ? `among the first ${showCount(all.length)} ` : ''}holds all of it.</p></Empty>
            : <Empty icon="seal" title="Nothing is published yet"><p>Each machine that holds and has checked all of a published version says so, signed; it shows up here.</p></Empty>
        }}
      </Loaded>
      {query.hasNextPage && <button type="button" className="button more" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more versions</button>}
    </Panel>
  )
}

function Table({ items }: { items: readonly ReplicationItem[] }) {
  return (
    <table className="rows stacking holdings">
      <thead><tr><th scope="col">Version</th><th scope="col">Copies</th><th scope="col">Held by</th><th scope="col">Missing on</th></tr></thead>
      <tbody>
        {items.map(item => (
          <tr key={item.record}>
            <th scope="row"><Link href={placeOfRef(item.version) ?? '/'} className="mono">{item.version}</Link></th>
            <td><CopyCount item={item} /></td>
            <td><MemberNames ids={item.holders} /></td>
            <td>{item.shortfall.length === 0 ? <span className="faint">–</span> : <span className="is-short"><MemberNames ids={item.shortfall} /></span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
