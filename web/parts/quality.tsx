import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { verify } from '../api/changes.ts'
import { jobQuery } from '../api/queries.ts'
import type { JobItem, Version, VersionRef } from '../api/types.ts'
import { JobLine } from './activity.tsx'
import { ClassBalance } from './class-balance.tsx'
import { counted, showBytes, showCount } from './figures.ts'
import { ProblemNote, useAction } from './form.tsx'
import { Icon } from './icon.tsx'
import { KnownIssues } from './known-issues.tsx'
import { visible } from './visible.ts'

/** K7: whether a version is whole, how its classes spread, and what is known to be wrong with it. */
export default function Quality({ version, fixed }: { version: Version, fixed: VersionRef }) {
  return (
    <div className="quality">
      <section aria-labelledby="integrity"><h2 id="integrity">Integrity</h2><Integrity subject={version.ref} /></section>
      <section aria-labelledby="balance"><h2 id="balance">Class balance</h2><ClassBalance version={fixed} /></section>
      <section aria-labelledby="issues"><h2 id="issues">Known issues</h2><KnownIssues version={fixed} /></section>
    </div>
  )
}

interface VerifyResult { readonly chunks: number, readonly bytes: number, readonly repaired: number, readonly damaged: readonly { readonly path: string, readonly problem: string }[] }

export function Integrity({ subject }: { subject: string | undefined }) {
  const [job, setJob] = useState<JobItem>()
  const { run, busy, problem } = useAction(async (repair: boolean) => setJob(await verify(subject, repair)))
  const { data: now } = useQuery({ ...jobQuery(job), enabled: job !== undefined })
  const shown = now ?? job
  const result = shown?.state === 'done' ? shown.result as VerifyResult : undefined
  const running = busy || shown?.state === 'running'
  return (
    <div className="check-run">
      {shown === undefined && <p className="muted">Every byte is checked whenever it is read. This reads {subject === undefined ? 'all that is stored' : 'the whole version'} now, to be sure.</p>}
      {shown?.state === 'running' && <JobLine job={shown} />}
      {result !== undefined && result.damaged.length === 0 && <p className="verdict is-good" role="status"><Icon name="check" size={18} />Whole: {counted(result.chunks, 'chunk')}, {showBytes(result.bytes)} read and checked{result.repaired > 0 ? `; ${showCount(result.repaired)} repaired` : ''}.</p>}
      {result !== undefined && result.damaged.length > 0 && (
        <div role="alert">
          <p className="verdict is-bad"><Icon name="warning" size={18} />{counted(result.damaged.length, 'damaged or missing place')}.</p>
          <ul className="plain outcomes">{result.damaged.slice(0, 50).map(({ path, problem }) => <li key={path}><span className="mono">{visible(path)}</span> {problem}</li>)}</ul>
        </div>
      )}
      {shown?.state === 'failed' && <p className="verdict is-bad" role="alert"><Icon name="warning" size={18} />{shown.error?.detail}</p>}
      <ProblemNote problem={problem} />
      <p className="check-buttons">
        <button type="button" className="button" disabled={running} onClick={() => void run(false)}><Icon name="check" />Verify now</button>
        {result !== undefined && result.damaged.length > 0 && <button type="button" className="button is-primary" disabled={running} onClick={() => void run(true)}>Repair from a peer</button>}
      </p>
    </div>
  )
}
