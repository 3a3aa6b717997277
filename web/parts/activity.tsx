import { useQuery } from '@tanstack/react-query'
import { jobsQuery } from '../api/queries.ts'
import type { JobItem } from '../api/types.ts'
import { Disclosure } from './disclosure.tsx'
import { counted, showBytes } from './figures.ts'

/** What the node is working on now. */

const NAMES: Readonly<Record<string, string>> = { import: 'Import', checkout: 'Checkout', publish: 'Publish', verify: 'Verify', gc: 'Clean up', sync: 'Sync', join: 'Join' }

export const jobName = (job: JobItem): string => NAMES[job.kind] ?? job.kind

/** How much is done: 0 to 1; undefined while nobody knows. */
function shareOf({ progress: { files, bytes, totalFiles, totalBytes } }: JobItem): number | undefined {
  if (totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytes / totalBytes)
  return totalFiles !== undefined && totalFiles > 0 ? Math.min(1, files / totalFiles) : undefined
}

export function Activity() {
  const { data: jobs = [] } = useQuery(jobsQuery())
  if (jobs.length === 0) return null
  return (
    <Disclosure className="button is-quiet" button={<><span className="spinner" aria-hidden="true" />{counted(jobs.length, 'job')}</>} label={`${counted(jobs.length, 'job')} running`}>
      {() => <ul className="plain jobs">{jobs.map(job => <li key={job.id}><JobLine job={job} /></li>)}</ul>}
    </Disclosure>
  )
}

/** One job: what it does, how far it is. */
export function JobLine({ job }: { job: JobItem }) {
  const share = shareOf(job)
  const { files, bytes, phase, current } = job.progress
  return (
    <div className="job">
      <div><strong>{jobName(job)}</strong> <span className="mono">{job.subject}</span></div>
      <progress {...share === undefined ? {} : { value: share }} max={1} aria-label={`${jobName(job)} of ${job.subject}`} />
      <div className="muted job-line"><span>{phase}{current === undefined ? '' : ` ${current}`}</span><span className="figure">{counted(files, 'file')}, {showBytes(bytes)}</span></div>
    </div>
  )
}
