import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { jobsQuery, logQuery } from '../api/queries.ts'
import type { LogItem, Version, VersionRef } from '../api/types.ts'
import { JobLine } from './activity.tsx'
import { MemberName } from './member.tsx'
import { Empty, Loaded } from './states.tsx'
import { Time } from './time.tsx'

/** What a change is called in a sentence: somebody … */
const DEEDS: Readonly<Record<string, string>> = {
  'dataset.create': 'created the dataset',
  'dataset.edit': 'edited the dataset',
  'dataset.tag': 'changed the tags of the dataset',
  'dataset.archive': 'archived or restored the dataset',
  'dataset.delete': 'deleted the dataset',
  'version.create': 'created this version',
  'version.edit': 'edited this version',
  'version.tag': 'changed the tags of this version',
  'version.archive': 'archived or restored this version',
  'version.publish': 'published this version',
  'draft.commit': 'changed files'
}

/** The CONSOLE tab: what happened to a version, and what happens to it now. */
export function Console({ version, shown }: { version: VersionRef, shown: Version }) {
  const query = useInfiniteQuery(logQuery(version))
  const { data: jobs = [] } = useQuery(jobsQuery())
  const own = jobs.filter(job => job.subject === shown.ref || job.subject === shown.dataset || job.subject === `${shown.dataset}@${shown.id}`)
  return (
    <>
      {own.length > 0 && <ul className="plain jobs" aria-label="Running now">{own.map(job => <li key={job.id}><JobLine job={job} /></li>)}</ul>}
      <Loaded query={query} rows={4}>
        {({ pages }) => {
          const items = pages.flatMap(page => page.items)
          return items.length === 0 ? <Empty icon="terminal" title="Nothing has happened yet" /> : <ol className="log" aria-live="polite">{items.map((item, i) => <li key={`${item.at} ${i}`}><LogLine item={item} /></li>)}</ol>
        }}
      </Loaded>
      {query.hasNextPage && <button type="button" className="button more" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show what was before</button>}
    </>
  )
}

function LogLine({ item }: { item: LogItem }) {
  const { message, ...detail } = item.detail
  return (
    <>
      <p><strong><MemberName id={item.by} /></strong> {DEEDS[item.change] ?? item.change} <span className="muted"><Time at={item.at} /></span></p>
      {typeof message === 'string' && message !== '' && <p className="log-message">{message}</p>}
      {Object.keys(detail).length > 0 && <details><summary className="faint" title={item.change}>Details</summary><pre className="mono">{JSON.stringify(detail, null, 2)}</pre></details>}
    </>
  )
}
