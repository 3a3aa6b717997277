import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { cancelJob } from '../api/changes.ts'
import { allJobsQuery } from '../api/queries.ts'
import type { JobItem } from '../api/types.ts'
import { JobLine, jobName } from '../parts/activity.tsx'
import { Badge } from '../parts/badge.tsx'
import { Panel } from '../parts/facts.tsx'
import { counted, showBytes } from '../parts/figures.ts'
import { sentence } from '../parts/sentence.ts'
import { placeOfRef } from '../parts/places.ts'
import { useQueryState } from '../parts/query-state.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useTitle } from '../parts/title.ts'
import { attempt } from '../parts/toasts.tsx'

/** What the node works on and has worked on; what failed stays, with the reason. */

const STATES = ['running', 'done', 'failed', 'cancelled'] as const

export default function Activity() {
  useTitle('Activity')
  const query = useQuery(allJobsQuery())
  const [params, change] = useQueryState()
  const wanted = STATES.find(state => state === params.get('state'))
  return (
    <>
      <header className="page-head">
        <h1>Activity</h1>
        <p className="muted" role="status">{query.data === undefined ? '' : runningText(query.data.filter(job => job.state === 'running').length)}</p>
        <label className={`choice is-end${wanted === undefined ? '' : ' is-set'}`}>
          <span className="unseen">State</span>
          <select value={wanted ?? ''} onChange={event => change({ state: event.target.value })}><option value="">All jobs</option>{STATES.map(state => <option key={state} value={state}>{state}</option>)}</select>
        </label>
      </header>
      <Panel>
        <Loaded query={query} rows={6}>
          {all => {
            const jobs = all.filter(job => wanted === undefined || job.state === wanted)
            if (jobs.length === 0) return <Empty icon="pulse" title={wanted === undefined ? 'Nothing has run since the node started' : `No job is ${wanted}`}><p>Imports, checks, publications and exchanges with other machines show up here, live.</p></Empty>
            return <ul className="plain activity">{jobs.map(job => <li key={job.id}><Job job={job} /></li>)}</ul>
          }}
        </Loaded>
      </Panel>
    </>
  )
}

const runningText = (count: number): string => count === 0 ? 'nothing runs now' : `${counted(count, 'job')} running`

const TONES = { running: 'accent', done: 'good', failed: 'bad', cancelled: 'plain' } as const

function Job({ job }: { job: JobItem }) {
  if (job.state === 'running') return <div className="activity-row"><div className="activity-main"><JobLine job={job} /></div><button type="button" className="button is-small" onClick={() => void attempt(() => cancelJob(job.id))}>Cancel</button></div>
  const place = placeOfRef(job.subject)
  const { files, bytes } = job.progress
  return (
    <div className={`activity-row is-${job.state}`}>
      <Badge tone={TONES[job.state]}>{job.state}</Badge>
      <div className="activity-main">
        <p><strong>{jobName(job)}</strong> {place === undefined ? <span className="mono">{job.subject}</span> : <Link href={place} className="mono">{job.subject}</Link>}</p>
        {job.error !== undefined && <p className="activity-problem">{sentence(job.error.detail)} <span className="faint mono">{job.error.code}</span></p>}
      </div>
      <span className="muted figure activity-facts">{[files > 0 ? counted(files, 'file') : '', bytes > 0 ? showBytes(bytes) : ''].filter(text => text !== '').join(', ')}</span>
      <span className="muted figure activity-time"><Time at={job.endedAt ?? job.startedAt} /></span>
    </div>
  )
}
